package interop

import (
	"strings"
	"testing"
)

// scenario is a row of the matrix.
type scenario struct {
	name string
	run  func(t *testing.T, p *place)
}

// fromDjango is a scenario in which Django acts and Go looks, fromGo the other way
// round.
func fromDjango(run func(t *testing.T, p *place, actor, other site)) func(*testing.T, *place) {
	return func(t *testing.T, p *place) { run(t, p, p.django, p.golang) }
}

func fromGo(run func(t *testing.T, p *place, actor, other site)) func(*testing.T, *place) {
	return func(t *testing.T, p *place) { run(t, p, p.golang, p.django) }
}

// The names of scenarios that table notes speaks of.
const (
	djangoLogout    = "log-out in Django: gone in Go"
	goLogout        = "log-out in Go: gone in Django"
	djangoSeconds   = "expiry in seconds, set by Django"
	goSeconds       = "expiry in seconds, set by Go"
	djangoDate      = "expiry at a date, set by Django"
	goDate          = "expiry at a date, set by Go"
	djangoCycle     = "cycle_key in Django"
	goCycle         = "CycleKey in Go"
	djangoFallbacks = "new SECRET_KEY, fallbacks in Django"
	atOnce          = "200 visits each at once, both count"
)

var scenarios = []scenario{
	{"Django writes, Go reads", fromDjango(reads)},
	{"Go writes, Django reads", fromGo(reads)},
	{"Go changes an item, Django reads the others", fromGo(changes)},
	{"Django changes an item, Go reads the others", fromDjango(changes)},
	{"log-in in Django: known in Go", fromDjango(logsIn)},
	{"log-in in Go: known in Django", fromGo(logsIn)},
	{djangoLogout, fromDjango(logsOut)},
	{goLogout, fromGo(logsOut)},
	{"default expiry, Django writes", fromDjango(expiresByDefault)},
	{"default expiry, Go writes", fromGo(expiresByDefault)},
	{djangoSeconds, fromDjango(expiresAfterSeconds)},
	{goSeconds, fromGo(expiresAfterSeconds)},
	{"until the browser closes, set by Django", fromDjango(expiresWithBrowser)},
	{"until the browser closes, set by Go", fromGo(expiresWithBrowser)},
	{djangoDate, fromDjango(expiresAtDate)},
	{goDate, fromGo(expiresAtDate)},
	{djangoCycle, fromDjango(cyclesKey)},
	{goCycle, fromGo(cyclesKey)},
	{"new SECRET_KEY, fallbacks in Go", fromDjango(changesSecret)},
	{djangoFallbacks, fromGo(changesSecret)},
	{atOnce, countsAtOnce},
}

// sample are items whose types and spelling are easy to lose.
var sample = `{"one":1,"float":1.0,"zero":-0.0,"small":1e-07,"large":1e+16,"visits":1,` +
	`"big":-1180591620717411303424,"huge":` + strings.Repeat("1234567890", 20) + `,"inf":Infinity,` +
	`"text":"Zo\u00eb \u2603 \ud83d\ude00 </script>&\u007f\u0000\u2028\"\\","\u00fc.key":true,"none":null,` +
	`"nested":{"":"","a":[1,1.0,[false,null,{}],[]],"b":{"n":18446744073709551616}},"after":[]}`

func wantItems(t *testing.T, s site, b *browser, want string) {
	t.Helper()
	if got := s.items(t, b); got != want {
		t.Errorf("%s reads\n%s, want\n%s", s.name(), got, want)
	}
}

func wantUser(t *testing.T, s site, b *browser, want string) {
	t.Helper()
	if got := s.user(t, b); got != want {
		t.Errorf("%s says that user %q is logged in, want %q", s.name(), got, want)
	}
}

// visitor is a browser with a session that s has written.
func visitor(t *testing.T, s site, e edit) *browser {
	t.Helper()
	b := &browser{}
	s.edit(t, b, e)
	if b.cookie == "" {
		t.Fatalf("%s sent no cookie for a new session", s.name())
	}
	return b
}

// copyOf is somebody who has the browser's cookie as it is now.
func copyOf(b *browser) *browser { c := *b; return &c }

func reads(t *testing.T, _ *place, writer, reader site) {
	wantItems(t, reader, visitor(t, writer, edit{Set: sample}), sample)
}

