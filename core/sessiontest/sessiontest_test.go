package sessiontest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/sessiontest"
)

const user core.Key[string] = "user"

// greet is a handler as users write them.
func greet(w http.ResponseWriter, r *http.Request) {
	s, ok := core.FromContext(r.Context())
	if !ok || !s.Has("user") {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	s.Set("greeted", true)
	fmt.Fprint(w, "hello "+user.Get(s))
}

func TestRequest(t *testing.T) {
	t.Parallel()
	m := sessiontest.Manager(t)
	r, s := sessiontest.Request(t, m, httptest.NewRequest("GET", "/", nil), map[string]any{"user": "aladdin"})
	w := httptest.NewRecorder()
	greet(w, r)
	if got := w.Body.String(); got != "hello aladdin" {
		t.Errorf("body = %q, want hello aladdin", got)
	}
	if !core.Get[bool](s, "greeted") {
		t.Error("the test does not see what the handler set")
	}
	if got := m.Session(r.Context()); got != s {
		t.Error("the Manager finds another session than the test holds")
	}
}

func TestCookieAndSession(t *testing.T) {
	t.Parallel()
	m := sessiontest.Manager(t)
	cookie := sessiontest.Cookie(t, m, map[string]any{"user": "aladdin"})
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(cookie)
	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(greet)).ServeHTTP(w, r)
	if got := w.Body.String(); got != "hello aladdin" {
		t.Errorf("body = %q, want hello aladdin", got)
	}
	if !core.Get[bool](sessiontest.Session(t, m, cookie), "greeted") {
		t.Error("what the handler set was not saved")
	}
	if !sessiontest.Session(t, m, nil).IsEmpty() {
		t.Error("a new visitor has a session")
	}
}

func Example() {
	t := &testing.T{} // in a test: its own t
	m := sessiontest.Manager(t)

	// The handler alone.
	r, s := sessiontest.Request(t, m, httptest.NewRequest("GET", "/", nil), map[string]any{"user": "aladdin"})
	w := httptest.NewRecorder()
	greet(w, r)
	fmt.Println(w.Body, s.Get("greeted"))

	// Through the middleware, as a visitor who has been there before.
	cookie := sessiontest.Cookie(t, m, map[string]any{"user": "jasmine"})
	r = httptest.NewRequest("GET", "/", nil)
	r.AddCookie(cookie)
	w = httptest.NewRecorder()
	m.Handler(http.HandlerFunc(greet)).ServeHTTP(w, r)
	fmt.Println(w.Body, sessiontest.Session(t, m, cookie).Get("greeted"))
	// Output:
	// hello aladdin true
	// hello jasmine true
}
