package cookiestore_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cookiestore"
)

// Sessions without a store on the server, as Django's signed_cookies.
func Example() {
	store, err := cookiestore.New()
	if err != nil {
		panic(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "the site's SECRET_KEY"})
	if err != nil {
		panic(err)
	}
	site := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := m.Session(r.Context())
		fmt.Println("theme:", s.Get("theme"))
		s.Set("theme", "dark")
	}))

	first := httptest.NewRecorder()
	site.ServeHTTP(first, httptest.NewRequest("GET", "/", nil))

	again := httptest.NewRequest("GET", "/", nil)
	again.AddCookie(first.Result().Cookies()[0])
	site.ServeHTTP(httptest.NewRecorder(), again)
	// Output:
	// theme: <nil>
	// theme: dark
}
