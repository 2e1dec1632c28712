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
func (m *Manager) Handler(next http.Handler) http.Handler { return m.HandlerWith(next, m.HandleError) }

// HandlerWith is [Manager.Handler] with answer in the place of
// Config.ErrorHandler, for a part of a site that answers in its own way.
func (m *Manager) HandlerWith(next http.Handler, answer func(w http.ResponseWriter, r *http.Request, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := m.Lookup(r.Context()); ok {
			next.ServeHTTP(w, r)
			return
		}
		x := &Exchange{answer: answer}
		x.request = x.Begin(m, w, r)
		returned := false
		defer func() {
			status := http.StatusOK
			if !returned {
				status = http.StatusInternalServerError
			}
			_ = x.writer.commit(status) // answered, or to be answered by who recovers
			x.End()
		}()
		next.ServeHTTP(&x.writer, x.request)
		returned = true
	})
}
