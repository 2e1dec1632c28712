// Package ginsession gives Gin the sessions of package core.
//
//	r := gin.Default()
//	r.Use(ginsession.Middleware(m))
//	r.GET("/", ginsession.Handle(func(c *ginsession.Context) {
//		c.Session().Set("seen", true)
//		c.String(http.StatusOK, "hello")
//	}))
//
// A handler that takes Gin's own context asks [From] for its session.
//
// The session is saved, and its cookie set, just before the first byte of the
// response leaves; a request that does not use its session costs no I/O. If the
// session cannot be loaded or saved, what the handler wrote is discarded and the
// request fails in Gin's way: the status (503; 400 if the user logged out meanwhile;
// 403 if the store refuses the save, [core.ErrRefused]) is set, the error is in c.Errors, and the chain is aborted. An error
// middleware mounted before this one answers; without one the status goes out
// alone. Such an error middleware also answers what handlers put into c.Errors:
// as long as nothing is written and no status is set then, the session stays open
// for it, and an error that nobody answers counts as a 500, at which changes of
// the session are dropped. At a panic it is the same, whichever side the recovery
// is mounted on. A Flush of the session is done in every case.
//
// The client's address, for [core.ClientInfoFrom], is that of (*gin.Context).ClientIP:
// call Engine.SetTrustedProxies, because until then Gin believes whatever address a
// client sends. Config.ClientIP is asked in its place where it is set.
//
// As with everything in a gin.Context, goroutines that outlive the handler must
// read what they need before they start.
package ginsession
