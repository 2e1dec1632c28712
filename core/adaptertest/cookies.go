package adaptertest

import (
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/djinn-go/djinn/core"
)

var cookieCases = []testCase{
	{"cookie/junk", 3, "anybody could make the site ask its store for nonsense, or answer 500", junkCookies},
	{"cookie/unknown-key", 3, "an attacker could plant a key and wait for its victim to log in", unknownKey},
	{"cookie/none-is-new", 3, "two visitors would share a session", newKeys},
}

// junkCookies asks the handler itself: no client sends all of these.
func junkCookies(e *env) {
	e.start(App{})
	junk := map[string]string{
		"empty":        "",
		"too short":    "abc",
		"over-long":    strings.Repeat("a", 10_000),
		"quoted":       `"` + strings.Repeat("a", 32) + `"`,
		"NUL":          strings.Repeat("a", 31) + "\x00",
		"not ASCII":    strings.Repeat("é", 16),
		"a path":       "../../../../../../../etc/passwd.",
		"SQL":          "' OR session_key LIKE '%' --     ",
		"sent twice":   strings.Repeat("a", 32) + "; " + cookieName + "=" + strings.Repeat("b", 32),
		"comma joined": strings.Repeat("a", 32) + "," + strings.Repeat("b", 32),
	}
	for name, value := range junk {
		r := httptest.NewRequest(http.MethodGet, "/peek", nil)
		r.Header["Cookie"] = []string{cookieName + "=" + value}
		w := httptest.NewRecorder()
		e.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.String() != "<nil>" {
			e.errorf("a cookie that is %s: got status %d and body %q, want 200 and an anonymous visitor", name, w.Code, w.Body)
		}
		e.wantCalls("a cookie that is "+name, "")
	}
}

func unknownKey(e *env) {
	e.start(App{})
	planted := core.NewSessionKey()
	r := e.request(http.MethodGet, "/seed")
	r.Header.Set("Cookie", cookieName+"="+planted)
	a, err := e.send(e.client, r)
	if err != nil {
		e.fatalf("%v", err)
	}
	e.wantCookies(a, 1)
	if got := e.cookie(); got == planted || got == "" {
		e.errorf("a planted key: got it adopted: %t, a cookie: %t; want a new key", got == planted, got != "")
	}
	e.wantUser("aladdin")
}

func newKeys(e *env) {
	e.start(App{})
	e.seed()
	first := e.cookie()
	e.client = e.browser()
	e.seed()
	if e.cookie() == first {
		e.errorf("a second visitor got the first one's key")
	}
}
