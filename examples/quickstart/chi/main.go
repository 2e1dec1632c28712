// The quickstart for Chi, as the README shows it.
package main

import (
	"fmt"
	"log"
	"net/http"

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
	m, err := core.New(store, core.Config{SecretKey: "a random string of fifty characters, or Django's"})
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
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", r))
}
