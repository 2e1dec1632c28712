// Command echo is a user of Echo.
package main

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/djinn-go/djinn/adapters/echosession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/labstack/echo/v4"
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
	e.Use(echosession.Middleware(m))
	e.GET("/", echosession.Handle(func(c *echosession.Context) error {
		visits.Update(c.Session(), func(n int) int { return n + 1 })
		return c.String(http.StatusOK, fmt.Sprintf("visit %d", visits.Get(c.Session())))
	}))

	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if got, want := rec.Body.String(), "visit 1"; got != want {
		log.Fatalf("got %q, want %q", got, want)
	}
}
