package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/examples/internal/setup"
)

// startFront serves the front, with somebody else in Django's place.
func startFront(t *testing.T, djangoURL string) *httptest.Server {
	t.Helper()
	env := openEnv(t)
	handler, err := newHandler(env, djangoURL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(handler)
	t.Cleanup(front.Close)
	return front
}

// openEnv opens a new database.
func openEnv(t *testing.T) *setup.Env {
	t.Helper()
	env, err := setup.Open(t.Context(), setup.Settings{
		DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "db"), CookieName: "sessionid", SecretKey: "a key for tests",
	}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(env.Close)
	return env
}

// TestProxyPassesOn checks what a program behind the front gets and what becomes
// of its answer.
func TestProxyPassesOn(t *testing.T) {
	t.Parallel()
	got := make(chan *http.Request, 1)
	django := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Add("Set-Cookie", "sessionid=djangos; Path=/")
		w.Header().Add("Set-Cookie", "csrftoken=djangos; Path=/")
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(body)
		got <- r
	}))
	defer django.Close()
	front := startFront(t, django.URL)

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+"/counter/?a=b%2Fc", strings.NewReader("form=data"))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "shop.example"
	for name, value := range map[string]string{
		"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345; csrftoken=t", "Origin": "https://elsewhere.example",
		"Sec-Fetch-Site": "cross-site", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "192.0.2.1",
	} {
		req.Header.Set(name, value)
	}
	res, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "form=data" || res.StatusCode != http.StatusTeapot {
		t.Errorf("got %d %q, %v, want Django's own answer", res.StatusCode, body, err)
	}
	want := []string{"sessionid=djangos; Path=/", "csrftoken=djangos; Path=/"}
	if cookies := res.Header.Values("Set-Cookie"); !slices.Equal(cookies, want) {
		t.Errorf("got Set-Cookie %q, want %q", cookies, want)
	}
	if vary := res.Header.Get("Vary"); vary != "" {
		t.Errorf("got Vary %q, want none: Go did not look at the session", vary)
	}
	r := <-got
	if r.Host != "shop.example" || r.RequestURI != "/counter/?a=b%2Fc" {
		t.Errorf("Django gets %s %s, want the visitor's Host and URL", r.Host, r.RequestURI)
	}
	for name, want := range map[string]string{
		"X-Forwarded-Proto": "http", "X-Forwarded-Host": "shop.example", "X-Forwarded-For": "127.0.0.1",
		"Cookie": req.Header.Get("Cookie"), "Origin": req.Header.Get("Origin"),
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("Django gets %s %q, want %q", name, got, want)
		}
	}
}

func TestDjangoIsDown(t *testing.T) {
	t.Parallel()
	nobody := httptest.NewServer(http.NotFoundHandler())
	nobody.Close()
	front := startFront(t, nobody.URL)
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/":              {http.StatusOK, "Hello, stranger"},
		"/go/style.css":  {http.StatusOK, ".by-django"},
		"/counter/":      {http.StatusBadGateway, "Django does not answer"},
		"/go/no-such-go": {http.StatusBadGateway, "Django does not answer"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := front.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != want.status || !strings.Contains(string(body), want.text) {
			t.Errorf("%s: got %d %q, %v, want %d and %q", path, res.StatusCode, body, err, want.status, want.text)
		}
	}
}
