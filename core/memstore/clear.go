package memstore

import (
	"context"
	"time"

	"github.com/djinn-go/djinn/core"
)

// defaultBatch holds the lock for well under a millisecond.
const defaultBatch = 1000

// ClearExpired implements [core.ExpiredClearer]. Each step holds the store's lock
// for the time it takes to remove ClearOptions.Batch records, 1000 by default.
func (s *Store) ClearExpired(ctx context.Context, opts core.ClearOptions) (int64, error) {
	if opts.Batch <= 0 {
		opts.Batch = defaultBatch
	}
	var cleared int64
	for {
		if err := ctx.Err(); err != nil {
			return cleared, err
		}
		batch := opts.Batch
		if opts.Limit > 0 {
			batch = int(min(int64(batch), opts.Limit-cleared))
		}
		s.mu.Lock()
		n := s.clear(batch)
		s.mu.Unlock()
		cleared += int64(n)
		if n > 0 && opts.Progress != nil {
			opts.Progress(cleared)
		}
		if n < batch || cleared == opts.Limit {
			return cleared, nil
		}
		if err := pause(ctx, opts.Pause); err != nil {
			return cleared, err
		}
	}
}

// clear removes up to limit expired records and returns how many. The caller
// holds the lock.
func (s *Store) clear(limit int) int {
	now := s.settings.Now()
	for n := range limit {
		e := s.byDate.first()
		if e == nil || e.expireDate.After(now) {
			return n
		}
		s.remove(e)
	}
	return limit
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
