package echov5session

import "github.com/djinn-go/djinn/core"

// writer is core's writer, which commits the session before the first byte. Once
// the middleware has returned an error, it ends the exchange as well, with the
// first byte of the HTTPErrorHandler's answer.
type writer struct {
	*core.Writer
	x *exchange
	// last: the middleware has returned.
	last bool
}

// WriteHeader commits and sends the headers.
func (w *writer) WriteHeader(status int) {
	w.Writer.WriteHeader(status)
	if w.last {
		w.end()
	}
}

// Write commits and writes.
func (w *writer) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.last {
		w.end()
	}
	return n, err
}

// end ends the exchange if the answer has begun. If the session could not be saved
// the HTTPErrorHandler is asked again, about that, and its first answer is dropped.
func (w *writer) end() {
	x := w.x
	if !x.Committed() { // informational
		return
	}
	w.last = false
	x.End()
	if err := x.Err(); err != nil {
		x.answer = x.res // what outer middleware put around it has ended, or holds the first answer
		if err := x.fail(err); err != nil {
			x.c.Echo().HTTPErrorHandler(x.c, err)
		}
		x.res.ResponseWriter, x.res.Committed = w, true
	}
}
