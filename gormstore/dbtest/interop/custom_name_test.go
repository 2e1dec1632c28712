package interop

import (
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

// named is a store whose class has that name in Django, where it is part of what
// sessions are signed with. The module of the class is not: a SessionStore in any
// module needs none of this.
type named struct {
	core.Store
	class string
}

func (s named) Salt() string { return "django.contrib.sessions." + s.class }

// DeflateFrom is the default.
func (s named) DeflateFrom() int { return 0 }

// Unwrap lets core.As find what the store can do besides.
func (s named) Unwrap() core.Store { return s.Store }

// anotherName: SESSION_ENGINE names a module whose SessionStore is a class that calls
// itself AccountStore. Without its name Go takes such sessions for forged ones; with
// it both sides share them.
func anotherName(t *testing.T, c *custom) {
	const engine = "accounts.renamed"
	b := &browser{}
	c.visit(t, b, engine, "edit", `{"n":1}`)
	if got := c.golang.items(t, copyOf(b)); got != "{}" {
		t.Errorf("without the name of the class Go reads %s, want nothing", got)
	}
	if got := c.visit(t, copyOf(b), engine, "items", "").Items; got != `{"n":1}` {
		t.Errorf("after Go could not read it, Django reads %s, want n = 1", got)
	}

	golang := &goSite{key: secretKey, place: &place{store: func(now func() time.Time) (core.Store, error) {
		store, err := c.http.place.store(now)
		return named{store, "AccountStore"}, err
	}}}
	c.visit(t, b, engine, "login", "jasmine")
	golang.edit(t, b, edit{Set: `{"n":2}`})
	c.wantAccount(t, b, "jasmine")
	wantItemsOf := func(got string) {
		t.Helper()
		if want := `{"n":2,"_auth_user_id":"` + c.users["jasmine"].ID + `"`; len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("got %s, want n = 2 and the user", got)
		}
	}
	wantItemsOf(golang.items(t, b))
	wantItemsOf(c.visit(t, b, engine, "items", "").Items)
	if got := c.visit(t, b, engine, "user", "").User; got != c.users["jasmine"].ID {
		t.Errorf("Django says that user %q is logged in, want jasmine", got)
	}
}
