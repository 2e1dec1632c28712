package chisession_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-chi/chi/v5"

	"github.com/djinn-go/djinn/adapters/chisession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

const visits core.Key[int] = "visits"

func Example() {
	store, err := memstore.New()
	if err != nil {
		panic(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "a random string of 50 characters"})
	if err != nil {
		panic(err)
	}
	r := chi.NewRouter()
	r.Use(chisession.Middleware(m))
	r.Get("/", func(w http.ResponseWriter, r *http.Request) {
		s := chisession.From(r)
		visits.Update(s, func(n int) int { return n + 1 })
		fmt.Fprintf(w, "visit %d", visits.Get(s))
	})

	first := httptest.NewRecorder()
	r.ServeHTTP(first, httptest.NewRequest("GET", "/", nil))
	again := httptest.NewRequest("GET", "/", nil)
	again.AddCookie(first.Result().Cookies()[0])
	second := httptest.NewRecorder()
	r.ServeHTTP(second, again)
	fmt.Println(first.Body)
	fmt.Println(second.Body)
	// Output:
	// visit 1
	// visit 2
}

// A handler with one parameter.
func ExampleHandle() {
	store, err := memstore.New()
	if err != nil {
		panic(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "a random string of 50 characters"})
	if err != nil {
		panic(err)
	}
	r := chi.NewRouter()
	r.Use(chisession.Middleware(m))
	r.Get("/", chisession.Handle(func(c *chisession.Context) {
		fmt.Fprint(c.W, visits.Get(c.Session()))
	}))

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Body)
	// Output: 0
}
