package storetest

import (
	"context"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// faulty is a memstore with some of its methods replaced by broken ones. The
// broken ones call good, which is the memstore.
type faulty struct {
	good *memstore.Store

	load   func(ctx context.Context, key string) (core.Record, error)
	create func(ctx context.Context, rec core.Record) (string, error)
	update func(ctx context.Context, rec core.Record) (string, error)
	delete func(ctx context.Context, key string) (bool, error)
	touch  func(ctx context.Context, rec core.Record) error
	rotate func(ctx context.Context, oldKey string, rec core.Record) (string, error)
	clear  func(ctx context.Context, opts core.ClearOptions) (int64, error)
	ping   func(ctx context.Context) error
	valid  func(key string) bool

	// seen is nil, unless the fault is to show it.
	seen map[string]bool
}

func newFaulty(sabotage func(*faulty)) *faulty {
	f := &faulty{}
	f.use(must(memstore.New()))
	sabotage(f)
	return f
}

// use makes s the store below.
func (f *faulty) use(s *memstore.Store) {
	*f = faulty{
		good: s, load: s.Load, create: s.Create, update: s.Update, delete: s.Delete,
		touch: s.Touch, rotate: s.Rotate, clear: s.ClearExpired, ping: s.Ping,
		valid: func(key string) bool { return key != "" },
	}
}

func (f *faulty) Load(ctx context.Context, key string) (core.Record, error) { return f.load(ctx, key) }

func (f *faulty) Create(ctx context.Context, rec core.Record) (string, error) {
	return f.create(ctx, rec)
}

func (f *faulty) Update(ctx context.Context, rec core.Record) (string, error) {
	return f.update(ctx, rec)
}
func (f *faulty) Delete(ctx context.Context, key string) (bool, error) { return f.delete(ctx, key) }
func (f *faulty) Touch(ctx context.Context, rec core.Record) error     { return f.touch(ctx, rec) }
func (f *faulty) Ping(ctx context.Context) error                       { return f.ping(ctx) }
func (f *faulty) ValidSessionKey(key string) bool                      { return f.valid(key) }
func (f *faulty) ClearExpired(ctx context.Context, opts core.ClearOptions) (int64, error) {
	return f.clear(ctx, opts)
}

func (f *faulty) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	return f.rotate(ctx, oldKey, rec)
}

// keepExpired makes every method find expired records, which nothing clears: the
// state of a table whose statements forget the expiry.
func (f *faulty) keepExpired() {
	f.use(configured(must(memstore.New()), core.Settings{Now: func() time.Time { return time.Time{} }}))
}

// heedExpiry makes Load and Update see the expiry again, after keepExpired.
func (f *faulty) heedExpiry() {
	f.load = func(ctx context.Context, key string) (core.Record, error) {
		rec, err := f.good.Load(ctx, key)
		if err == nil && !rec.ExpireDate.After(time.Now()) {
			return core.Record{}, core.ErrNotFound
		}
		return rec, err
	}
	f.update = func(ctx context.Context, rec core.Record) (string, error) {
		if _, err := f.load(ctx, rec.Key); err != nil {
			return "", err
		}
		return f.good.Update(ctx, rec)
	}
}

// rewriteKeys makes every method see another key than it was given.
func (f *faulty) rewriteKeys(rewrite func(string) string) {
	s := f.good
	f.load = func(ctx context.Context, key string) (core.Record, error) { return s.Load(ctx, rewrite(key)) }
	f.delete = func(ctx context.Context, key string) (bool, error) { return s.Delete(ctx, rewrite(key)) }
	f.update = func(ctx context.Context, rec core.Record) (string, error) {
		rec.Key = rewrite(rec.Key)
		return s.Update(ctx, rec)
	}
}

// rewriteText makes Load return other items than were stored.
func (f *faulty) rewriteText(rewrite func(json string) string) {
	f.load = func(ctx context.Context, key string) (core.Record, error) {
		rec, err := f.good.Load(ctx, key)
		if err != nil {
			return rec, err
		}
		rec.Values, err = core.ParseValues(rewrite(string(rec.Values.AppendJSON(nil))))
		return rec, err
	}
}

// rewriteRecord makes Load return another record than was stored.
func (f *faulty) rewriteRecord(rewrite func(*core.Record)) {
	f.load = func(ctx context.Context, key string) (core.Record, error) {
		rec, err := f.good.Load(ctx, key)
		rewrite(&rec)
		return rec, err
	}
}

// rewriteErrors makes every method of core.Store say something else.
func (f *faulty) rewriteErrors(rewrite func(err error, key string) error) {
	s := f.good
	f.load = func(ctx context.Context, key string) (core.Record, error) {
		rec, err := s.Load(ctx, key)
		return rec, rewrite(err, key)
	}
	f.create = func(ctx context.Context, rec core.Record) (string, error) {
		key, err := s.Create(ctx, rec)
		return key, rewrite(err, rec.Key)
	}
	f.update = func(ctx context.Context, rec core.Record) (string, error) {
		key, err := s.Update(ctx, rec)
		return key, rewrite(err, rec.Key)
	}
}

// pause lets others in, where a broken store does in two steps what should be
// one.
func pause() { time.Sleep(10 * time.Microsecond) }
