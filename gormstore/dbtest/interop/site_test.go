package interop

import (
	"os/exec"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// browser is a visitor of both sites.
type browser struct {
	cookie string // empty: none
	maxAge *int   // of the last cookie that came; nil: it ends with the browser
}

// site is one of the two programs that share sessions. Its methods are visits of a
// browser, which takes and sends the cookie.
type site interface {
	// name is Django or Go.
	name() string
	// items returns the session's items as JSON, each spelled as it is kept.
	items(t *testing.T, b *browser) string
	// edit changes the session.
	edit(t *testing.T, b *browser, e edit)
	// user returns the ID of the user who is logged in, or nothing.
	user(t *testing.T, b *browser) string
	login(t *testing.T, b *browser)
	logout(t *testing.T, b *browser)
	// later is the site after that time.
	later(d time.Duration) site
	// keyed is the site with another SECRET_KEY, and older ones that still count.
	keyed(key string, fallbacks ...string) site
}

// edit is what a visit does to the session, in this order.
type edit struct {
	Set    string `json:"set"`    // items as a JSON object
	Expiry *int   `json:"expiry"` // set_expiry with seconds
	Date   int    `json:"date"`   // set_expiry with a date, in seconds from now
	Cycle  bool   `json:"cycle"`  // cycle_key
}

// account is the user who logs in on both sides.
type account struct{ ID, Password string }

// place is what both sites have in common.
type place struct {
	release release
	engine  engine
	useTZ   bool
	django  site
	golang  site
	process *process
	user    account
	store   func(now func() time.Time) (core.Store, error)
	remark  string // what the last scenario has to say in its cell
}

const secretKey = "a SECRET_KEY that both sides have"

// openPlace starts both sites on a new place for sessions.
func openPlace(t *testing.T, r release, e engine, useTZ bool, zone string) *place {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), python(), "-c", "import "+e.module).CombinedOutput(); err != nil {
		dbtest.Missing(t, python()+" cannot import "+e.module+": install Debian's python3-psycopg2, python3-mysqldb and python3-redis: "+string(out))
	}
	settings, store := e.open(t)
	settings["SECRET_KEY"], settings["USE_TZ"], settings["TIME_ZONE"] = secretKey, useTZ, zone
	p := &place{release: r, engine: e, useTZ: useTZ, process: start(t, r, settings), store: store}
	p.process.call(t, "create_user", nil, &p.user)
	p.django = &djangoSite{process: p.process, key: secretKey, fallbacks: []string{}}
	p.golang = &goSite{place: p, key: secretKey}
	return p
}
