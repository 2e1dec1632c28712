package handlers

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core/sessiontest"
)

func TestGreet(t *testing.T) {
	m := sessiontest.Manager(t)
	r, s := sessiontest.Request(t, m, httptest.NewRequest("GET", "/", nil), map[string]any{"user": "aladdin", "flash": "Welcome back."})
	w := httptest.NewRecorder()
	Greet(w, m.Session(r.Context()))
	if got, want := w.Body.String(), "Hello aladdin. Welcome back."; got != want {
		t.Errorf("body = %q, want %q", got, want)
	}
	if s.Has("flash") {
		t.Error("the message is still there")
	}
}

func TestLoginCartLogout(t *testing.T) {
	m := sessiontest.Manager(t)
	_, s := sessiontest.Request(t, m, httptest.NewRequest("GET", "/", nil), nil)
	Login(s, "aladdin", true)
	if s.ExpireAtBrowserClose() || s.ExpiryAge() != 30*24*time.Hour {
		t.Errorf("remembered for %v, want 720h", s.ExpiryAge())
	}
	Login(s, "aladdin", false)
	if !s.ExpireAtBrowserClose() {
		t.Error("the cookie outlives the browser")
	}
	Add(s, "lamp")
	Add(s, "oil")
	if got := cart.Get(s); len(got) != 2 || got[1].Name != "oil" {
		t.Errorf("cart = %v", got)
	}
	Logout(s)
	if !s.IsEmpty() || user.Get(s) != "" {
		t.Error("something is left after Logout")
	}
}
