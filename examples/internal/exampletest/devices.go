package exampletest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/setup"
)

// The accounts of the page "Your devices", which its log-in page names.
var devicePasswords = map[string]string{"aladdin": "open-sesame", "jasmine": "rajah-the-tiger"}

// User-Agent headers of browsers.
const (
	firefoxLinux = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
	safariPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)

// hostileAgent is 10 kB of what a browser never sends.
var hostileAgent = "<script>alert(1)</script> " + strings.Repeat("ü€😀", 1100)

// Devices walks through the page "Your devices" in several browsers, on the table
// alone and with a cache in front of it.
func Devices(t *testing.T, build Build) {
	for _, e := range engines {
		if e.name != setup.DB && !strings.HasPrefix(e.name, setup.CachedDB) {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			base, _ := startDevices(t, build, e.settings(t))
			walkDevices(t, base)
		})
	}
}

// StartDevices serves the example on a new SQLite database until the test ends, and
// returns its URL and the database.
func StartDevices(t testing.TB, build Build) (string, *gorm.DB) {
	t.Helper()
	return startDevices(t, build, setup.Settings{})
}

func startDevices(t testing.TB, build Build, s setup.Settings) (base string, db *gorm.DB) {
	t.Helper()
	s.OwnTable = true
	base = start(t, func(env *setup.Env) (http.Handler, error) {
		db = env.DB()
		return build(env)
	}, nil, s)
	return base, db
}

// DevicesProgram runs the example as a program on each database, and with a cache.
func DevicesProgram(t *testing.T) {
	run := func(t *testing.T, env ...string) {
		t.Parallel()
		p := startProgram(t, append(env, "SECRET_KEY=a key for tests", "REDIS_URL=")...)
		keys := walkDevices(t, p.url)
		for _, secret := range append(keys, devicePasswords["aladdin"], "$2a$") {
			if strings.Contains(p.output(), secret) {
				t.Errorf("the log contains a session key, a password or its hash")
			}
		}
	}
	for name, newDatabase := range databases {
		t.Run(name, func(t *testing.T) { run(t, "DATABASE_URL="+newDatabase(t)) })
		t.Run(name+", cached", func(t *testing.T) { run(t, "SESSION_ENGINE=cached_db", "DATABASE_URL="+newDatabase(t)) })
	}
	t.Run("limit", func(t *testing.T) {
		t.Parallel()
		p := startProgram(t, "DATABASE_URL="+databases["sqlite"](t), "SECRET_KEY=a key for tests", "DEVICE_LIMIT=2")
		devicesLimit(t, p.url)
	})
}

// device is a browser with a name of its own.
func device(t *testing.T, base, agent string) *client {
	c := newClient(t, base)
	c.agent = agent
	return c
}

// walkDevices walks through everything, and returns the keys of sessions.
func walkDevices(t *testing.T, base string) (keys []string) {
	laptop, phone, odd := device(t, base, firefoxLinux), device(t, base, safariPhone), device(t, base, hostileAgent)
	jasmine := device(t, base, safariPhone)
	all := []*client{laptop, phone, odd, jasmine}
	run := func(name string, walk func()) {
		t.Run(name, func(t *testing.T) {
			for _, c := range all {
				c.t = t
			}
			walk()
		})
	}
	run("strangers", func() { walkStranger(laptop) })
	run("sign in", func() {
		for _, c := range all[:3] {
			c.signIn("aladdin", devicePasswords["aladdin"])
		}
		jasmine.signIn("jasmine", devicePasswords["jasmine"])
		for _, c := range all {
			keys = append(keys, c.key())
		}
	})
	run("list", func() { walkList(laptop, phone, jasmine) })
	run("refused", func() { walkForged(laptop, phone, jasmine) })
	run("sign out one", func() { walkSignOut(laptop, phone, odd, jasmine) })
	run("sign out everywhere else", func() {
		phone.signIn("aladdin", devicePasswords["aladdin"])
		a := laptop.form("/devices/sign-out-others", nil)
		laptop.wantStatus(a, http.StatusSeeOther)
		laptop.wantText(laptop.get("/"), "All other browsers are signed out.", "and nowhere else")
		phone.wantEnded()
		odd.wantEnded()
		jasmine.wantSignedIn("jasmine")
	})
	run("password", func() { walkPassword(laptop, phone, jasmine) })
	run("sign out", func() {
		key := laptop.key()
		laptop.wantLeft(laptop.form("/logout", nil))
		thief := newClient(laptop.t, base)
		a := thief.get("/", "Cookie", "sessionid="+key)
		thief.wantStatus(a, http.StatusSeeOther)
		jasmine.wantLeft(jasmine.form("/devices/sign-out", url.Values{"public_id": {core.PublicID(jasmine.key())}}))
	})
	return keys
}

