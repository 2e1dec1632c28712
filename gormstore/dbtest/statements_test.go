package dbtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// TestStatements counts what each operation sends: one statement, no transaction.
func TestStatements(t *testing.T) {
	t.Parallel()
	type requestKey struct{}
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			r := record(db)
			store := migrated(t, db, gormstore.New)
			ctx := context.WithValue(t.Context(), requestKey{}, "request")
			v1 := rec(t, key1, "n", 1)
			var loaded core.Record
			later := v1
			later.ExpireDate = later.ExpireDate.Add(time.Hour)
			conflicting := rec(t, key1, "n", 3)
			conflicting.Version = "another text"

			steps := []struct {
				name, want string
				err        error
				run        func() error
			}{
				{"create", "INSERT", nil, func() error { _, err := store.Create(ctx, v1); return err }},
				{"create what is there", "INSERT", core.ErrExists, func() error { _, err := store.Create(ctx, v1); return err }},
				{"load", "SELECT", nil, func() (err error) { loaded, err = store.Load(ctx, key1); return err }},
				{"load what is not there", "SELECT", core.ErrNotFound, func() error { _, err := store.Load(ctx, key2); return err }},
				{"update", "UPDATE", nil, func() error {
					next := rec(t, key1, "n", 2)
					next.Version = loaded.Version
					_, err := store.Update(ctx, next)
					return err
				}},
				{"update with an old version", "UPDATE SELECT", core.ErrConflict, func() error { _, err := store.Update(ctx, conflicting); return err }},
				{"touch", "UPDATE", nil, func() error { return store.Touch(ctx, later) }},
				{"touch backwards", "UPDATE SELECT", nil, func() error { return store.Touch(ctx, v1) }},
				{"rotate", "UPDATE", nil, func() error { _, err := store.Rotate(ctx, key1, rec(t, key2, "n", 3)); return err }},
				{"delete", "DELETE", nil, func() error { _, err := store.Delete(ctx, key2); return err }},
				{"junk keys", "", core.ErrNotFound, func() error { _, err := store.Load(ctx, "a\x00b"); return err }},
				{"ping", "SELECT", nil, func() error { return store.Ping(ctx) }},
			}
			r.reset()
			for _, s := range steps {
				err := s.run()
				for _, ctx := range r.ctxs {
					if ctx.Value(requestKey{}) != "request" {
						t.Errorf("%s: a statement runs under another context than the request's", s.name)
					}
				}
				if got := r.reset(); got != s.want {
					t.Errorf("%s: got statements %q, want %q", s.name, got, s.want)
				}
				if !errors.Is(err, s.err) {
					t.Errorf("%s: got error %v, want %v", s.name, err, s.err)
				}
			}
		})
	}
}

// TestUnchanged: MySQL reports no changed rows for an update that writes what is
// there already. It is neither a conflict nor a logout.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			store := migrated(t, d.Open(t, nil), gormstore.New)
			fixed := core.Record{Key: key1, ExpireDate: time.Now().Add(time.Hour)}.WithCodec(constant{})
			create(t, store, fixed)
			for _, version := range []string{"", load(t, store, key1).Version} {
				fixed.Version = version
				if _, err := store.Update(t.Context(), fixed); err != nil {
					t.Errorf("Update that changes nothing, version given %t: got error %v, want none", version != "", err)
				}
			}
			fixed.Version = "other"
			if _, err := store.Update(t.Context(), fixed); !errors.Is(err, core.ErrConflict) {
				t.Errorf("Update that changes nothing with an old version: got %v, want ErrConflict", err)
			}
		})
	}
}

// constant is a codec that always gives the same text, unlike Django's, which has
// the time in it.
type constant struct{}

func (constant) Encode(core.Values) (string, error) { return "the same text", nil }
func (constant) Decode(string) (core.Values, error) { return core.Values{}, nil }
