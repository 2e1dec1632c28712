// Command core is a user of net/http: it needs nothing but djinn's root module.
package main

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
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
	handler := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := m.Session(r.Context())
		visits.Update(s, func(n int) int { return n + 1 })
		fmt.Fprintf(w, "visit %d", visits.Get(s))
	}))

	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if got, want := rec.Body.String(), "visit 1"; got != want {
		log.Fatalf("got %q, want %q", got, want)
	}
}
