package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/djinn-go/djinn/core"
)

var clearCases = []testCase{
	{
		name:  "clear/expired-only",
		law:   6,
		why:   "clearing a session that is alive logs somebody out; leaving expired ones fills the table",
		needs: needsClearer,
		run:   clearExpiredOnly,
	},
	{
		name:  "clear/paced",
		why:   "a table in use is cleared in small steps, as many as the operator said",
		needs: needsClearer,
		run:   clearPaced,
	},
	{
		name:  "clear/parallel",
		law:   6,
		why:   "several nodes clear at once, while visitors go on writing",
		needs: needsClearer,
		run:   clearParallel,
	},
	{
		name:  "clear/stopped",
		why:   "a clearing that does not heed its context holds up the shutdown",
		needs: needsClearer,
		run:   clearStopped,
	},
}

// expire makes n expired records. They become so by Update, because a store may
// clear a few at each Create.
func (e *env) expire(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = e.createLive(number(i))
	}
	for i, key := range keys {
		var err error
		keys[i], err = e.store.Update(e.ctx, e.record(key, number(i), in(-time.Duration(i+1)*time.Minute), ""))
		if err != nil {
			e.Fatalf("Update to an expiry that has passed: got %w, want no error", err)
		}
	}
	return keys
}

// live makes n records that are alive, also some that were not always so.
func (e *env) live(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = e.create(number(i), in(time.Duration(i+1)*time.Minute))
	}
	return keys
}

// wantLive fails unless all of keys are as live made them.
func (e *env) wantLive(keys []string) {
	for i, key := range keys {
		e.at("a live record after ClearExpired").wantData(key, number(i))
	}
}

// wantCleared fails unless nothing is left under keys: what is left makes Create
// say ErrExists.
func (e *env) wantCleared(keys []string) {
	for _, key := range keys {
		if _, err := e.store.Create(e.ctx, e.record(key, `{"next":1}`, in(time.Hour), "")); err != nil {
			e.Fatalf("Create under the key of a record that was cleared: got %w, want no error", err)
		}
	}
}

// clearAll clears what other cases and owners left, so that counts are right.
func (e *env) clearAll() {
	_, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{})
	e.wantError("ClearExpired", err, nil)
}

// keepsExpired reports whether expired records stay until they are cleared. In
// other stores there is nothing to count.
func (e *env) keepsExpired() bool {
	keys := e.expire(1)
	_, err := e.store.Create(e.ctx, e.record(keys[0], `{}`, in(time.Hour), ""))
	if err != nil && !errors.Is(err, core.ErrExists) {
		e.Fatalf("Create under the key of an expired record: got %w, want ErrExists or no error", err)
	}
	e.clearAll()
	return err != nil
}

// wantCount fails unless n records were cleared.
func (e *env) wantCount(got int64, n int, kept bool) {
	if got != int64(n) && (kept || got > int64(n)) {
		e.Fatalf("ClearExpired: got %d cleared, want %d", got, n)
	}
}

func clearExpiredOnly(e *env) {
	const n = 10
	kept := e.keepsExpired()
	alive := e.live(n)
	dead := e.expire(n)
	cleared, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{})
	if err != nil {
		e.Fatalf("ClearExpired: got %w, want no error", err)
	}
	e.wantCount(cleared, n, kept)
	e.wantLive(alive)
	cleared, err = e.clearer.ClearExpired(e.ctx, core.ClearOptions{})
	if err != nil || cleared != 0 {
		e.Fatalf("ClearExpired again: got %d cleared and %s, want 0 and no error", cleared, describe(err))
	}
	e.wantCleared(dead)
}

func clearPaced(e *env) {
	const n, batch, limit = 10, 2, 4
	kept := e.keepsExpired()
	dead := e.expire(n)
	cleared, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{Batch: batch, Limit: limit})
	if err != nil {
		e.Fatalf("ClearExpired with a limit: got %w, want no error", err)
	}
	if cleared > limit+batch || kept && cleared < limit-batch {
		e.Fatalf("ClearExpired with Batch %d and Limit %d: got %d cleared, want about the limit", batch, limit, cleared)
	}
	var steps []int64
	rest, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{
		Batch: batch, Pause: time.Microsecond,
		Progress: func(cleared int64) { steps = append(steps, cleared) },
	})
	if err != nil {
		e.Fatalf("ClearExpired after one with a limit: got %w, want no error", err)
	}
	e.wantCount(cleared+rest, n, kept)
	var before int64
	for _, now := range steps {
		if now < before || now-before > batch {
			e.Fatalf("ClearExpired with Batch %d: got %d told to Progress, want steps of the batch at most", batch, steps)
		}
		before = now
	}
	if before != rest {
		e.Fatalf("ClearExpired: got %d told to Progress at last, want %d, the number returned", before, rest)
	}
	e.wantCleared(dead)
}

func clearParallel(e *env) {
	const n = 20
	kept := e.keepsExpired()
	alive := e.live(n)
	dead := e.expire(n)
	var cleared atomic.Int64
	e.Together(4, func(i int) {
		if i < 2 {
			c, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{Batch: 3})
			cleared.Add(c)
			e.wantError("ClearExpired beside another", err, nil)
			return
		}
		for j := i - 2; j < n; j += 2 { // each record is one worker's
			if _, err := e.update(alive[j], number(j), ""); err != nil {
				e.Fatalf("Update of a live record during ClearExpired: got %w, want no error", err)
			}
		}
	})
	e.at("two at once").wantCount(cleared.Load(), n, kept)
	e.wantLive(alive)
	e.wantCleared(dead)
}

// clearStopped ends the context from within, after the first step.
func clearStopped(e *env) {
	const n, pause, soon = 10, 2 * time.Second, time.Second
	kept := e.keepsExpired()
	e.expire(n)
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	var stopped time.Time
	cleared, err := e.clearer.ClearExpired(ctx, core.ClearOptions{
		Batch: 1, Pause: pause,
		Progress: func(int64) { stopped = time.Now(); cancel() },
	})
	if took := time.Since(stopped); !stopped.IsZero() && took > soon {
		e.Fatalf("ClearExpired whose context ended during a pause of %s: got its answer after %s, want it at once", pause, took)
	}
	if kept && err == nil {
		e.Fatalf("ClearExpired whose context ended after the first step: got no error, %d cleared, want the context's error", cleared)
	}
	if cleared > 2 {
		e.Fatalf("ClearExpired whose context ended after the first step: got %d cleared, want 1", cleared)
	}
	rest, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{})
	if err != nil {
		e.Fatalf("ClearExpired after one that was stopped: got %w, want no error", err)
	}
	e.at("after one that was stopped").wantCount(cleared+rest, n, kept)
}
