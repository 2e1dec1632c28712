package interop

import (
	"net/http"
	"testing"
	"time"
)

// djangoSite is the Django side.
type djangoSite struct {
	process   *process
	key       string
	fallbacks []string
	after     time.Duration
}

// page is Django's answer.
type page struct {
	Status int
	Items  string
	User   string
	Before int
	Sent   *struct {
		Value  string
		MaxAge *int `json:"max_age"`
	}
}

func (s *djangoSite) visit(t *testing.T, b *browser, view string, step any) (answer page) {
	t.Helper()
	s.process.call(t, "visit", s.request(b, view, step), &answer)
	if answer.Status != http.StatusOK {
		t.Fatalf("Django, /%s: status %d, want 200", view, answer.Status)
	}
	if answer.Sent != nil {
		b.cookie, b.maxAge = answer.Sent.Value, answer.Sent.MaxAge
	}
	return answer
}

// request is what the browser asks for.
func (s *djangoSite) request(b *browser, view string, step any) arguments {
	return arguments{
		"view": view, "cookie": b.cookie, "later": int(s.after.Seconds()),
		"secret_key": s.key, "fallbacks": s.fallbacks, "step": step,
	}
}

func (s *djangoSite) name() string { return "Django" }

func (s *djangoSite) items(t *testing.T, b *browser) string {
	t.Helper()
	return s.visit(t, b, "items", nil).Items
}

func (s *djangoSite) edit(t *testing.T, b *browser, e edit) {
	t.Helper()
	s.visit(t, b, "edit", e)
}

func (s *djangoSite) user(t *testing.T, b *browser) string {
	t.Helper()
	return s.visit(t, b, "user", nil).User
}

func (s *djangoSite) login(t *testing.T, b *browser) { t.Helper(); s.visit(t, b, "login", nil) }

func (s *djangoSite) logout(t *testing.T, b *browser) { t.Helper(); s.visit(t, b, "logout", nil) }

func (s *djangoSite) later(d time.Duration) site { c := *s; c.after = d; return &c }

func (s *djangoSite) keyed(key string, fallbacks ...string) site {
	c := *s
	c.key, c.fallbacks = key, append([]string{}, fallbacks...)
	return &c
}
