package main

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/djinn-go/djinn/examples/internal/page"
)

// errorPage is Echo's HTTPErrorHandler. A session that cannot be loaded or saved
// arrives here like every other error, as an *echo.HTTPError with its status.
func errorPage(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := http.StatusInternalServerError
	var he *echo.HTTPError
	if errors.As(err, &he) {
		status = he.Code
	}
	page.WriteProblem(c.Response(), c.Request(), status)
}

// sameOrigin refuses forms that another site sends with the visitor's cookie.
func sameOrigin() echo.MiddlewareFunc {
	csrf := http.NewCrossOriginProtection()
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := csrf.Check(c.Request()); err != nil {
				return echo.NewHTTPError(http.StatusForbidden).SetInternal(err)
			}
			return next(c)
		}
	}
}
