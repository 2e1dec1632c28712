package core_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/sessiontest"
)

// cookieVector is a response of Django's middleware.
type cookieVector struct {
	Name          string         `json:"name"`
	Settings      map[string]any `json:"settings"`
	RequestCookie *string        `json:"request_cookie"`
	Now           float64        `json:"now"`
	SetCookie     []string       `json:"set_cookie"`
	Vary          *string        `json:"vary"`
}

// overruledCookies lists the golden vectors that djinn does not follow, with what
// it does instead and why. Nothing else may differ.
var overruledCookies = map[string]struct {
	why  string
	want []string // nil: the setting is refused by New
}{
	"flush, secure setting is not repeated": {
		"a deletion cookie carries the attributes that it was set with, or it may miss it",
		[]string{`sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax; Secure`},
	},
	"short key cookie, nothing touched": {
		"a request that does not touch its session is left alone",
		[]string{},
	},
	"flush, samesite None":  {why: "browsers refuse SameSite=None without Secure, so New does"},
	"flush, __Secure- name": {why: "browsers refuse the prefix without Secure, so New does"},
	"flush, __Host- name":   {why: "browsers refuse the prefix without Secure, so New does"},
}

// config translates Django's settings.
func (v cookieVector) config(t *testing.T) core.Config {
	cfg := core.Config{SecretKey: "only for tests"}
	for name, value := range v.Settings {
		switch name {
		case "SESSION_SAVE_EVERY_REQUEST":
			cfg.SaveEveryRequest = value.(bool)
		case "SESSION_EXPIRE_AT_BROWSER_CLOSE":
			cfg.ExpireAtBrowserClose = value.(bool)
		case "SESSION_COOKIE_SECURE":
			cfg.CookieSecure = value.(bool)
		case "SESSION_COOKIE_HTTPONLY":
			cfg.CookieScriptable = !value.(bool)
		case "SESSION_COOKIE_DOMAIN":
			cfg.CookieDomain = value.(string)
		case "SESSION_COOKIE_PATH":
			cfg.CookiePath = value.(string)
		case "SESSION_COOKIE_NAME":
			cfg.CookieName = value.(string)
		case "SESSION_COOKIE_AGE":
			cfg.CookieAge = time.Duration(value.(float64)) * time.Second
		case "SESSION_COOKIE_SAMESITE":
			switch value {
			case "Strict":
				cfg.CookieSameSite = http.SameSiteStrictMode
			case "None":
				cfg.CookieSameSite = http.SameSiteNoneMode
			case false:
				cfg.CookieSameSite = http.SameSiteDefaultMode
			default:
				t.Fatalf("no SameSite mode for %v", value)
			}
		default:
			t.Fatalf("no setting for %s", name)
		}
	}
	return cfg
}

// handler does what the vector's name says.
func (v cookieVector) handler(t *testing.T) func(s *core.Session) {
	action, rest, _ := strings.Cut(v.Name, ",")
	switch {
	case strings.HasPrefix(action, "set_expiry("):
		return func(s *core.Session) {
			s.Set("a", 1)
			s.SetExpiry(map[string]time.Duration{"0": 0, "60": time.Minute, "-60": -time.Minute}[action[11:strings.Index(action, ")")]])
		}
	case action == "read":
		return func(s *core.Session) { s.Get("a") }
	case action == "nothing", action == "save every request", strings.HasSuffix(rest, "nothing touched"):
		return func(*core.Session) {}
	case action == "flush":
		return func(s *core.Session) { s.Flush() }
	default:
		return func(s *core.Session) { s.Set("a", 1) }
	}
}

func TestSetCookieVectors(t *testing.T) {
	t.Parallel()
	const vectorKey = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
	for _, v := range readExtraVectors(t).SetCookie {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			cfg := v.config(t)
			now := time.Unix(0, int64(v.Now*1e9))
			cfg.Now = func() time.Time { return now }
			store := must(memstore.New())
			m, err := core.New(store, cfg)
			overruled, isOverruled := overruledCookies[v.Name]
			if isOverruled && overruled.want == nil {
				if err == nil {
					t.Errorf("New accepts %v, want an error: %s", v.Settings, overruled.why)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			if v.RequestCookie != nil {
				name := cfg.CookieName
				if name == "" {
					name = "sessionid"
				}
				r.Header.Set("Cookie", name+"="+*v.RequestCookie)
				values, _ := sessiontest.Values("old", 1)
				if _, err := store.Create(context.Background(), core.Record{
					Key: *v.RequestCookie, Values: values, ExpireDate: now.Add(time.Hour),
				}); err != nil {
					t.Fatal(err)
				}
			}
			var key string
			act := v.handler(t)
			w := httptest.NewRecorder()
			m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				act(m.Session(r.Context()))
				w.WriteHeader(http.StatusOK)
				key = m.Session(r.Context()).Key()
			})).ServeHTTP(w, r)

			want := v.SetCookie
			if isOverruled {
				want = overruled.want
			}
			got := w.Header()["Set-Cookie"]
			for i := range got {
				if key != "" {
					got[i] = strings.Replace(got[i], key, vectorKey, 1)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("Set-Cookie = %q\nwant %q", got, want)
			}
			wantVary := ""
			if v.Vary != nil && !(isOverruled && len(overruled.want) == 0) {
				wantVary = *v.Vary
			}
			if got := w.Header().Get("Vary"); got != wantVary {
				t.Errorf("Vary = %q, want %q", got, wantVary)
			}
		})
	}
}

