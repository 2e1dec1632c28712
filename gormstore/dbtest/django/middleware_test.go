package django

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

var middlewareRequirements = []requirement{
	{name: "test_secure_session_cookie", says: "SESSION_COOKIE_SECURE puts Secure on the cookie.", verdict: same, test: func(t *testing.T, st *site) {
		wantAttribute(t, st, core.Config{CookieSecure: true}, "Secure", true)
		wantAttribute(t, st, core.Config{}, "Secure", false)
	}, also: []reference{"core TestSetCookieVectors"}},
	{name: "test_httponly_session_cookie", says: "SESSION_COOKIE_HTTPONLY puts HttpOnly on the cookie.", verdict: same, test: func(t *testing.T, st *site) {
		wantAttribute(t, st, core.Config{}, "HttpOnly", true)
	}},
	{name: "test_samesite_session_cookie", says: "SESSION_COOKIE_SAMESITE is on the cookie.", verdict: same, test: func(t *testing.T, st *site) {
		wantAttribute(t, st, core.Config{CookieSameSite: http.SameSiteStrictMode}, "SameSite=Strict", true)
	}},
	{name: "test_no_httponly_session_cookie", says: "Without SESSION_COOKIE_HTTPONLY the attribute is absent.", verdict: same,
		why: "The setting is Config.CookieScriptable, so that false is safe.",
		test: func(t *testing.T, st *site) {
			wantAttribute(t, st, core.Config{CookieScriptable: true}, "HttpOnly", false)
		}},
	{name: "test_session_save_on_500", says: "A change is not stored if the response is a 500.", verdict: same, test: func(t *testing.T, st *site) {
		wantDropped(t, st, http.StatusInternalServerError)
	}, also: []reference{"core TestPanic"}},
	{name: "test_session_save_on_5xx", says: "Nor if it is another 5xx.", verdict: same, test: func(t *testing.T, st *site) {
		wantDropped(t, st, http.StatusServiceUnavailable)
	}},
	{name: "test_session_update_error_redirect", says: "A session that was deleted while the request changed it is SessionInterrupted, 400, whatever the view answered.", verdict: same,
		why: "The error is ErrInterrupted.",
		test: func(t *testing.T, st *site) {
			var got error
			m := st.manager(t, st.store, core.Config{ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
				got = err
				w.WriteHeader(core.StatusCode(err))
			}})
			key := st.stored(t).Key()
			answer := visit(t, m, key, func(s *core.Session, w http.ResponseWriter) {
				change(s, w)
				if _, err := m.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(http.StatusFound)
			})
			if !errors.Is(got, core.ErrInterrupted) || !strings.Contains(got.Error(), "deleted before the request completed") {
				t.Errorf("error: got %v, want ErrInterrupted", got)
			}
			if answer.status != http.StatusBadRequest || answer.cookies != nil {
				t.Errorf("response: got %d and %d cookies, want 400 and none", answer.status, len(answer.cookies))
			}
		}},
	{name: "test_session_delete_on_end", says: "A flush deletes the cookie, to the byte, with Vary: Cookie.", verdict: same, test: func(t *testing.T, st *site) {
		answer := visit(t, st.m, st.stored(t).Key(), flush)
		wantHeaders(t, answer, `sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`)
	}},
	{name: "test_session_delete_on_end_with_custom_domain_and_path", says: "The same with a domain and a path.", verdict: same, test: func(t *testing.T, st *site) {
		m := st.manager(t, st.store, core.Config{CookieDomain: ".example.local", CookiePath: "/example/"})
		answer := visit(t, m, st.stored(t).Key(), flush)
		wantHeaders(t, answer, `sessionid=""; Domain=.example.local; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/example/; SameSite=Lax`)
	}},
	{name: "test_flush_empty_without_session_cookie_doesnt_set_cookie", says: "A flush for a visitor without a cookie sets none; Vary: Cookie.", verdict: same, test: func(t *testing.T, st *site) {
		wantHeaders(t, visit(t, st.m, "", flush))
	}},
	{name: "test_empty_session_saved", says: "A session whose last item was deleted is saved as empty and keeps key and cookie; Vary: Cookie.", verdict: same, test: func(t *testing.T, st *site) {
		first := visit(t, st.m, "", func(s *core.Session, _ http.ResponseWriter) { s.Set("foo", "bar") })
		key := first.key(t)
		if len(key) <= 8 || first.vary != "Cookie" {
			t.Errorf("the first response: a key of %d characters, Vary %q; want more than 8, Cookie", len(key), first.vary)
		}
		answer := visit(t, st.m, key, removeItem)
		if answer.key(t) != key || answer.vary != "Cookie" {
			t.Errorf("the same key: %t, Vary %q; want true, Cookie", answer.key(t) == key, answer.vary)
		}
		if !st.exists(t, key) {
			t.Error("Exists: got false, want true")
		}
		wantItems(t, st.m.Open(t.Context(), key), `{}`)
	}},
}

// wantAttribute looks for an attribute on the cookie of a new session.
func wantAttribute(t *testing.T, st *site, cfg core.Config, attribute string, want bool) {
	t.Helper()
	answer := visit(t, st.manager(t, st.store, cfg), "", change)
	answer.key(t)
	if got := slices.Contains(strings.Split(answer.cookies[0], "; "), attribute); got != want {
		t.Errorf("%s on the cookie: got %t, want %t", attribute, got, want)
	}
}

// wantDropped checks that a response of that status saves nothing.
func wantDropped(t *testing.T, st *site, status int) {
	t.Helper()
	fails := func(s *core.Session, w http.ResponseWriter) {
		change(s, w)
		w.WriteHeader(status)
	}
	rows := st.table.count(t)
	if answer := visit(t, st.m, "", fails); answer.status != status || answer.cookies != nil || st.table.count(t) != rows {
		t.Errorf("a new session: got %d, %d cookies, %d new rows; want %d, none, none",
			answer.status, len(answer.cookies), st.table.count(t)-rows, status)
	}
	s := st.stored(t)
	visit(t, st.m, s.Key(), fails)
	wantItems(t, st.reopen(t, s), `{"foo":"bar"}`)
}

// wantHeaders checks Set-Cookie, and that Vary is Cookie.
func wantHeaders(t *testing.T, answer response, cookies ...string) {
	t.Helper()
	if !slices.Equal(answer.cookies, cookies) {
		t.Errorf("Set-Cookie: got %q, want %q", answer.cookies, cookies)
	}
	if answer.vary != "Cookie" {
		t.Errorf("Vary: got %q, want Cookie", answer.vary)
	}
}
