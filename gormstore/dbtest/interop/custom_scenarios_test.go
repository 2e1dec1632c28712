package interop

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

// customScenario is a row of the page.
type customScenario struct {
	name string
	run  func(t *testing.T, c *custom)
}

// byDjango is a scenario in which Django acts and Go looks, byGo the other way round.
func byDjango(run func(t *testing.T, c *custom, actor, other side)) func(*testing.T, *custom) {
	return func(t *testing.T, c *custom) { run(t, c, c.django, c.golang) }
}

func byGo(run func(t *testing.T, c *custom, actor, other side)) func(*testing.T, *custom) {
	return func(t *testing.T, c *custom) { run(t, c, c.golang, c.django) }
}

// The names of scenarios that table customNotes speaks of.
const (
	goClears        = "expired: unknown in Go, which clears it"
	djangoClears    = "expired: unknown in Django, which clears it"
	djangoDeletes   = "Django deletes by account: thrown out"
	nullable        = "nullable column of Django's survives Go"
	databaseDefault = "column with a db_default: Go's rows get it"
)

var customScenarios = []customScenario{
	{"the other side's table is accepted", tablesAgree},
	{"anonymous in Django: NULL", byDjango(staysAnonymous)},
	{"anonymous in Go: NULL", byGo(staysAnonymous)},
	{"log-in in Django: column filled, known in Go", byDjango(fillsAccount)},
	{"log-in in Go: column filled, known in Django", byGo(fillsAccount)},
	{"Django changes an item: column stays", byDjango(keepsAccount)},
	{"Go changes an item: column stays", byGo(keepsAccount)},
	{"no number for a user, from Django: NULL", byDjango(fillsAlike)},
	{"no number for a user, from Go: NULL", byGo(fillsAlike)},
	{"another user logs in, in Django", byDjango(switchesUser)},
	{"another user logs in, in Go", byGo(switchesUser)},
	{"log-out in Django: no row", byDjango(removesRow)},
	{"log-out in Go: no row", byGo(removesRow)},
	{"cycle_key in Django: column stays", byDjango(rekeys)},
	{"CycleKey in Go: column stays", byGo(rekeys)},
	{goClears, byGo(clearsExpired)},
	{djangoClears, byDjango(clearsExpired)},
	{djangoDeletes, throwsOut},
	{"Django deletes by account, Go saves late", deletedDuringGo},
	{"Django deletes by account, Go rotates late", deletedDuringRotation},
	{"Go deletes the session, Django saves late", deletedDuringDjango},
	{"Go revokes a user, Django saves late", revokesUser},
	{"Go lists Django's sessions, and ends one", listsBoth},
	{nullable, keepsNullable},
	{"column that Django fills: Migrate refuses", refusesDefault},
	{databaseDefault, takesDatabaseDefault},
	{"columns of Go's survive Django, NULL is read", keepsGoColumns},
	{"a store class of another name", anotherName},
	{"Django's next migration finds its way", altersTable},
}

// guest is a browser that has a session without a user.
func guest(t *testing.T, s side) *browser {
	t.Helper()
	b := &browser{}
	s.set(t, b, `{"cart":["lamp"]}`)
	return b
}

// member is a browser in which a user has logged in.
func member(t *testing.T, s side, name string) *browser {
	t.Helper()
	b := guest(t, s)
	s.login(t, b, name)
	return b
}

func staysAnonymous(t *testing.T, c *custom, actor, other side) {
	b := guest(t, actor)
	c.wantAccount(t, b, "")
	other.set(t, b, `{"n":1}`)
	c.wantAccount(t, b, "")
	for _, s := range []side{actor, other} {
		if got := s.user(t, b); got != "" {
			t.Errorf("%s says that %s is logged in, want nobody", s.name(), got)
		}
	}
}

// fillsAccount: a visitor whom the other side knows logs in.
func fillsAccount(t *testing.T, c *custom, actor, other side) {
	b := guest(t, other)
	before := copyOf(b)
	actor.login(t, b, "jasmine")
	c.wantAccount(t, b, "jasmine")
	for _, s := range []side{other, actor} {
		if got := s.user(t, b); got != "jasmine" {
			t.Errorf("%s says that %q is logged in, want jasmine", s.name(), got)
		}
	}
	if got := other.items(t, b); !strings.HasPrefix(got, `{"cart":["lamp"],"_auth_user_id":"`+c.users["jasmine"].ID+`"`) {
		t.Errorf("%s reads %s, want the cart and the user", other.name(), got)
	}
	c.wantGone(t, before)
}

func keepsAccount(t *testing.T, c *custom, actor, other side) {
	b := member(t, other, "jasmine")
	actor.set(t, b, `{"cart":["lamp","carpet"]}`)
	c.wantAccount(t, b, "jasmine")
	if got := other.user(t, b); got != "jasmine" {
		t.Errorf("%s says that %q is logged in, want jasmine", other.name(), got)
	}
	if got := other.items(t, b); !strings.HasPrefix(got, `{"cart":["lamp","carpet"],`) {
		t.Errorf("%s reads %s, want the new cart", other.name(), got)
	}
}

// fillsAlike: what is in _auth_user_id need not be what Django's log-in writes there.
func fillsAlike(t *testing.T, c *custom, actor, other side) {
	for item, want := range map[string]string{`"genie"`: "NULL", `""`: "NULL", "null": "NULL", "[1]": "NULL", `"7"`: "7", "7": "7"} {
		b := &browser{}
		actor.set(t, b, `{"_auth_user_id":`+item+`}`)
		for _, writer := range []side{actor, other} {
			if id, found := c.golang.account(t, b.cookie); !found || show(id) != want {
				t.Errorf("%s writes account_id %s for %s, want %s", writer.name(), show(id), item, want)
			}
			other.set(t, b, `{"n":1}`)
		}
	}
}

