package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

func Example() {
	store, err := memstore.New()
	if err != nil {
		log.Fatal(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "a random string of fifty characters, or Django's"})
	if err != nil {
		log.Fatal(err)
	}
	const visits core.Key[int] = "visits"
	site := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := m.Session(r.Context())
		visits.Update(s, func(n int) int { return n + 1 })
		fmt.Fprintln(w, "visit", visits.Get(s))
	})))
	defer site.Close()

	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	for range 2 {
		res, err := browser.Get(site.URL)
		if err != nil {
			log.Fatal(err)
		}
		var word string
		var n int
		fmt.Fscan(res.Body, &word, &n)
		res.Body.Close()
		fmt.Println(word, n)
	}
	// Output:
	// visit 1
	// visit 2
}

// Log in under a new key and log out.
func ExampleSession_CycleKey() {
	const user core.Key[string] = "user"
	login := func(s *core.Session, name string) {
		s.CycleKey() // what somebody planted in the browser before is worth nothing now
		user.Set(s, name)
	}
	logout := func(s *core.Session) { s.Flush() }

	store, _ := memstore.New()
	m, _ := core.New(store, core.Config{SecretKey: "for the example"})
	s := m.Open(context.Background(), "")
	login(s, "aladdin")
	fmt.Println(user.Get(s))
	logout(s)
	fmt.Println(user.Get(s) == "", s.IsEmpty())
	// Output:
	// aladdin
	// true true
}

// "Remember me" or until the browser closes.
func ExampleSession_SetExpiry() {
	store, _ := memstore.New()
	m, _ := core.New(store, core.Config{SecretKey: "for the example"})
	s := m.Open(context.Background(), "")

	s.SetExpiry(0) // the cookie ends with the browser
	fmt.Println(s.ExpireAtBrowserClose(), s.ExpiryAge())

	s.SetExpiry(30 * 24 * time.Hour) // thirty days after the last save
	fmt.Println(s.ExpireAtBrowserClose(), s.ExpiryAge())
	// Output:
	// true 336h0m0s
	// false 720h0m0s
}

// A route that works without its session when the store is down.
func ExampleSession_Err() {
	greet := func(w http.ResponseWriter, s *core.Session) {
		name := core.Get[string](s, "user")
		var store *core.StoreError
		if errors.As(s.Err(), &store) {
			name = "whoever you are" // having looked at Err, this handler decides
		}
		fmt.Fprintln(w, "hello", name)
	}
	store, _ := memstore.New()
	m, _ := core.New(store, core.Config{SecretKey: "for the example"})
	w := httptest.NewRecorder()
	s := m.Open(context.Background(), "")
	s.Set("user", "aladdin")
	greet(w, s)
	fmt.Print(w.Body)
	// Output: hello aladdin
}

func ExampleConfig_errors() {
	store, _ := memstore.New()
	_, err := core.New(store, core.Config{
		SecretKey:      "for the example",
		CookieAge:      1209600,
		CookieSameSite: http.SameSiteNoneMode,
	})
	fmt.Println(err)
	// Output:
	// djinn: Config.CookieAge: is 1.2096ms, but cookies count whole seconds: write 1209600*time.Second or 14*24*time.Hour
	// djinn: Config.CookieSameSite: None without CookieSecure is refused by browsers: set CookieSecure, or use http.SameSiteLaxMode
}
