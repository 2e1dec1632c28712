// Command echov5 is a user of Echo v5.
package main

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/djinn-go/djinn/adapters/echov5session"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/labstack/echo/v5"
)

const visits core.Key[int] = "visits"

func main() {
	store, err := memstore.New()
	if err != nil {
		log.Fatal(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "a stranger's secret key, long enough"})
	if err != nil {
		log.Fatal(err)
	}
	e := echo.New()
	e.Use(echov5session.Middleware(m))
	e.GET("/", echov5session.Handle(func(c *echov5session.Context) error {
		visits.Update(c.Session(), func(n int) int { return n + 1 })
		return c.String(http.StatusOK, fmt.Sprintf("visit %d", visits.Get(c.Session())))
	}))

	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if got, want := rec.Body.String(), "visit 1"; got != want {
		log.Fatalf("got %q, want %q", got, want)
	}
}
