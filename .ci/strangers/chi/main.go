// Command chi is a user of Chi.
package main

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/djinn-go/djinn/adapters/chisession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/go-chi/chi/v5"
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
	r := chi.NewRouter()
	r.Use(chisession.Middleware(m))
	r.Get("/", func(w http.ResponseWriter, r *http.Request) {
		s := chisession.From(r)
		visits.Update(s, func(n int) int { return n + 1 })
		fmt.Fprintf(w, "visit %d", visits.Get(s))
	})

	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if got, want := rec.Body.String(), "visit 1"; got != want {
		log.Fatalf("got %q, want %q", got, want)
	}
}
