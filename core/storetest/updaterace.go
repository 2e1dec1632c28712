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
func (e *env) increment(key string) {
	const attempts = 1000 // somebody gets on whenever one conflicts
	for range attempts {
		rec := e.load(key)
		var n int
		if _, err := fmt.Sscanf(rec.json, `{"n":%d}`, &n); err != nil {
			e.Fatalf("items: got %s, want a number: %w", short(rec.json), err)
		}
		runtime.Gosched() // others get between, also in stores that never wait
		_, err := e.update(key, number(n+1), rec.version)
		if !errors.Is(err, core.ErrConflict) {
			e.wantError("Update", err, nil)
			return
		}
	}
	e.Fatalf("Update with the version just loaded: got ErrConflict %d times in a row, want no error", attempts)
}

// count lets workers increment one record, and do something else in between.
func (e *env) count(between func(key string)) {
	const workers = 4
	each := max(1, e.rounds/8)
	key := e.createLive(number(0))
	e.Together(workers, func(int) {
		for range each {
			between(key)
			time.Sleep(rand.N(50 * time.Microsecond)) // or all do the same at the same time
			e.increment(key)
		}
	})
	e.at("after %d workers added 1 %d times each", workers, each).wantData(key, number(workers*each))
}

func updateCounter(e *env) {
	e.count(func(string) {})
}

// updateTorn writes items and expiry that belong together, and reads until the
// writers are done.
func updateTorn(e *env) {
	const writers, readers = 3, 2
	base := in(time.Hour)
	expiry := func(n int) time.Time { return base.Add(time.Duration(n) * time.Second) }
	key := e.create(number(0), base)
	each := max(1, e.rounds/4)
	var done atomic.Int32
	e.Together(writers+readers, func(i int) {
		if i < writers {
			defer done.Add(1)
			for j := range each {
				n := 1 + i*each + j
				if _, err := e.store.Update(e.ctx, e.record(key, number(n), expiry(n), "")); err != nil {
					e.Fatalf("Update: got %w, want no error", err)
				}
			}
			return
		}
		for done.Load() < writers {
			got := e.at("while others update").load(key)
			var n int
			if _, err := fmt.Sscanf(got.json, `{"n":%d}`, &n); err != nil {
				e.Fatalf("items: got %s, want a number: %w", short(got.json), err)
			}
			e.at("items of one write with another's").wantExpiry(got.expires, expiry(n))
			runtime.Gosched()
		}
	})
}
