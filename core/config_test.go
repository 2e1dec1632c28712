package core_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/sessiontest"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		cfg  core.Config
		want []string // each in the error
	}{
		{"no key", core.Config{}, []string{"SecretKey", "SECRET_KEY"}},
		{"empty fallback", core.Config{SecretKey: "k", SecretKeyFallbacks: []core.Secret{"a", ""}}, []string{"SecretKeyFallbacks", "entry 1", "leave it out"}},
		{"name with a space", core.Config{SecretKey: "k", CookieName: "my session"}, []string{"CookieName", "my session", "letters"}},
		{"name with an equals sign", core.Config{SecretKey: "k", CookieName: "a=b"}, []string{"CookieName"}},
		{"age as a number of seconds", core.Config{SecretKey: "k", CookieAge: 1209600}, []string{"CookieAge", "1209600*time.Second"}},
		{"negative age", core.Config{SecretKey: "k", CookieAge: -time.Hour}, []string{"CookieAge"}},
		{"fractional age", core.Config{SecretKey: "k", CookieAge: 1500 * time.Millisecond}, []string{"CookieAge"}},
		{"domain with a semicolon", core.Config{SecretKey: "k", CookieDomain: "a; Path=/x"}, []string{"CookieDomain", "host name"}},
		{"relative path", core.Config{SecretKey: "k", CookiePath: "app"}, []string{"CookiePath", "begins with '/'"}},
		{"path with a newline", core.Config{SecretKey: "k", CookiePath: "/\r\nX: y"}, []string{"CookiePath"}},
		{"unknown SameSite", core.Config{SecretKey: "k", CookieSameSite: 9}, []string{"CookieSameSite", "SameSiteLaxMode"}},
		{"SameSite=None without Secure", core.Config{SecretKey: "k", CookieSameSite: http.SameSiteNoneMode}, []string{"CookieSameSite", "CookieSecure"}},
		{"Partitioned without Secure", core.Config{SecretKey: "k", CookiePartitioned: true}, []string{"CookiePartitioned", "CookieSecure"}},
		{"__Host- without Secure", core.Config{SecretKey: "k", CookieName: "__Host-sid"}, []string{"CookieName", "CookieSecure"}},
		{"__host- without Secure", core.Config{SecretKey: "k", CookieName: "__host-sid"}, []string{"CookieName", "CookieSecure"}},
		{"__Host- with a domain", core.Config{SecretKey: "k", CookieName: "__Host-sid", CookieSecure: true, CookieDomain: "example.com"}, []string{"CookieDomain", "__Secure-"}},
		{"__Host- with a path", core.Config{SecretKey: "k", CookieName: "__Host-sid", CookieSecure: true, CookiePath: "/app"}, []string{"CookiePath"}},
		{"negative timeout", core.Config{SecretKey: "k", StoreTimeout: -1}, []string{"StoreTimeout"}},
		{"negative size", core.Config{SecretKey: "k", MaxSize: -1}, []string{"MaxSize"}},
		{"everything at once", core.Config{CookieName: " ", MaxSize: -1}, []string{"SecretKey", "CookieName", "MaxSize"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := core.New(must(memstore.New()), tt.cfg)
			if err == nil {
				t.Fatal("New accepts it")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
	if _, err := core.New(nil, core.Config{SecretKey: "k"}); err == nil || !strings.Contains(err.Error(), "memstore") {
		t.Errorf("New without a store: %v, want an error that names one", err)
	}
}

func TestNewAccepts(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]core.Config{
		"the key alone":       {SecretKey: "k"},
		"__Host-":             {SecretKey: "k", CookieName: "__Host-sid", CookieSecure: true},
		"__Secure- and scope": {SecretKey: "k", CookieName: "__Secure-sid", CookieSecure: true, CookieDomain: ".example.com", CookiePath: "/app/"},
		"framed":              {SecretKey: "k", CookieSecure: true, CookieSameSite: http.SameSiteNoneMode, CookiePartitioned: true},
	} {
		if _, err := core.New(must(memstore.New()), cfg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The caller's slice stays the caller's.
func TestNewCopiesFallbacks(t *testing.T) {
	t.Parallel()
	fallbacks := []core.Secret{"old"}
	codec, err := core.DjangoCodec{SecretKey: "old"}.New()
	if err != nil {
		t.Fatal(err)
	}
	values, _ := sessiontest.Values("a", 1)
	text, err := codec.Encode(values)
	if err != nil {
		t.Fatal(err)
	}
	st := newSite(t, core.Config{SecretKeyFallbacks: fallbacks}, func(s *spyStore) core.Store { return textStore{s, text} })
	fallbacks[0] = "changed"
	st.cookie = core.NewSessionKey()
	if got := st.get("a"); got != int64(1) {
		t.Errorf("a = %v, want 1: signed with a fallback", got)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	letters := map[byte]int{}
	const n = 20_000
	for range n {
		key := core.NewSessionKey()
		if len(key) != 32 || !core.ValidSessionKey(key) {
			t.Fatalf("NewSessionKey() = %d characters, valid: %t", len(key), core.ValidSessionKey(key))
		}
		if seen[key] {
			t.Fatal("NewSessionKey repeats itself")
		}
		seen[key] = true
		for i := range len(key) {
			letters[key[i]]++
		}
	}
	// Chi-square over 36 letters: above 80 happens by chance once in 40,000 runs.
	expected := float64(n*32) / 36
	chi := 0.0
	for _, count := range letters {
		d := float64(count) - expected
		chi += d * d / expected
	}
	if len(letters) != 36 || chi > 80 {
		t.Errorf("%d letters, chi-square %.1f, want 36 and below 80: they are not equally likely", len(letters), chi)
	}
}
