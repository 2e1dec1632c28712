package lograce

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// deviceSession is a session that says whose it is.
type deviceSession struct {
	gormstore.Base
	AccountID *int64 `gorm:"index" djinn:"user"`
}

// FillSession implements gormstore.SessionFiller.
func (d *deviceSession) FillSession(_ context.Context, items core.Values) (err error) {
	d.AccountID, err = accountOf(items)
	return err
}

func accountOf(items core.Values) (*int64, error) {
	user, ok := userKey.From(items)
	if !ok {
		return nil, nil
	}
	id, err := strconv.ParseInt(user, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("account_id: %w", err)
	}
	return &id, nil
}

func inDevices(d dbtest.Database) func(*testing.T, stock) stores {
	return func(t *testing.T, s stock) stores {
		store, err := gormstore.NewModel[deviceSession](openDB(t, d))
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		return stores{front: newHalting(store, s.keys), locks: true, ends: revocations(store)}
	}
}

// revocations are the ways to end sessions on the table of deviceSession.
func revocations(store *gormstore.Store[deviceSession]) map[string]end {
	return map[string]end{
		"public_id": func(ctx context.Context, r *race) error {
			err := store.Revoke(ctx, core.PublicID(r.browser()), store.OfUser(r.user))
			if errors.Is(err, core.ErrNotFound) { // a rotation was faster
				return nil
			}
			found(ctx)
			return err
		},
		"user": func(ctx context.Context, r *race) error {
			r.revocation.Store(called)
			_, err := store.RevokeUser(ctx, r.user)
			r.revocation.Store(returned)
			found(ctx)
			return err
		},
		"others": func(ctx context.Context, r *race) error {
			_, err := store.RevokeUser(ctx, r.user, core.PublicID(r.other))
			return err
		},
	}
}

// twoBrowsers logs the user in with another browser and draws slow requests of
// both; the other one's rotate if it need not be known by its public ID.
func (r *race) twoBrowsers(others []string) {
	current := r.current
	r.send(r.t.Context(), "/login", "")
	r.other, r.current = r.current, current
	r.slowRequests(slow)
	r.request(others[r.rng.IntN(len(others))], r.other)
}

// onlyTheOther wants the other browser to be logged in, and nobody else.
func onlyTheOther(r *race, cookies []string, rows int) string {
	if len(cookies) != 1 || cookies[0] != r.other || rows != 1 {
		return fmt.Sprintf("%d cookies and %d records are logged in, want the other browser's alone", len(cookies), rows)
	}
	return ""
}
