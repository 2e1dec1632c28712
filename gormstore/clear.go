package gormstore

import (
	"context"
	"slices"

	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
)

const (
	// defaultBatch keeps the pauses of other writers short: some 60 ms on SQLite,
	// where one DELETE of everything stops them for seconds.
	defaultBatch = 1000
	// maxBatch is below the number of parameters that the databases allow
	// (SQLite 32766, the others 65535).
	maxBatch = 30000
)

// ClearExpired removes the rows that have expired, as Django's clearsessions. Each
// step reads the keys of up to opts.Batch rows (1000 by default, 30000 at most)
// without locking them, and deletes those by primary key, in order, that are
// still expired: other writers wait for no more than one step, and two nodes that
// clear at once do not deadlock. A node that finds the rows of its step removed
// by another stops, and leaves the work to that one.
//
// A deadlock or a busy database is tried again a few times. The number of rows
// removed is right also when there is an error. Hooks on the model do not run.
func (s *Store[M]) ClearExpired(ctx context.Context, opts core.ClearOptions) (cleared int64, err error) {
	batch := opts.Batch
	if batch <= 0 {
		batch = defaultBatch
	}
	batch = min(batch, maxBatch)
	for {
		if opts.Limit > 0 {
			batch = int(min(int64(batch), opts.Limit-cleared))
		}
		found, removed, err := s.clearBatch(ctx, batch)
		cleared += removed
		if err != nil {
			return cleared, s.fail(err)
		}
		if removed > 0 && opts.Progress != nil {
			opts.Progress(cleared)
		}
		if found < batch || removed == 0 || opts.Limit > 0 && cleared >= opts.Limit {
			return cleared, nil
		}
		if err := pause(ctx, opts.Pause); err != nil {
			return cleared, s.fail(err)
		}
	}
}

// clearBatch is one step: it found so many expired rows and removed so many.
func (s *Store[M]) clearBatch(ctx context.Context, batch int) (found int, removed int64, err error) {
	for try := 1; ; try++ {
		found, removed, err = s.tryBatch(ctx, batch)
		if err == nil || !s.again(ctx, try, err, kindBusy) {
			return found, removed, err
		}
	}
}

func (s *Store[M]) tryBatch(ctx context.Context, batch int) (found int, removed int64, err error) {
	now := s.dialect.time(s.now())
	keys, err := s.expiredKeys(ctx, now, batch)
	if err != nil || len(keys) == 0 {
		return 0, 0, err
	}
	slices.Sort(keys)
	in := clause.IN{Column: keyCol, Values: make([]any, len(keys))}
	for i, key := range keys {
		in.Values[i] = key
	}
	db := s.statement(ctx).Unscoped().Clauses(in, clause.Lt{Column: expireCol, Value: now})
	db.Statement.SkipHooks = true
	res := db.Delete(new(M))
	return len(keys), res.RowsAffected, res.Error
}

// expiredKeys reads keys, those that expired first coming first, so that the
// index serves.
func (s *Store[M]) expiredKeys(ctx context.Context, now any, limit int) (keys []string, err error) {
	rows, err := s.statement(ctx).Unscoped().Model(new(M)).
		Clauses(
			clause.Select{Columns: []clause.Column{keyCol}},
			clause.Lt{Column: expireCol, Value: now},
			clause.OrderBy{Columns: []clause.OrderByColumn{{Column: expireCol}}},
			clause.Limit{Limit: &limit},
		).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}
