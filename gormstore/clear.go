package gormstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
)

const (
	// defaultBatch keeps the waits of other writers short, as docs/clearsessions.md
	// shows; one DELETE of everything stops them for seconds on SQLite.
	defaultBatch = 250
	// maxBatch is below the number of parameters that the databases allow
	// (SQLite 32766, the others 65535).
	maxBatch = 30000
)

// clearWindow is how many keys are read at once. Rows that expire together are
// scattered over a table that is kept in the order of its random keys, as MariaDB's:
// a large sorted window (some 10 MB) visits each page once for many rows, where a
// window of a step's size visits another page for every row. PostgreSQL's tables have
// no such order, and reading many keys at once only takes time from others.
func (d dialect) clearWindow() int {
	if d == postgres {
		return 5_000
	}
	return 100_000
}

// ClearExpired removes the rows that have expired, as Django's clearsessions. It
// reads the keys of many rows without locking them, and deletes in steps of up to
// opts.Batch (250 by default, 30000 at most) those that are still expired, by
// primary key, in order: other writers wait for no more than one step, and two
// nodes that clear at once do not deadlock. A node that finds the rows of its step
// removed by another stops, and leaves the work to that one.
//
// Without opts.Pause it waits after each step for as long as the step took, which lets
// other writers in and adapts to a database under load; a negative one means no pause.
//
// A deadlock or a busy database is tried again a few times. When ctx ends, the step
// that has begun is finished within five seconds, so that the number of rows removed
// is right also when there is an error. Hooks on the model do not run.
func (s *Store[M]) ClearExpired(ctx context.Context, opts core.ClearOptions) (cleared int64, err error) {
	if opts.Batch <= 0 {
		opts.Batch = defaultBatch
	}
	opts.Batch = min(opts.Batch, maxBatch)
	var wait time.Duration // before the next step
	for {
		now := s.dialect.time(s.settings.Now())
		limit := s.dialect.clearWindow()
		if opts.Limit > 0 {
			limit = int(min(int64(limit), opts.Limit-cleared))
		}
		keys, err := s.expiredKeys(ctx, now, limit)
		if err != nil {
			return cleared, s.fail(err)
		}
		for step := range slices.Chunk(keys, opts.Batch) {
			if err := pause(ctx, wait); err != nil {
				return cleared, s.fail(err)
			}
			start := time.Now()
			removed, err := s.clearStep(ctx, step, now)
			cleared += removed
			if err != nil {
				return cleared, s.fail(err)
			}
			if removed == 0 {
				return cleared, nil
			}
			if opts.Progress != nil {
				opts.Progress(cleared)
			}
			wait = cmp.Or(opts.Pause, time.Since(start))
		}
		if len(keys) < limit || opts.Limit > 0 && cleared >= opts.Limit {
			return cleared, nil
		}
	}
}

// clearStep removes those of keys that are still expired.
func (s *Store[M]) clearStep(ctx context.Context, keys []string, now any) (removed int64, err error) {
	in := clause.IN{Column: keyCol, Values: make([]any, len(keys))}
	for i, key := range keys {
		in.Values[i] = key
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	err = s.retryWhileBusy(ctx, func() error {
		db := s.statement(ctx).Unscoped().Clauses(in, clause.Lt{Column: expireCol, Value: now})
		db.Statement.SkipHooks = true
		res := db.Delete(new(M))
		removed = res.RowsAffected
		return res.Error
	})
	return removed, err
}

// expiredKeys reads keys of those that expired first, so that the index serves, and
// sorts them.
func (s *Store[M]) expiredKeys(ctx context.Context, now any, limit int) (keys []string, err error) {
	err = s.retryWhileBusy(ctx, func() error {
		keys, err = keysOf(s.statement(ctx).Unscoped().Model(new(M)).Clauses(
			clause.Lt{Column: expireCol, Value: now},
			clause.OrderBy{Columns: []clause.OrderByColumn{{Column: expireCol}}},
			clause.Limit{Limit: &limit},
		))
		return err
	})
	slices.Sort(keys)
	return keys, err
}
