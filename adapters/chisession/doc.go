// Package chisession gives chi, and every other router made of net/http, the
// sessions of package core.
//
//	r := chi.NewRouter()
//	r.Use(chisession.Middleware(m))
//	r.Get("/", func(w http.ResponseWriter, r *http.Request) {
//		chisession.From(r).Set("seen", true)
//		fmt.Fprint(w, "hello")
//	})
//
// The session is saved, and its cookie set, just before the first byte of the
// response leaves; a request that does not use its session costs no I/O. If the
// session cannot be loaded or saved, what the handler wrote is discarded and the
// error is answered by [WithErrorHandler], else by the Manager's
// Config.ErrorHandler, else by a short plain text: 503; 400 if the user logged out
// meanwhile; 403 if the store refuses the save, [core.ErrRefused].
//
// chi's Recoverer may be mounted before or after. At status 500 and above, and at
// a panic, changes of the session are dropped; a Flush is done in every case.
//
// The client's address, for [core.ClientInfoFrom], is what one of chi's ClientIPFrom
// middlewares has found, with the proxies that it was told to trust; mount it before
// this one. Without any it is the connection's, behind a proxy the proxy's.
// Config.ClientIP is asked in the place of both where it is set.
package chisession
