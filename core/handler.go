package core

import "net/http"

// Handler is net/http middleware: it gives every request a session, which the
// handler finds with [Manager.Session] or [FromContext], and saves it when the
// response begins.
//
// If the session cannot be loaded or saved, Config.ErrorHandler answers in the
// handler's place. Mounted twice, the outer one works. A panic passes through;
// the session's changes are dropped then, as for every response of 500 and above,
// but a Flush is done.
//
// Mount http.TimeoutHandler inside of it. Outside it works too, but when the time
// is up the cookie of a session that the handler had just begun is lost with the
// rest of its response.
func (m *Manager) Handler(next http.Handler) http.Handler {
	return m.HandlerWith(next, HandlerOptions{})
}

// HandlerOptions are the settings of [Manager.HandlerWith]. The zero value is
// [Manager.Handler].
type HandlerOptions struct {
	// ErrorHandler answers in the place of Config.ErrorHandler, for a part of a
	// site that answers in its own way.
	ErrorHandler func(w http.ResponseWriter, r *http.Request, err error)
	// ClientIP knows the client's address as Config.ClientIP does, which is asked in
	// its place where it is set.
	ClientIP func(r *http.Request) string
}

// HandlerWith is [Manager.Handler] with settings of its own.
func (m *Manager) HandlerWith(next http.Handler, opts HandlerOptions) http.Handler {
	if opts.ErrorHandler == nil {
		opts.ErrorHandler = m.HandleError
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := m.Lookup(r.Context()); ok {
			next.ServeHTTP(w, r)
			return
		}
		x := &RequestBinding{answer: opts.ErrorHandler}
		x.client.middleware = opts.ClientIP
		r = x.Begin(m, w, r)
		returned := false
		defer func() {
			status := http.StatusOK
			if !returned {
				status = http.StatusInternalServerError
			}
			_ = x.writer.commit(status) // answered, or to be answered by who recovers
			x.End()
		}()
		next.ServeHTTP(&x.writer, r)
		returned = true
	})
}
