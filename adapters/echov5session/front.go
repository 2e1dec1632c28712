package echov5session

import (
	"bufio"
	"net"
	"net/http"
)

// front commits before anything reaches a writer of outer middleware, such as
// Echo's Gzip, or its capture of HEAD requests. Those keep the status and the body
// to themselves for a while, and what they have been given they send: below them
// it would be too late to learn the status, or to take a response back.
type front struct {
	http.ResponseWriter
	x *exchange
}

// Unwrap is for http.ResponseController and echo.UnwrapResponse.
func (w *front) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader commits, except for informational responses, which more follows.
func (w *front) WriteHeader(status int) {
	informational := status >= 100 && status < 200 && status != http.StatusSwitchingProtocols
	if informational || w.x.Commit(status) == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write commits and writes.
func (w *front) Write(p []byte) (int, error) {
	if err := w.x.Commit(w.x.res.Status); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(p)
}

// FlushError commits and sends what has been written so far.
func (w *front) FlushError() error {
	if err := w.x.Commit(http.StatusOK); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush is FlushError for those who look for an http.Flusher.
func (w *front) Flush() { _ = w.FlushError() }

// Hijack hands over the connection; the writer below Echo's response commits.
func (w *front) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}