func TestOverruledVectorsExist(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, v := range readExtraVectors(t).SetCookie {
		names[v.Name] = true
	}
	for name := range overruledCookies {
		if !names[name] {
			t.Errorf("overruledCookies names %q, which is no vector", name)
		}
	}
}

// A cookie that cannot be a key, or that came twice with different values, is
// nobody's: no store is asked.
func TestJunkCookies(t *testing.T) {
	t.Parallel()
	const live = "abcdefghijklmnopqrstuvwxyz012345"
	tests := []struct {
		name, cookie string
		loads        int
	}{
		{"good", "sessionid=" + live, 1},
		{"good among others", "a=b; sessionid=" + live + "; c=d", 1},
		{"twice the same", "sessionid=" + live + "; sessionid=" + live, 1},
		{"twice, different", "sessionid=" + live + "; sessionid=0123456789abcdef0123456789abcdef", 0},
		{"empty", "sessionid=", 0},
		{"short", "sessionid=abc", 0},
		{"over-long", "sessionid=" + strings.Repeat("a", 1240), 0},
		{"upper case", "sessionid=" + strings.ToUpper(live), 0},
		{"quoted", `sessionid="` + live + `"`, 0},
		{"quoted NUL", `sessionid="aaaaaaaa\000b"`, 0},
		{"NUL", "sessionid=aaaaaaaa\x00b", 0},
		{"path", "sessionid=../../etc/passwd", 0},
		{"percent", "sessionid=aaaaaaaa%00", 0},
		{"UTF-8", "sessionid=äöüäöüäöü", 0},
		{"other name", "Sessionid=" + live, 0},
		{"name as value", "x=sessionid; =sessionid=" + live, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			loads, rejected := 0, 0
			m, err := core.New(must(memstore.New()), core.Config{
				SecretKey: "only for tests",
				Observer: func(_ context.Context, e core.Event) {
					switch e.Kind {
					case core.EventLoaded:
						loads++
					case core.EventAmbiguousCookie:
						rejected++
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Cookie"] = []string{tt.cookie}
			w := httptest.NewRecorder()
			m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got := m.Session(r.Context()).Get("user"); got != nil {
					t.Errorf("Get = %v, want nil", got)
				}
			})).ServeHTTP(w, r)
			if loads != tt.loads {
				t.Errorf("the store was asked %d times, want %d", loads, tt.loads)
			}
			if w.Code != http.StatusOK {
				t.Errorf("status = %d, want 200", w.Code)
			}
			if tt.name == "twice, different" && (rejected != 1 || w.Header()["Set-Cookie"] != nil) {
				t.Errorf("%d reports and Set-Cookie %q, want 1 and none: which cookie would it hit?", rejected, w.Header()["Set-Cookie"])
			}
		})
	}
}

func TestCacheHeaders(t *testing.T) {
	t.Parallel()
	m := newManager(t, time.Now(), core.Config{})
	tests := []struct {
		name                       string
		before                     http.Header
		wantVary, wantCacheControl string
	}{
		{"none", nil, "Cookie", "private"},
		{"public", http.Header{"Cache-Control": {"public, max-age=60"}, "Vary": {"Accept"}}, "Accept, Cookie", "max-age=60, private"},
		{"s-maxage", http.Header{"Cache-Control": {"s-maxage=60", "max-age=5"}, "Vary": {"Accept", "Origin"}}, "Accept, Origin, Cookie", "max-age=5, private"},
		{"no-store", http.Header{"Cache-Control": {"No-Store"}, "Vary": {"*"}}, "*", "No-Store"},
		{"private", http.Header{"Cache-Control": {"private"}, "Vary": {"accept, cookie"}}, "accept, cookie", "private"},
		{"private field", http.Header{"Cache-Control": {`private="x"`}}, "Cookie", `private="x", private`},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for name, lines := range tt.before {
				w.Header()[name] = slices.Clone(lines)
			}
			m.Session(r.Context()).Set("a", 1)
		})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if got := strings.Join(w.Header()["Vary"], "|"); got != tt.wantVary {
			t.Errorf("%s: Vary = %q, want %q", tt.name, got, tt.wantVary)
		}
		if got := strings.Join(w.Header()["Cache-Control"], "|"); got != tt.wantCacheControl {
			t.Errorf("%s: Cache-Control = %q, want %q", tt.name, got, tt.wantCacheControl)
		}
	}
}
