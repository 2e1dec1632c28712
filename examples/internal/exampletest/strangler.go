package exampletest

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The strangler's user, whom its page names.
const (
	demoUser     = "aladdin"
	demoPassword = "open-sesame"
)

// Strangler walks through the example that has a Django site behind it, started as
// its README says: one visitor after the other, on a database of their own.
func Strangler(t *testing.T) {
	database := databases["sqlite"](t)
	p := startStrangler(t, database)
	p.statements() // of the migration
	for _, walk := range []struct {
		name string
		walk func(*client, *program)
	}{
		{"Django logs in, Go logs out", djangoLogsIn},
		{"Go logs in, Django logs out", goLogsIn},
		{"proxied requests are Django's alone", proxied},
		{"forms of other sites", forged},
		{"a new password", newPassword},
	} {
		t.Run(walk.name, func(t *testing.T) { walk.walk(newClient(t, p.url), p) })
	}
	t.Run("started again", func(t *testing.T) {
		c := newClient(t, p.url)
		c.djangoLogin(changedPassword)
		again := startStrangler(t, database)
		c.base = strings.TrimSuffix(again.url, "/") // cookies know no ports
		c.wantKnown("Aladdin")
	})
	if log := p.output(); strings.Contains(log, demoPassword) || strings.Contains(log, "pbkdf2_sha256$") {
		t.Error("the log contains a password")
	}
}

// StartStrangler starts that example on a database of the test's own, and returns
// its URL.
func StartStrangler(t *testing.T) string {
	return startStrangler(t, databases["sqlite"](t)).url
}

// startStrangler starts it with a key of the test's own, and with a Python that
// has Django, or skips the test.
func startStrangler(t *testing.T, database string) *program {
	t.Helper()
	python := os.Getenv("PYTHON")
	if python == "" {
		python = pythonWithDjango(t)
	}
	return startProgram(t, "DATABASE_URL="+database, "PYTHON="+python, "SECRET_KEY=a key that both have")
}

// djangoLogsIn is the story of the README.
func djangoLogsIn(c *client, p *program) {
	c.wantText(c.get("/"), "Hello, stranger", "There is none yet")
	c.wantAnonymous()
	c.wantStatus(c.post("/go/count", nil), http.StatusSeeOther)
	before := c.key()

	a := c.djangoLogin(demoPassword)
	if got := a.Header.Get("Location"); got != "/" {
		c.t.Errorf("Django redirects to %q after a log-in, want Go's /", got)
	}
	if c.key() == before || before == "" {
		c.t.Error("the session's key is the one from before the log-in, or there was none: want a new one")
	}
	c.wantKnown("Aladdin")
	c.wantText(c.get("/counter/"), `id="go"><b>1</b>`) // the anonymous visitor's count came along

	c.wantStatus(c.post("/go/count", nil), http.StatusSeeOther)
	c.wantStatus(c.post("/go/nickname", url.Values{"nickname": {" Prince  Ali "}}), http.StatusSeeOther)
	c.wantStatus(c.djangoForm("/counter/", nil), http.StatusFound)
	c.wantText(c.get("/counter/"), `id="go"><b>2</b>`, `id="django"><b>1</b>`, "&quot;Prince Ali&quot;")
	c.wantText(c.get("/"), `id="go"><b>2</b>`, `id="django"><b>1</b>`, "&#34;Prince Ali&#34;")
	c.wantText(c.get("/profile/"), "Prince Ali")
	c.wantStatus(c.djangoForm("/profile/", url.Values{"first_name": {"Zoé <b>"}}), http.StatusFound)
	c.wantText(c.get("/"), "Welcome back, Zoé &lt;b&gt;.")
	c.wantStatus(c.djangoForm("/profile/", url.Values{"first_name": {"Aladdin"}}), http.StatusFound)

	key := c.key()
	c.wantStatus(c.post("/go/logout", nil), http.StatusSeeOther)
	if c.key() != "" {
		c.t.Error("/go/logout: the browser still has a cookie, want none")
	}
	c.wantAnonymous()
	stolen := c.get("/profile/", "Cookie", "sessionid="+key)
	c.wantStatus(stolen, http.StatusFound)
	if strings.Contains(p.output(), key) {
		c.t.Error("the log contains the session key")
	}
}

func goLogsIn(c *client, _ *program) {
	c.wantText(c.get("/go/login"), "Go’s log-in page")
	for name, password := range map[string]string{demoUser: "close-sesame", "jafar": demoPassword, "": ""} {
		a := c.post("/go/login", url.Values{"username": {name}, "password": {password}})
		c.wantStatus(a, http.StatusUnprocessableEntity)
		c.wantText(a, "do not match")
		c.wantNoCookie(a)
	}
	c.wantStatus(c.djangoForm("/counter/", nil), http.StatusFound)
	before := c.key()
	a := c.goLogin(demoPassword)
	c.wantStatus(a, http.StatusSeeOther)
	if got := strings.Join(a.Header.Values("Set-Cookie"), "\n"); !strings.Contains(got, "csrftoken=;") {
		c.t.Error("/go/login: the csrftoken from before the log-in stays, want it deleted")
	}
	if c.key() == before || before == "" {
		c.t.Error("the session's key is the one from before the log-in, or there was none: want a new one")
	}
	c.wantKnown("Aladdin")
	c.wantText(c.get("/counter/"), `id="django"><b>1</b>`, "Aladdin is logged in")

	c.wantStatus(c.djangoForm("/accounts/logout/", nil), http.StatusFound)
	if c.key() != "" {
		c.t.Error("/accounts/logout/: the browser still has a cookie, want none")
	}
	c.wantAnonymous()
}

