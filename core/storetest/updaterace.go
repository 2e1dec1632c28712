package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/djinn-go/djinn/core"
)

// increment adds one to the record's number as the engine does: load, compute,
// update with the version, again on a conflict.
func (e *env) increment(key string) error {
	const attempts = 1000 // somebody gets on whenever one conflicts
	for range attempts {
		rec, err := e.load(key)
		if err != nil {
			return err
		}
		var n int
		if _, err := fmt.Sscanf(rec.json, `{"n":%d}`, &n); err != nil {
			return fmt.Errorf("items: got %s, want a number: %w", short(rec.json), err)
		}
		runtime.Gosched() // others get between, also in stores that never wait
		_, err = e.update(key, number(n+1), rec.version)
		if !errors.Is(err, core.ErrConflict) {
			return wantError("Update", err, nil)
		}
	}
	return fmt.Errorf("Update with the version just loaded: got ErrConflict %d times in a row", attempts)
}

// count lets workers increment one record, and do something else in between.
func (e *env) count(between func(key string) error) error {
	const workers = 4
	each := max(1, e.rounds/8)
	key, err := e.createLive(number(0))
	if err != nil {
		return err
	}
	if err := together(workers, func(int) error {
		for range each {
			if err := between(key); err != nil {
				return err
			}
			time.Sleep(rand.N(50 * time.Microsecond)) // or all do the same at the same time
			if err := e.increment(key); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if err := e.wantData(key, number(workers*each)); err != nil {
		return fmt.Errorf("after %d workers added 1 %d times each: %w", workers, each, err)
	}
	return nil
}

func updateCounter(e *env) error {
	return e.count(func(string) error { return nil })
}

// updateTorn writes items and expiry that belong together, and reads until the
// writers are done.
func updateTorn(e *env) error {
	const writers, readers = 3, 2
	base := in(time.Hour)
	expiry := func(n int) time.Time { return base.Add(time.Duration(n) * time.Second) }
	key, err := e.create(number(0), base)
	if err != nil {
		return err
	}
	each := max(1, e.rounds/4)
	var done atomic.Int32
	return together(writers+readers, func(i int) error {
		if i < writers {
			defer done.Add(1)
			for j := range each {
				n := 1 + i*each + j
				if _, err := e.store.Update(e.ctx, e.record(key, number(n), expiry(n), "")); err != nil {
					return fmt.Errorf("Update: %w", err)
				}
			}
			return nil
		}
		for done.Load() < writers {
			got, err := e.load(key)
			if err != nil {
				return fmt.Errorf("while others update: %w", err)
			}
			var n int
			if _, err := fmt.Sscanf(got.json, `{"n":%d}`, &n); err != nil {
				return fmt.Errorf("items: got %s: %w", short(got.json), err)
			}
			if err := e.wantExpiry(got.expires, expiry(n)); err != nil {
				return fmt.Errorf("items of one write with another's %w", err)
			}
			runtime.Gosched()
		}
		return nil
	})
}
