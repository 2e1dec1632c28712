package ginsession_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/adapters/ginsession"
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
	r := gin.New()
	r.Use(ginsession.Middleware(m))
	r.GET("/", ginsession.Handle(func(c *ginsession.Context) {
		visits.Update(c.Session(), func(n int) int { return n + 1 })
		c.String(http.StatusOK, "visit %d", visits.Get(c.Session()))
	}))

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

// A handler that takes Gin's own context.
func ExampleFrom() {
	store, err := memstore.New()
	if err != nil {
		panic(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "a random string of 50 characters"})
	if err != nil {
		panic(err)
	}
	r := gin.New()
	r.Use(ginsession.Middleware(m))
	r.GET("/", func(c *gin.Context) {
		c.JSON(http.StatusOK, gin.H{"visits": visits.Get(ginsession.From(c))})
	})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Body)
	// Output: {"visits":0}
}
