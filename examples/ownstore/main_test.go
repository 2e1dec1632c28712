package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"testing"
)

func TestProgram(t *testing.T) {
	t.Parallel()
	handler, err := newHandler(NewStore())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	for i, step := range []struct{ method, path, want string }{
		{http.MethodGet, "/", "visit 1\n"},
		{http.MethodGet, "/", "visit 2\n"},
		{http.MethodPost, "/leave", "goodbye\n"},
		{http.MethodGet, "/", "visit 1\n"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), step.method, server.URL+step.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || string(body) != step.want {
			t.Errorf("step %d, %s %s: got %d %q, %v, want 200 %q", i+1, step.method, step.path, res.StatusCode, body, err, step.want)
		}
	}
}

func TestRunSaysTheCure(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if err := run(server.Listener.Addr().String()); err == nil {
		t.Error("an address in use: got no error")
	}
}
