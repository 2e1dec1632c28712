package dbtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// fill inserts n rows that expire on that day.
func fill(t testing.TB, db *gorm.DB, n int, day string) {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]gormstore.DjangoSession, n)
	for i := range rows {
		rows[i] = gormstore.DjangoSession{SessionKey: core.Secret(fmt.Sprintf("%s-%08d", day, i)), SessionData: "x", ExpireDate: gormstore.DateTimeOf(at.Add(time.Duration(i) * time.Second))}
	}
	if err := db.CreateInBatches(rows, 1000).Error; err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, db *gorm.DB) (n int64) {
	t.Helper()
	if err := db.Model(&gormstore.DjangoSession{}).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// TestClearExpired: in batches, with progress, to a limit, and nothing that lives.
func TestClearExpired(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.New)
			fill(t, db, 2500, "2000-01-01")
			fill(t, db, 10, "2100-01-01")
			var progress []int64
			opts := core.ClearOptions{Batch: 400, Limit: 1000, Progress: func(n int64) { progress = append(progress, n) }}
			n, err := store.ClearExpired(t.Context(), opts)
			if n != 1000 || err != nil {
				t.Errorf("ClearExpired with a limit of 1000: got %d, %v, want 1000, no error", n, err)
			}
			if want := []int64{400, 800, 1000}; !slices.Equal(progress, want) {
				t.Errorf("progress: got %v, want %v", progress, want)
			}
			if n, err = store.ClearExpired(t.Context(), core.ClearOptions{}); n != 1500 || err != nil {
				t.Errorf("ClearExpired: got %d, %v, want 1500, no error", n, err)
			}
			if got := count(t, db); got != 10 {
				t.Errorf("rows left: got %d, want the 10 that live", got)
			}
		})
	}
}

// TestClearExpiredRechecks: a session that is extended after its key was read is
// not removed.
func TestClearExpiredRechecks(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			r := record(db)
			store := migrated(t, db, gormstore.New)
			fill(t, db, 3, "2000-01-01")
			r.before = func(query string) error {
				if query[:6] == "DELETE" {
					_, err := r.ConnPool.ExecContext(t.Context(), "UPDATE django_session SET expire_date = '2100-01-01 00:00:00' WHERE session_key LIKE '%1'")
					return err
				}
				return nil
			}
			if n, err := store.ClearExpired(t.Context(), core.ClearOptions{}); n != 2 || err != nil {
				t.Errorf("ClearExpired: got %d, %v, want 2, no error", n, err)
			}
			if got := count(t, db); got != 1 {
				t.Errorf("rows left: got %d, want 1, which was extended meanwhile", got)
			}
		})
	}
}

// TestClearExpiredStops: on a cancelled context, in the pause too, and on an error
// in the middle; the number is right, and the next run goes on.
func TestClearExpiredStops(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			r := record(db)
			store := migrated(t, db, gormstore.New)
			fill(t, db, 50, "2000-01-01")
			ctx, cancel := context.WithCancel(t.Context())
			start := time.Now()
			n, err := store.ClearExpired(ctx, core.ClearOptions{Batch: 10, Pause: time.Hour, Progress: func(int64) { cancel() }})
			if n != 10 || !errors.Is(err, context.Canceled) || time.Since(start) > time.Minute {
				t.Errorf("ClearExpired cancelled in the pause: got %d, %v, want 10, context.Canceled, at once", n, err)
			}
			broken := errors.New("the disk is full")
			deletes := 0
			r.before = func(query string) error {
				if query[:6] == "DELETE" {
					if deletes++; deletes == 2 {
						return broken
					}
				}
				return nil
			}
			if n, err = store.ClearExpired(t.Context(), core.ClearOptions{Batch: 10}); n != 10 || !errors.Is(err, broken) {
				t.Errorf("ClearExpired with an error in the second batch: got %d, %v, want 10, %v", n, err, broken)
			}
			if n, err = store.ClearExpired(t.Context(), core.ClearOptions{Batch: 10}); n != 30 || err != nil {
				t.Errorf("the next ClearExpired: got %d, %v, want 30, no error", n, err)
			}
		})
	}
}

// TestClearExpiredAtOnce: two nodes clear while requests extend and create
// sessions; no request fails, and no live session goes.
func TestClearExpiredAtOnce(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.New)
			fill(t, db, 4000, "2000-01-01")
			const live = 20
			for i := range live {
				create(t, store, rec(t, fmt.Sprintf("live-%08d", i)))
			}
			var cleared atomic.Int64
			done := make(chan struct{})
			var cleaners, requests sync.WaitGroup
			for range 2 {
				cleaners.Go(func() {
					n, err := store.ClearExpired(t.Context(), core.ClearOptions{Batch: 250})
					cleared.Add(n)
					if err != nil {
						t.Errorf("ClearExpired: got error %v, want none", err)
					}
				})
			}
			for w := range 4 {
				requests.Go(func() {
					for i := 0; ; i++ {
						select {
						case <-done:
							return
						default:
						}
						r := rec(t, fmt.Sprintf("live-%08d", (w*5+i)%live))
						r.ExpireDate = r.ExpireDate.Add(time.Duration(i) * time.Second)
						if err := store.Touch(t.Context(), r); err != nil {
							t.Errorf("Touch meanwhile: got error %v, want none", err)
							return
						}
					}
				})
			}
			cleaners.Wait()
			close(done)
			requests.Wait()
			if got := cleared.Load(); got != 4000 {
				t.Errorf("cleared by both: got %d, want 4000", got)
			}
			if got := count(t, db); got != live {
				t.Errorf("rows left: got %d, want the %d that live", got, live)
			}
		})
	}
}
