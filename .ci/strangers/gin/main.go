// Command gin is a user of Gin.
package main

import (
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/gin-gonic/gin"
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
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(ginsession.Middleware(m))
	r.GET("/", ginsession.Handle(func(c *ginsession.Context) {
		visits.Update(c.Session(), func(n int) int { return n + 1 })
		c.String(http.StatusOK, "visit %d", visits.Get(c.Session()))
	}))

	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if got, want := rec.Body.String(), "visit 1"; got != want {
		log.Fatalf("got %q, want %q", got, want)
	}
}
