package core

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// Writer is the response writer that handlers get: it commits the session before
// the first byte leaves, on every way a byte can leave, and hands everything on.
// What it does not know (deadlines, full duplex) http.ResponseController finds
// through Unwrap.
//
// When the commit has failed it writes nothing any more and says why: Write
// returns the error, so that a streaming handler ends.
type Writer struct {
	http.ResponseWriter
	x *RequestBinding
}

// Unwrap is for http.ResponseController.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// commit commits and, in plain net/http, answers with the error if it fails.
func (w *Writer) commit(status int) error {
	x := w.x
	if x.session.phase != headersOpen { // written by the goroutine that writes the response
		return x.err
	}
	err := x.Commit(status)
	if err != nil && x.answer != nil {
		x.ResetHeader()
		x.answer(w.ResponseWriter, x.client.request, err)
	}
	return err
}

// WriteHeader commits, except for informational responses, which more follows.
func (w *Writer) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.commit(status) == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write commits and writes.
func (w *Writer) Write(p []byte) (int, error) {
	if err := w.commit(http.StatusOK); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(p)
}

// WriteString commits and writes, without a copy where the writer below can.
func (w *Writer) WriteString(s string) (int, error) {
	if err := w.commit(http.StatusOK); err != nil {
		return 0, err
	}
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom commits and copies, by sendfile where the writer below can.
func (w *Writer) ReadFrom(src io.Reader) (int64, error) {
	if err := w.commit(http.StatusOK); err != nil {
		return 0, err
	}
	return io.Copy(w.ResponseWriter, src)
}

// FlushError commits and sends what has been written so far.
func (w *Writer) FlushError() error {
	if err := w.commit(http.StatusOK); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush is FlushError for those who look for an http.Flusher.
func (w *Writer) Flush() { _ = w.FlushError() }

// Hijack commits and hands over the connection. See [RequestBinding.CommitHijacked]
// for what cannot be saved then. Where the writers below cannot hijack it commits
// nothing, so that the handler can still answer in another way.
func (w *Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if !canHijack(w.ResponseWriter) {
		return nil, nil, http.ErrNotSupported
	}
	if err := w.x.CommitHijacked(); err != nil {
		return nil, nil, err
	}
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// canHijack looks for an http.Hijacker as http.ResponseController does.
func canHijack(w http.ResponseWriter) bool {
	for {
		switch t := w.(type) {
		case *Writer: // of another Manager: it has the method, and asks further
			w = t.ResponseWriter
		case http.Hijacker:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return false
		}
	}
}
