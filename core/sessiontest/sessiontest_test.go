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

// A handler that asks who sent the request is told, and the request keeps its own
// cookies, which do not decide about the session.
func TestRequestHasAClient(t *testing.T) {
	t.Parallel()
	m := sessiontest.Manager(t)
	old := sessiontest.Cookie(t, m, map[string]any{"user": "jafar"})
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "192.0.2.7:1"
	r.Header.Set("User-Agent", "lynx")
	r.AddCookie(old)
	r, s := sessiontest.Request(t, m, r, map[string]any{"item": "lamp"})
	if client, ok := core.ClientInfoFrom(r.Context()); !ok || client.IP.String() != "192.0.2.7" || client.UserAgent != "lynx" {
		t.Errorf("ClientInfoFrom: got %v, %t, want 192.0.2.7 and lynx", client, ok)
	}
	if c, err := r.Cookie(old.Name); err != nil || c.Value != old.Value {
		t.Errorf("the request's cookie: got error %v, want it as it was", err)
	}
	if s.Get("user") != nil || s.Get("item") != "lamp" || s.Key() != "" {
		t.Errorf("the session: got user %v, item %v, want a new one with the item alone", s.Get("user"), s.Get("item"))
	}
	if err := s.Save(r.Context()); err != nil || s.Key() == "" || s.Key() == old.Value {
		t.Errorf("Save: got %v, want a session under a key of its own", err)
	}
}