func switchesUser(t *testing.T, c *custom, actor, other side) {
	b := member(t, other, "jasmine")
	before := copyOf(b)
	actor.login(t, b, "aladdin")
	c.wantAccount(t, b, "aladdin")
	c.wantGone(t, before)
	if got := other.user(t, b); got != "aladdin" {
		t.Errorf("%s says that %q is logged in, want aladdin", other.name(), got)
	}
	if got := other.items(t, b); strings.Contains(got, "lamp") {
		t.Errorf("%s reads %s: the cart is another user's", other.name(), got)
	}
}

func removesRow(t *testing.T, c *custom, actor, other side) {
	b := member(t, other, "jasmine")
	before := copyOf(b)
	actor.logout(t, b)
	if b.cookie != "" {
		t.Errorf("%s left a cookie in the browser", actor.name())
	}
	c.wantGone(t, before)
}

func rekeys(t *testing.T, c *custom, actor, other side) {
	b := member(t, other, "jasmine")
	before := copyOf(b)
	actor.cycle(t, b)
	c.wantAccount(t, b, "jasmine")
	c.wantGone(t, before)
}

// clearsExpired: the other side's sessions end; those that live stay.
func clearsExpired(t *testing.T, c *custom, actor, other side) {
	ended, live := member(t, other, "jasmine"), member(t, other, "jasmine")
	c.process.call(t, "expire", arguments{"model": customModel, "key": ended.cookie}, nil)
	if got := actor.items(t, copyOf(ended)); got != "{}" {
		t.Errorf("%s reads %s from a session that has expired", actor.name(), got)
	}
	actor.clear(t)
	c.wantGone(t, ended)
	c.wantAccount(t, live, "jasmine")
}

// throwsOut: somebody throws a user out, in Django, by the column. A query does not tell
// the cache, if there is one in front of the table.
func throwsOut(t *testing.T, c *custom) {
	b, other := member(t, c.django, "jasmine"), member(t, c.golang, "aladdin")
	c.process.call(t, "delete", arguments{"model": customModel, "account_id": c.id(t, "jasmine")}, nil)
	want := ""
	if c.cached {
		want = "jasmine"
	}
	for _, s := range []side{c.golang, c.django} {
		if got := s.user(t, copyOf(b)); got != want {
			t.Errorf("%s says that %q is logged in, want %q", s.name(), got, want)
		}
	}
	c.wantAccount(t, other, "aladdin")
}

// deletedDuringGo: the same while Go answers a request of that user. Go's save is
// refused, and nothing comes back.
func deletedDuringGo(t *testing.T, c *custom) {
	c.thrownOut(t, func(s *core.Session) { s.Set("late", true) })
}

// deletedDuringRotation: the request would give the session a new key.
func deletedDuringRotation(t *testing.T, c *custom) {
	c.thrownOut(t, func(s *core.Session) { s.Set("late", true); s.CycleKey() })
}

func (c *custom) thrownOut(t *testing.T, do func(*core.Session)) {
	t.Helper()
	for _, from := range []side{c.django, c.golang} {
		b, other := member(t, from, "jasmine"), member(t, from, "aladdin")
		before := copyOf(b)
		status := c.http.serve(c.http.manager(t), b, func(_ context.Context, s *core.Session) {
			if !s.Has("cart") {
				t.Error("Go does not know the session before it is deleted")
			}
			var deleted int
			c.process.call(t, "delete", arguments{"model": customModel, "account_id": c.id(t, "jasmine")}, &deleted)
			if deleted == 0 {
				t.Error("Django found no session of jasmine's to delete")
			}
			do(s)
		})
		if status != http.StatusBadRequest {
			t.Errorf("Go answers with status %d, want 400", status)
		}
		c.wantGone(t, before)
		if keys := c.django.keysOf(t, c.id(t, "jasmine")); len(keys) > 0 {
			t.Errorf("%d sessions of jasmine's are back", len(keys))
		}
		c.wantAccount(t, other, "aladdin")
	}
}

// deletedDuringDjango: Go deletes the session while a view of Django's has it in its
// hands. Django's save raises, and nothing comes back.
func deletedDuringDjango(t *testing.T, c *custom) {
	for _, from := range []side{c.django, c.golang} {
		b := member(t, from, "jasmine")
		c.duringDjango(t, b, "", func() {
			existed, err := c.http.manager(t).Delete(t.Context(), b.cookie)
			if err != nil || !existed {
				t.Errorf("Go, Delete: got %t, %v, want true, no error", existed, err)
			}
		})
		c.wantGone(t, b)
	}
}

// duringDjango lets do happen while a view of Django's is under way, and wants the
// answer that Django gives if the session is gone when it is saved.
func (c *custom) duringDjango(t *testing.T, b *browser, engine string, do func()) {
	t.Helper()
	c.process.call(t, "visit", visitOf(b, engine, "slow", `{"late":true}`), nil)
	do()
	var answer reply
	c.process.call(t, "goes on", nil, &answer)
	if answer.Status != http.StatusBadRequest || answer.Exception != "SessionInterrupted" {
		t.Errorf("Django answers with status %d, exception %q, want 400, SessionInterrupted", answer.Status, answer.Exception)
	}
}
