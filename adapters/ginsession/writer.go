package ginsession

import (
	"bufio"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"
)

// writer is the gin.ResponseWriter that commits the session before the first
// byte. WriteHeader is not among its methods: in Gin it only takes a note of the
// status, which Status tells here. Once the commit has failed nothing gets through.
type writer struct {
	gin.ResponseWriter
	x *exchange
	// last: the middleware has returned, so the exchange ends with its commit.
	last bool
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) commit() error {
	err := w.x.Commit(w.Status())
	if w.last {
		w.last = false
		w.x.End()
		if err != nil {
			w.x.fail(err)
			w.x.c.Writer = w // the answer under way is not for this client
			w.ResponseWriter.WriteHeaderNow()
		}
	}
	return err
}

// WriteHeaderNow commits and sends the headers.
func (w *writer) WriteHeaderNow() {
	if w.commit() == nil {
		w.ResponseWriter.WriteHeaderNow()
	}
}

// Write commits and writes.
func (w *writer) Write(p []byte) (int, error) {
	if err := w.commit(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(p)
}

// WriteString commits and writes.
func (w *writer) WriteString(s string) (int, error) {
	if err := w.commit(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.WriteString(s)
}

// Flush commits and sends what has been written so far.
func (w *writer) Flush() {
	if w.commit() == nil {
		w.ResponseWriter.Flush()
	}
}

// Hijack saves the session and hands over the connection. A session that is new
// cannot tell the browser its key any more and is not created.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := w.x.CommitHijacked(); err != nil {
		return nil, nil, err
	}
	return w.ResponseWriter.Hijack()
}
