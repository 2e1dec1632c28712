package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/examples/internal/page"
)

// errorPages shows what went wrong as a page. It goes around the session
// middleware, which reports a session that cannot be loaded or saved as every
// Gin middleware should: with a status and c.Error.
func errorPages(c *gin.Context) {
	c.Next()
	if len(c.Errors) > 0 && !c.Writer.Written() {
		page.WriteProblem(c.Writer, c.Request, c.Writer.Status())
	}
}

// fail leaves an error to errorPages.
func fail(c *gin.Context, status int, err error) {
	c.Status(status)
	_ = c.Error(err)
	c.Abort()
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
