package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
)

// routes is the map of the move: what is listed here is Go's, the rest is
// Django's still. To move a page, write its handler and add a line.
func routes(sessions *core.Manager, s *site, django http.Handler) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	r := gin.Default()
	r.SetHTMLTemplate(templates)
	r.Use(errorPages, ginsession.Middleware(sessions))

	own := r.Group("/", sameOrigin())
	own.GET("/", ginsession.Handle(s.home))
	own.POST("/go/count", ginsession.Handle(s.count))
	own.POST("/go/nickname", ginsession.Handle(s.rename))
	own.GET("/go/login", ginsession.Handle(s.loginPage))
	own.POST("/go/login", ginsession.Handle(s.login))
	own.POST("/go/logout", ginsession.Handle(s.logout))
	own.GET("/go/style.css", asset("text/css; charset=utf-8", stylesheet))
	own.GET("/go/icon.svg", asset("image/svg+xml", icon))

	// Django checks its own forms, with its csrftoken.
	r.NoRoute(gin.WrapH(django))
	return r
}

// sameOrigin refuses forms that another site sends with the visitor's cookie.
func sameOrigin() gin.HandlerFunc {
	csrf := http.NewCrossOriginProtection()
	return func(c *gin.Context) {
		if err := csrf.Check(c.Request); err != nil {
			fail(c, http.StatusForbidden, err)
		}
	}
}