// proxied checks that Go does not touch what Django answers.
func proxied(c *client, p *program) {
	p.statements()
	c.get("/accounts/login/")
	if c.key() != "" {
		c.t.Error("Django's log-in page sets a session cookie, want none")
	}
	a := c.djangoLogin(demoPassword)
	if got := len(a.Header.Values("Set-Cookie")); got != 2 {
		c.t.Errorf("the log-in sets %d cookies, want Django's two, sessionid and csrftoken", got)
	}
	a = c.get("/no/such/page") // its template shows the user and the session
	c.wantStatus(a, http.StatusNotFound)
	c.wantText(a, "There is no such page", "Rendered by <b>Django</b>", demoUser)
	c.wantNoCookie(a)
	if got := a.Header.Values("Vary"); strings.Join(got, ", ") != "Cookie" {
		c.t.Errorf("%s: got Vary %q, want Django's own, once", a.Request.URL.Path, got)
	}
	if got := p.statements(); got != "none" {
		c.t.Errorf("Go asks the session table for %s in requests that are Django's, want none", got)
	}
}

// forged sends forms as other sites would.
func forged(c *client, _ *program) {
	c.djangoLogin(demoPassword)
	for _, path := range []string{"/go/count", "/go/logout", "/go/login", "/go/nickname"} {
		a := c.post(path, nil, "Sec-Fetch-Site", "cross-site")
		c.wantStatus(a, http.StatusForbidden)
		c.wantText(a, "That form was not ours")
		c.wantStatus(c.post(path, nil, "Origin", "https://evil.example"), http.StatusForbidden)
	}
	c.wantStatus(c.post("/counter/", nil), http.StatusForbidden) // Django's csrftoken is missing
	c.wantStatus(c.djangoForm("/counter/", nil, "Origin", c.base, "Sec-Fetch-Site", "same-origin"), http.StatusFound)
	c.wantStatus(c.post("/go/nickname", url.Values{"nickname": {strings.Repeat("n", 61)}}), http.StatusBadRequest)
	c.wantKnown("Aladdin")
}

// changedPassword is the password after newPassword.
const changedPassword = "sesame, open wide!"

// newPassword changes it in one browser and looks at the other.
func newPassword(c *client, _ *program) {
	other := newClient(c.t, c.base)
	c.djangoLogin(demoPassword)
	other.wantStatus(other.goLogin(demoPassword), http.StatusSeeOther)
	other.wantKnown("Aladdin")

	key := c.key()
	c.wantStatus(c.djangoForm("/accounts/password/", url.Values{
		"old_password": {demoPassword}, "new_password1": {changedPassword}, "new_password2": {changedPassword},
	}), http.StatusFound)
	c.wantKnown("Aladdin")
	if c.key() == key {
		c.t.Error("the session's key is the one from before the new password, want a new one")
	}
	other.wantText(other.get("/"), "Hello, stranger")
	if other.key() != "" {
		c.t.Error("the other browser still has a cookie, want none: Go has ended its session")
	}
	other.wantAnonymous()
	c.wantStatus(other.goLogin(demoPassword), http.StatusUnprocessableEntity)
	c.wantStatus(other.goLogin(changedPassword), http.StatusSeeOther)
	other.wantKnown("Aladdin")
}

// wantKnown checks that both sides know who is logged in.
func (c *client) wantKnown(name string) {
	c.t.Helper()
	c.wantText(c.get("/"), "Welcome back, "+name, "Rendered by <b>Go</b>")
	a := c.get("/profile/")
	c.wantStatus(a, http.StatusOK)
	c.wantText(a, name, "Profile of "+demoUser, "Rendered by <b>Django</b>")
}

// wantAnonymous checks that neither side knows the visitor.
func (c *client) wantAnonymous() {
	c.t.Helper()
	c.wantText(c.get("/"), "Hello, stranger")
	c.wantText(c.get("/counter/"), "Nobody is logged in")
	a := c.get("/profile/")
	c.wantStatus(a, http.StatusFound)
	if got, want := a.Header.Get("Location"), "/accounts/login/?next=/profile/"; got != want {
		c.t.Errorf("/profile/ redirects to %q, want %q", got, want)
	}
}

// djangoLogin fills in Django's log-in form.
func (c *client) djangoLogin(password string) answer {
	c.t.Helper()
	a := c.djangoForm("/accounts/login/", url.Values{"username": {demoUser}, "password": {password}})
	c.wantStatus(a, http.StatusFound)
	return a
}

// goLogin fills in Go's.
func (c *client) goLogin(password string) answer {
	c.t.Helper()
	return c.post("/go/login", url.Values{"username": {demoUser}, "password": {password}})
}

// csrfField is the token in a form of Django's.
var csrfField = regexp.MustCompile(`name="csrfmiddlewaretoken" value="(\w+)"`)

// djangoForm sends a form of Django's, with the token that it shows. The log-out
// form is on the profile page.
func (c *client) djangoForm(path string, form url.Values, header ...string) answer {
	c.t.Helper()
	page := path
	if path == "/accounts/logout/" {
		page = "/profile/"
	}
	token := csrfField.FindStringSubmatch(c.get(page).body)
	if token == nil {
		c.t.Fatalf("%s: there is no CSRF token in the page", page)
	}
	if form == nil {
		form = url.Values{}
	}
	form.Set("csrfmiddlewaretoken", token[1])
	return c.post(path, form, header...)
}