// changes: a value that is not the actor's own comes back as it was, and in its
// place. The other side adds an object whose keys are in no order.
func changes(t *testing.T, p *place, actor, other site) {
	b := visitor(t, other, edit{Set: sample})
	want := sample
	if other == p.django {
		const order = `"order":{"z":1,"a":1.0,"m":{"y":[],"b":{}}}`
		other.edit(t, b, edit{Set: "{" + order + "}"})
		want = strings.TrimSuffix(want, "}") + "," + order + "}"
	}
	actor.edit(t, b, edit{Set: `{"visits":2.5}`})
	wantItems(t, other, b, strings.Replace(want, `"visits":1,`, `"visits":2.5,`, 1))
}

// logsIn: an anonymous visitor's items stay, the key they had does not.
func logsIn(t *testing.T, p *place, actor, other site) {
	b := visitor(t, other, edit{Set: `{"cart":["lamp"]}`})
	before := copyOf(b)
	wantUser(t, other, b, "")
	actor.login(t, b)
	wantUser(t, other, b, p.user.ID)
	wantUser(t, actor, b, p.user.ID)
	if got := other.items(t, b); !strings.HasPrefix(got, `{"cart":["lamp"],"_auth_user_id":"`+p.user.ID+`"`) {
		t.Errorf("%s reads %s, want the cart and the user", other.name(), got)
	}
	if b.cookie == before.cookie {
		t.Error("the log-in left the cookie as it was")
	}
	wantUser(t, other, before, "")
}

// logsOut: the other side logged in. Of a signed cookie a copy stays good, which is
// what its legend says.
func logsOut(t *testing.T, p *place, actor, other site) {
	b := visitor(t, actor, edit{Set: `{"cart":["lamp"]}`})
	other.login(t, b)
	wantUser(t, actor, b, p.user.ID)
	before := copyOf(b)
	actor.logout(t, b)
	if b.cookie != "" {
		t.Errorf("%s left a cookie in the browser", actor.name())
	}
	wantUser(t, other, b, "")
	if p.engine.name == inCookie.name {
		wantUser(t, other, before, p.user.ID)
		return
	}
	wantUser(t, other, copyOf(before), "")
	wantItems(t, other, copyOf(before), "{}")
}

// cyclesKey: the session of the other side goes on under a new key, and the old
// one is dead, but for a signed cookie's.
func cyclesKey(t *testing.T, p *place, actor, other site) {
	b := visitor(t, other, edit{Set: sample})
	other.login(t, b)
	items := other.items(t, b)
	before := copyOf(b)
	actor.edit(t, b, edit{Set: `{"visits":1}`, Cycle: true})
	wantItems(t, other, b, items)
	wantUser(t, other, b, p.user.ID)
	if p.engine.name == inCookie.name {
		return // signed anew; within one second that is the same text
	}
	if b.cookie == before.cookie {
		t.Errorf("%s kept the key", actor.name())
	}
	wantItems(t, other, copyOf(before), "{}")
}

// changesSecret: before the change of SECRET_KEY the one side logs a user in and
// writes; after it the other side, which keeps the old key as a fallback, takes the
// session over. From then on the new key is enough.
func changesSecret(t *testing.T, p *place, old, fresh site) {
	const newKey = "a SECRET_KEY that is new"
	b := visitor(t, old, edit{Set: sample})
	old.login(t, b)
	stolen := copyOf(b)
	wantUser(t, fresh.keyed("a SECRET_KEY of others"), stolen, "")

	with := fresh.keyed(newKey, "older", secretKey)
	b = visitor(t, old, edit{Set: sample})
	old.login(t, b)
	wantUser(t, with, b, p.user.ID)
	with.edit(t, b, edit{Set: `{"visits":2}`})
	want := strings.Replace(sample, `"visits":1,`, `"visits":2,`, 1)
	for _, s := range []site{fresh.keyed(newKey), old.keyed(newKey)} {
		if got := s.items(t, copyOf(b)); !strings.HasPrefix(got, strings.TrimSuffix(want, "}")+",") {
			t.Errorf("%s with the new key alone reads\n%s, want\n%s and the user", s.name(), got, want)
		}
		wantUser(t, s, copyOf(b), p.user.ID)
	}
}
