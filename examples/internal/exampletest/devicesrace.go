package exampletest

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/examples/internal/setup"
)

// DevicesRaces stops requests half-way, signs their browser out meanwhile, and lets
// them go on.
func DevicesRaces(t *testing.T, build Build) {
	for _, e := range engines {
		if e.name != setup.DB && e.name != setup.CachedDB {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			var gate gate
			base, db := startDevices(t, build, e.settings(t))
			if err := db.Callback().Query().After("gorm:query").Register("gate", gate.pass); err != nil {
				t.Fatal(err)
			}
			laptop, phone := device(t, base, firefoxLinux), device(t, base, safariPhone)
			for _, c := range []*client{laptop, phone} {
				c.signIn("aladdin", devicePasswords["aladdin"])
			}
			t.Run("a request is under way", func(t *testing.T) {
				laptop.t, phone.t = t, t
				raceRequest(&gate, laptop, phone)
			})
			t.Run("a log-in is under way", func(t *testing.T) {
				laptop.t, phone.t = t, t
				raceLogin(&gate, laptop, phone)
			})
			t.Run("a new password is under way", func(t *testing.T) {
				phone.t = t
				racePassword(&gate, db, phone)
			})
		})
	}
}

// raceRequest signs the phone out while it is changing the password.
func raceRequest(gate *gate, laptop, phone *client) {
	form := url.Values{"old": {devicePasswords["aladdin"]}, "new": {"the phone’s new password"}, "csrf_token": {phone.token()}}
	a := gate.during(func() answer { return phone.post("/password", form) }, func() {
		laptop.wantStatus(laptop.form("/devices/sign-out-others", nil), http.StatusSeeOther)
	})
	phone.wantStatus(a, http.StatusBadRequest)
	phone.wantText(a, "<h1>You were signed out</h1>", `href="/login">Sign in</a>`)
	phone.wantEnded()
	laptop.wantText(laptop.get("/"), "and nowhere else") // and so the password is the old one
}

// raceLogin signs out everywhere else after the phone's password was found right and
// before its session is there.
func raceLogin(gate *gate, laptop, phone *client) {
	form := url.Values{"username": {"aladdin"}, "password": {devicePasswords["aladdin"]}}
	before := phone.key()
	a := gate.during(func() answer { return phone.post("/login", form) }, func() {
		laptop.wantStatus(laptop.form("/devices/sign-out-others", nil), http.StatusSeeOther)
	})
	phone.wantStatus(a, http.StatusBadRequest)
	phone.wantText(a, "You were signed out", `href="/login"`)
	if phone.key() != before {
		phone.t.Error("a log-in that began before everybody was signed out has got a new cookie")
	}
	laptop.wantText(laptop.get("/"), "and nowhere else")
	phone.signIn("aladdin", devicePasswords["aladdin"])
}

// racePassword sets another password after the phone's old one was found right and
// before its new one is there, as an operator may.
func racePassword(gate *gate, db *gorm.DB, phone *client) {
	const reset = "reset by an operator"
	form := url.Values{"old": {devicePasswords["aladdin"]}, "new": {"the phone’s new password"}, "csrf_token": {phone.token()}}
	a := gate.during(func() answer { return phone.post("/password", form) }, func() {
		if err := db.Exec("UPDATE accounts SET password = ? WHERE username = ?", reset, "aladdin").Error; err != nil {
			phone.t.Error(err)
		}
	})
	phone.wantStatus(a, http.StatusBadRequest)
	var password string
	if err := db.Raw("SELECT password FROM accounts WHERE username = ?", "aladdin").Scan(&password).Error; err != nil || password != reset {
		phone.t.Errorf("a password that was set meanwhile is overwritten (%v)", err)
	}
}

// gate stops one request after it has read an account.
type gate struct {
	mu   sync.Mutex
	shut chan struct{} // closed to let it go on; nil for an open gate
	here chan struct{} // closed when it is there
}

// pass is a callback of GORM's for queries.
func (g *gate) pass(db *gorm.DB) {
	if !strings.EqualFold(db.Statement.Table, "accounts") {
		return
	}
	g.mu.Lock()
	shut, here := g.shut, g.here
	g.shut = nil // for the first one only
	g.mu.Unlock()
	if shut != nil {
		close(here)
		<-shut
	}
}

// during calls meanwhile while request waits at the gate.
func (g *gate) during(request func() answer, meanwhile func()) answer {
	shut, here, answered := make(chan struct{}), make(chan struct{}), make(chan answer)
	g.mu.Lock()
	g.shut, g.here = shut, here
	g.mu.Unlock()
	go func() {
		defer close(answered)
		answered <- request()
	}()
	select {
	case <-here:
		meanwhile()
		close(shut)
		return <-answered
	case a := <-answered: // it never came by: the test will say so
		return a
	}
}