// walkStranger looks around without signing in.
func walkStranger(c *client) {
	for path, method := range map[string]string{"/": http.MethodGet, "/password": http.MethodPost, "/devices/sign-out-others": http.MethodPost} {
		a := c.do(method, path, nil, nil)
		c.wantStatus(a, http.StatusSeeOther)
		if got := a.Header.Get("Location"); got != "/login" {
			c.t.Errorf("%s redirects to %q, want /login", path, got)
		}
		c.wantNoCookie(a)
	}
	a := c.get("/login?why=<b>")
	c.wantStatus(a, http.StatusOK)
	c.wantNoCookie(a)
	if strings.Contains(a.body, "signed out") || strings.Contains(a.body, "<b>") {
		c.t.Error("/login: tells a stranger that he was signed out, or what the address says")
	}
	for name, password := range map[string]string{"aladdin": "close-sesame", "jafar": "open-sesame", "": ""} {
		a := c.post("/login", url.Values{"username": {name}, "password": {password}})
		c.wantStatus(a, http.StatusUnprocessableEntity)
		c.wantText(a, "do not match")
		c.wantNoCookie(a)
	}
	form := url.Values{"username": {"aladdin"}, "password": {devicePasswords["aladdin"]}}
	c.wantStatus(c.post("/login", form, "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)
}

// walkList looks at the page of three browsers of one account.
func walkList(laptop, phone, jasmine *client) {
	a := laptop.get("/", "X-Forwarded-For", "203.0.113.7", "X-Real-Ip", "203.0.113.7")
	laptop.wantText(a, "Your account is open in 3 browsers", `Firefox on Linux <span class="badge">This browser`,
		"<h2>Safari on iPhone</h2>", "<h2>&lt;script&gt;alert(1)&lt;/script&gt; ?????", "…</h2>", "127.0.0.1", "just now</time>")
	for _, wrong := range []string{"<script", "203.0.113.7", "ü", laptop.key(), phone.key()} {
		if strings.Contains(a.body, wrong) {
			laptop.t.Errorf("the page contains %.8q…, want no script, no forged address, no session key", wrong)
		}
	}
	if own, other := strings.Index(a.body, "This browser"), strings.Index(a.body, "<h2>Safari"); own > other {
		laptop.t.Error("this browser is not the first of the list")
	}
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		laptop.t.Errorf("got Cache-Control %q, want no-store", got)
	}
	jasmine.wantText(jasmine.get("/"), "Signed in as jasmine", "and nowhere else")
	for _, c := range []*client{laptop, phone} {
		if a := c.get("/login"); a.Header.Get("Location") != "/" {
			c.t.Errorf("/login, signed in: got status %d, want a redirect to the devices", a.StatusCode)
		}
	}
}

// walkForged sends forms that must end nothing.
func walkForged(laptop, phone, jasmine *client) {
	const signOut = "/devices/sign-out"
	publicID, token, theirs := core.PublicID(phone.key()), laptop.token(), phone.token()
	send := func(publicID, token string) url.Values {
		return url.Values{"public_id": {publicID}, "csrf_token": {token}}
	}
	for name, refused := range map[string]struct {
		a    answer
		want int
	}{
		"no token":                  {laptop.post(signOut, url.Values{"public_id": {publicID}}), http.StatusForbidden},
		"a wrong token":             {laptop.post(signOut, send(publicID, "AAAA")), http.StatusForbidden},
		"another browser's":         {laptop.post(signOut, send(publicID, theirs)), http.StatusForbidden},
		"token in the address":      {laptop.post(signOut+"?csrf_token="+token, url.Values{"public_id": {publicID}}), http.StatusForbidden},
		"another site":              {laptop.post(signOut, send(publicID, token), "Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		"another origin":            {laptop.post(signOut, send(publicID, token), "Origin", "https://evil.example"), http.StatusForbidden},
		"all, no token":             {laptop.post("/devices/sign-out-others", nil), http.StatusForbidden},
		"password, no token":        {laptop.post("/password", url.Values{"old": {devicePasswords["aladdin"]}, "new": {"12345678"}}), http.StatusForbidden},
		"GET":                       {laptop.get(signOut + "?" + send(publicID, token).Encode()), http.StatusMethodNotAllowed},
		"GET, all":                  {laptop.get("/devices/sign-out-others?csrf_token=" + token), http.StatusMethodNotAllowed},
		"a made-up public ID":       {laptop.post(signOut, send(publicID[:len(publicID)-1]+"2", token)), http.StatusNotFound},
		"no public ID":              {laptop.post(signOut, send("", token)), http.StatusNotFound},
		"a pattern":                 {laptop.post(signOut, send("%", token)), http.StatusNotFound},
		"a session key":             {laptop.post(signOut, send(phone.key(), token)), http.StatusNotFound},
		"another account's":         {laptop.post(signOut, send(core.PublicID(jasmine.key()), token)), http.StatusNotFound},
		"a public ID of 100,000 \"": {laptop.post(signOut, send(strings.Repeat(`"`, 100_000), token)), http.StatusNotFound},
		"no such page":              {laptop.get("/wp-login.php"), http.StatusNotFound},
	} {
		if refused.a.StatusCode != refused.want || !strings.Contains(refused.a.body, `<p class="eyebrow">Error `) {
			laptop.t.Errorf("%s: got status %d %q, want the error page of %d", name, refused.a.StatusCode, short(refused.a.body), refused.want)
		}
	}
	laptop.wantText(laptop.get("/"), "open in 3 browsers")
	phone.wantSignedIn("aladdin")
	jasmine.wantSignedIn("jasmine")
}

// walkSignOut signs the phone out at the laptop.
func walkSignOut(laptop, phone, odd, jasmine *client) {
	publicID := core.PublicID(phone.key())
	a := laptop.form("/devices/sign-out", url.Values{"public_id": {publicID}})
	laptop.wantStatus(a, http.StatusSeeOther)
	laptop.wantText(laptop.get("/"), "Safari on iPhone was signed out.", "open in 2 browsers")
	if a := laptop.get("/"); strings.Contains(a.body, "was signed out") {
		laptop.t.Error("the message is shown twice")
	}
	phone.wantEnded()
	a = laptop.form("/devices/sign-out", url.Values{"public_id": {publicID}})
	laptop.wantStatus(a, http.StatusNotFound)
	laptop.wantText(a, "You have no such session", "signed out already")
	odd.wantSignedIn("aladdin")
	jasmine.wantSignedIn("jasmine")
}

// walkPassword changes the password at the laptop.
func walkPassword(laptop, phone, jasmine *client) {
	old, chosen := devicePasswords["aladdin"], "sesame, open wide!"
	phone.signIn("aladdin", old)
	for text, form := range map[string]url.Values{
		"not your current password": {"old": {"guess"}, "new": {chosen}},
		"8 to 72 characters":        {"old": {old}, "new": {"short"}},
		"to 72 characters":          {"old": {old}, "new": {strings.Repeat("n", 73)}},
	} {
		a := laptop.form("/password", form)
		laptop.wantStatus(a, http.StatusUnprocessableEntity)
		laptop.wantText(a, text, "Your devices")
	}
	phone.wantSignedIn("aladdin")
	before := laptop.key()
	laptop.wantStatus(laptop.form("/password", url.Values{"old": {old}, "new": {chosen}}), http.StatusSeeOther)
	laptop.wantText(laptop.get("/"), "Your password is changed", "and nowhere else")
	if laptop.key() == before {
		laptop.t.Error("the session's key is the one from before the new password, want a new one")
	}
	phone.wantEnded()
	phone.wantStatus(phone.post("/login", url.Values{"username": {"aladdin"}, "password": {old}}), http.StatusUnprocessableEntity)
	phone.signIn("aladdin", chosen)
	jasmine.wantSignedIn("jasmine")
}

// devicesLimit signs in once more than is allowed.
func devicesLimit(t *testing.T, base string) {
	first, second, third := device(t, base, firefoxLinux), device(t, base, safariPhone), device(t, base, "Wget/1.21")
	for _, c := range []*client{first, second, third} {
		c.signIn("aladdin", devicePasswords["aladdin"])
	}
	first.wantEnded()
	third.wantText(third.get("/"), "open in 2 browsers", "Safari on iPhone", "Wget")
}

// signIn fills in the log-in form. The session must be a new one.
func (c *client) signIn(name, password string) {
	c.t.Helper()
	before := c.key()
	a := c.post("/login", url.Values{"username": {name}, "password": {password}})
	c.wantStatus(a, http.StatusSeeOther)
	if key := c.key(); key == "" || key == before {
		c.t.Fatalf("sign in as %s: the browser has no new cookie", name)
	}
	c.wantSignedIn(name)
}

// wantSignedIn checks that the page knows the visitor.
func (c *client) wantSignedIn(name string) {
	c.t.Helper()
	c.wantText(c.get("/"), "Signed in as "+name)
}

// wantEnded checks what a browser sees that was signed out: at its next click the
// log-in page, which says so. A page that only reads leaves the cookie alone, for the
// browser may have signed in again meanwhile: it is replaced when it does.
func (c *client) wantEnded() {
	c.t.Helper()
	before := c.key()
	a := c.get("/")
	c.wantStatus(a, http.StatusSeeOther)
	c.wantText(c.get(a.Header.Get("Location")), "You were signed out.", "<h1>Sign in</h1>")
	if c.key() != before {
		c.t.Error("a page that only reads has changed the cookie")
	}
}

// wantLeft checks the answer to somebody who signs out.
func (c *client) wantLeft(a answer) {
	c.t.Helper()
	c.wantStatus(a, http.StatusSeeOther)
	if c.key() != "" {
		c.t.Error("after signing out the browser keeps its cookie")
	}
	c.wantText(c.get(a.Header.Get("Location")), "You have signed out.")
}

// tokenField is the token in a form.
var tokenField = regexp.MustCompile(`name="csrf_token" value="([A-Z2-7]{26})"`)

// token is the one in the forms of the page.
func (c *client) token() string {
	c.t.Helper()
	found := tokenField.FindStringSubmatch(c.get("/").body)
	if found == nil {
		c.t.Fatal("there is no token in the page")
	}
	return found[1]
}

// form sends a form of the page, with its token.
func (c *client) form(path string, form url.Values) answer {
	c.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	form.Set("csrf_token", c.token())
	return c.post(path, form)
}
