package exampletest

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// client is a browser without eyes: it keeps cookies, and follows no redirects.
type client struct {
	t    testing.TB
	base string // without a slash at the end
	http http.Client
	// agent is the User-Agent; empty for net/http's own.
	agent string
}

func newClient(t testing.TB, base string) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := new(http.Transport) // its own: see httptest.Server.Close
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t: t, base: strings.TrimSuffix(base, "/"), http: http.Client{
		Transport:     transport,
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// from makes the client's connections come from another address of this machine.
func (c *client) from(ip string) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	c.t.Cleanup(transport.CloseIdleConnections)
	c.http.Transport = transport
}

// answer is a response, read to its end.
type answer struct {
	*http.Response
	body string
}

// get asks for a path, with header lines as pairs.
func (c *client) get(path string, header ...string) answer {
	c.t.Helper()
	return c.do(http.MethodGet, path, nil, header)
}

// post sends a form.
func (c *client) post(path string, form url.Values, header ...string) answer {
	c.t.Helper()
	return c.do(http.MethodPost, path, form, append(header, "Content-Type", "application/x-www-form-urlencoded"))
}

func (c *client) do(method, path string, form url.Values, header []string) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.agent != "" {
		req.Header.Set("User-Agent", c.agent)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("%s %s: reading the body: %v", method, path, err)
	}
	return answer{res, string(body)}
}

// wantJSON checks a status of 200 and one field of the body.
func (c *client) wantJSON(a answer, field string, want any) {
	c.t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: got %d %q (%v), want 200 and JSON", a.Request.URL.Path, a.StatusCode, a.body, err)
	}
	if n, ok := want.(int); ok {
		want = float64(n) // what encoding/json makes of numbers
	}
	if body[field] != want {
		c.t.Errorf("%s: got %s %v, want %v", a.Request.URL.Path, field, body[field], want)
	}
}

// wantStatus checks the status.
func (c *client) wantStatus(a answer, want int) {
	c.t.Helper()
	if a.StatusCode != want {
		c.t.Errorf("%s %s: got status %d %q, want %d", a.Request.Method, a.Request.URL.Path, a.StatusCode, short(a.body), want)
	}
}

// wantNoCookie checks that a response sets no cookie.
func (c *client) wantNoCookie(a answer) {
	c.t.Helper()
	if got := a.Header.Values("Set-Cookie"); len(got) > 0 {
		c.t.Errorf("%s: got %d Set-Cookie, want none", a.Request.URL.Path, len(got))
	}
}

// wantText checks that a page contains all of the texts.
func (c *client) wantText(a answer, texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			c.t.Errorf("%s: the page does not contain %q", a.Request.URL.Path, text)
		}
	}
}

// key is the value of the session's cookie, or empty.
func (c *client) key() string {
	c.t.Helper()
	u, err := url.Parse(c.base + "/")
	if err != nil {
		c.t.Fatal(err)
	}
	for _, cookie := range c.http.Jar.Cookies(u) {
		if cookie.Name == "sessionid" {
			return cookie.Value
		}
	}
	return ""
}

func short(s string) string { return s[:min(len(s), 200)] }
