package lograce

import (
	"context"
	"errors"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// The stores of this file have a mistake each, of a kind that is easy to make.

// broken opens a memstore with one method replaced.
func broken(spoil func(*faulty)) func(*testing.T, stock) stores {
	return func(_ *testing.T, s stock) stores {
		mem := must(memstore.New())
		f := &faulty{good: newHalting(mem, s.keys).(full), stock: s}
		f.update, f.touch, f.rotate = f.good.Update, f.good.Touch, f.good.Rotate
		spoil(f)
		return stores{front: f}
	}
}

// full is a store with every ability.
type full interface {
	core.Store
	core.Toucher
	core.Rotator
}

type faulty struct {
	stock
	good   full
	update func(context.Context, core.Record) (string, error)
	touch  func(context.Context, core.Record) error
	rotate func(context.Context, string, core.Record) (string, error)
}

func (f *faulty) Unwrap() core.Store { return f.good }

// The methods of core.Store and of its abilities.

func (f *faulty) Load(ctx context.Context, key string) (core.Record, error) {
	return f.good.Load(ctx, key)
}

func (f *faulty) Create(ctx context.Context, rec core.Record) (string, error) {
	return f.good.Create(ctx, rec)
}

func (f *faulty) Update(ctx context.Context, rec core.Record) (string, error) {
	return f.update(ctx, rec)
}

func (f *faulty) Delete(ctx context.Context, key string) (bool, error) {
	return f.good.Delete(ctx, key)
}

func (f *faulty) Touch(ctx context.Context, rec core.Record) error {
	return f.touch(ctx, rec)
}

func (f *faulty) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	return f.rotate(ctx, oldKey, rec)
}

// upsert updates, or creates what is not there.
func (f *faulty) upsert(ctx context.Context, rec core.Record) (string, error) {
	key, err := f.good.Update(ctx, rec)
	if errors.Is(err, core.ErrNotFound) {
		return f.good.Create(ctx, rec)
	}
	return key, err
}

func upserts(f *faulty) { f.update = f.upsert }

func upsertsAtTouch(f *faulty) {
	f.touch = func(ctx context.Context, rec core.Record) error {
		_, err := f.upsert(ctx, rec)
		return err
	}
}

func rotatesByCreateThenDelete(f *faulty) {
	f.rotate = func(ctx context.Context, oldKey string, rec core.Record) (string, error) {
		rec.Version = ""
		key, err := f.good.Create(ctx, rec)
		if err == nil {
			_, err = f.good.Delete(ctx, oldKey)
		}
		return key, err
	}
}

func rotatesAndKeepsTheOld(f *faulty) {
	f.rotate = func(ctx context.Context, _ string, rec core.Record) (string, error) {
		rec.Version = ""
		return f.good.Create(ctx, rec)
	}
}

// checksBeforeItSaves is Django's cache back end: it looks whether the session is
// there and then writes.
func checksBeforeItSaves(f *faulty) {
	f.update = func(ctx context.Context, rec core.Record) (string, error) {
		if _, err := f.good.Load(ctx, rec.Key); err != nil {
			return "", err
		}
		return f.upsert(ctx, rec)
	}
}

// carelessCache is a cache that swaps without comparing.
type carelessCache struct{ cachestore.Cache }

func (c carelessCache) CompareAndSwap(ctx context.Context, key, _ string, item cachestore.Item) (bool, error) {
	return true, c.Set(ctx, key, item)
}

func careless(t *testing.T, s stock) (cachestore.Cache, []cachestore.Option) {
	c, opts := memoryCache(t, s)
	return carelessCache{c}, opts
}

// untaggedSession has the column, and no tag that says what it means.
type untaggedSession struct {
	gormstore.Base
	AccountID *int64 `gorm:"index"`
}

func (u *untaggedSession) FillSession(_ context.Context, items core.Values) (err error) {
	u.AccountID, err = accountOf(items)
	return err
}

// inUntagged ends a user's sessions as one would by hand, which log-ins under way
// know nothing of.
func inUntagged(t *testing.T, s stock) stores {
	db := openDB(t, dbtest.SQLite)
	store, err := gormstore.NewModel[untaggedSession](db)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return stores{front: newHalting(store, s.keys), ends: map[string]end{
		"user": func(ctx context.Context, r *race) error {
			r.revocation.Store(called)
			err := db.WithContext(ctx).Where("account_id = ?", r.user).Delete(&untaggedSession{}).Error
			r.revocation.Store(returned)
			found(ctx)
			return err
		},
	}}
}
