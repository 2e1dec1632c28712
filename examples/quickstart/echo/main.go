// The quickstart for Echo, as the README shows it.
package main

import (
	"fmt"
	"log"
	"net/http"

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
	m, err := core.New(store, core.Config{SecretKey: "a random string of fifty characters, or Django's"})
	if err != nil {
		log.Fatal(err)
	}

	e := echo.New()
	e.Use(echosession.Middleware(m))
	e.GET("/", echosession.Handle(func(c *echosession.Context) error {
		visits.Update(c.Session(), func(n int) int { return n + 1 })
		return c.String(http.StatusOK, fmt.Sprintf("visit %d", visits.Get(c.Session())))
	}))
	log.Fatal(e.Start("127.0.0.1:8080"))
}
