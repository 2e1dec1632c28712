package echosession_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/labstack/echo/v4"

	"github.com/djinn-go/djinn/adapters/echosession"
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
	e := echo.New()
	e.Use(echosession.Middleware(m))
	e.GET("/", echosession.Handle(func(c *echosession.Context) error {
		visits.Update(c.Session(), func(n int) int { return n + 1 })
		return c.String(http.StatusOK, fmt.Sprintf("visit %d", visits.Get(c.Session())))
	}))

	first := httptest.NewRecorder()
	e.ServeHTTP(first, httptest.NewRequest("GET", "/", nil))
	again := httptest.NewRequest("GET", "/", nil)
	again.AddCookie(first.Result().Cookies()[0])
	second := httptest.NewRecorder()
	e.ServeHTTP(second, again)
	fmt.Println(first.Body)
	fmt.Println(second.Body)
	// Output:
	// visit 1
	// visit 2
}

// A handler that takes Echo's own context.
func ExampleFrom() {
	store, err := memstore.New()
	if err != nil {
		panic(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "a random string of 50 characters"})
	if err != nil {
		panic(err)
	}
	e := echo.New()
	e.Use(echosession.Middleware(m))
	e.GET("/", func(c echo.Context) error {
		return c.String(http.StatusOK, fmt.Sprint(visits.Get(echosession.From(c))))
	})

	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Body)
	// Output: 0
}
