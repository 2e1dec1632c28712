// Package echosession gives Echo v4 the sessions of package core.
//
//	e := echo.New()
//	e.Use(echosession.Middleware(m))
//	e.GET("/", echosession.Handle(func(c *echosession.Context) error {
//		c.Session().Set("seen", true)
//		return c.String(http.StatusOK, "hello")
//	}))
//
// A handler that takes Echo's own context asks [From] for its session.
//
// The session is saved, and its cookie set, just before the first byte of the
// response leaves; a request that does not use its session costs no I/O. If the
// session cannot be loaded or saved, what the handler wrote is discarded and the
// middleware returns an echo.HTTPError (503; 400 if the user logged out meanwhile;
// 403 if the store refuses the save, [core.ErrRefused]) with the cause as its Internal error, which Echo's HTTPErrorHandler
// answers as it does everything else.
//
// An error that a handler returns is answered by the HTTPErrorHandler after all
// middleware. The session waits for that: the error handler can still use it, and
// the status it chooses decides whether changes are saved (below 500) or dropped.
// So they are at a panic, and where nobody answers at all. A Flush of the session
// is done in every case.
//
// The client's address, for [core.ClientInfoFrom], is that of Context.RealIP: set
// Echo.IPExtractor, because until then Echo v4 believes whatever address a client
// sends. Config.ClientIP is asked in its place where it is set.
package echosession
