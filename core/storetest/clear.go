package storetest

import (
	"context"
	"errors"
	"fmt"
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
func (e *env) expire(n int) ([]string, error) {
	keys := make([]string, n)
	for i := range keys {
		var err error
		if keys[i], err = e.createLive(number(i)); err != nil {
			return nil, err
		}
	}
	for i, key := range keys {
		var err error
		keys[i], err = e.store.Update(e.ctx, e.record(key, number(i), in(-time.Duration(i+1)*time.Minute), ""))
		if err != nil {
			return nil, fmt.Errorf("Update to an expiry that has passed: got %w, want no error", err)
		}
	}
	return keys, nil
}

// live makes n records that are alive, also some that were not always so.
func (e *env) live(n int) ([]string, error) {
	keys := make([]string, n)
	for i := range keys {
		var err error
		if keys[i], err = e.create(number(i), in(time.Duration(i+1)*time.Minute)); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// wantLive fails unless all of keys are as live made them.
func (e *env) wantLive(keys []string) error {
	for i, key := range keys {
		if err := e.wantData(key, number(i)); err != nil {
			return fmt.Errorf("a live record after ClearExpired: %w", err)
		}
	}
	return nil
}

// wantCleared fails unless nothing is left under keys: what is left makes Create
// say ErrExists.
func (e *env) wantCleared(keys []string) error {
	for _, key := range keys {
		if _, err := e.store.Create(e.ctx, e.record(key, `{"next":1}`, in(time.Hour), "")); err != nil {
			return fmt.Errorf("Create under the key of a record that was cleared: got %w, want no error", err)
		}
	}
	return nil
}

// clearAll clears what other cases and owners left, so that counts are right.
func (e *env) clearAll() error {
	_, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{})
	return wantError("ClearExpired", err, nil)
}

// keepsExpired reports whether expired records stay until they are cleared. In
// other stores there is nothing to count.
func (e *env) keepsExpired() (bool, error) {
	keys, err := e.expire(1)
	if err != nil {
		return false, err
	}
	_, err = e.store.Create(e.ctx, e.record(keys[0], `{}`, in(time.Hour), ""))
	if err != nil && !errors.Is(err, core.ErrExists) {
		return false, fmt.Errorf("Create under the key of an expired record: %w", err)
	}
	return err != nil, e.clearAll()
}

// wantCount fails unless n records were cleared.
func wantCount(got int64, n int, kept bool) error {
	if !kept && got <= int64(n) || got == int64(n) {
		return nil
	}
	return fmt.Errorf("ClearExpired: got %d cleared, want %d", got, n)
}

func clearExpiredOnly(e *env) error {
	const n = 10
	kept, err := e.keepsExpired()
	if err != nil {
		return err
	}
	alive, err := e.live(n)
	if err != nil {
		return err
	}
	dead, err := e.expire(n)
	if err != nil {
		return err
	}
	cleared, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{})
	if err != nil {
		return fmt.Errorf("ClearExpired: got %w, want no error", err)
	}
	if err := wantCount(cleared, n, kept); err != nil {
		return err
	}
	if err := e.wantLive(alive); err != nil {
		return err
	}
	cleared, err = e.clearer.ClearExpired(e.ctx, core.ClearOptions{})
	if err != nil || cleared != 0 {
		return fmt.Errorf("ClearExpired again: got %d cleared and %s, want 0 and no error", cleared, describe(err))
	}
	return e.wantCleared(dead)
}

func clearPaced(e *env) error {
	const n, batch, limit = 10, 2, 4
	kept, err := e.keepsExpired()
	if err != nil {
		return err
	}
	dead, err := e.expire(n)
	if err != nil {
		return err
	}
	cleared, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{Batch: batch, Limit: limit})
	if err != nil {
		return fmt.Errorf("ClearExpired with a limit: got %w, want no error", err)
	}
	if cleared > limit+batch || kept && cleared < limit-batch {
		return fmt.Errorf("ClearExpired with Batch %d and Limit %d: got %d cleared, want about the limit", batch, limit, cleared)
	}
	var steps []int64
	rest, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{
		Batch: batch, Pause: time.Microsecond,
		Progress: func(cleared int64) { steps = append(steps, cleared) },
	})
	if err != nil {
		return fmt.Errorf("ClearExpired after one with a limit: got %w, want no error", err)
	}
	if err := wantCount(cleared+rest, n, kept); err != nil {
		return err
	}
	var before int64
	for _, now := range steps {
		if now < before || now-before > batch {
			return fmt.Errorf("ClearExpired with Batch %d: Progress was told %d, want steps of the batch at most", batch, steps)
		}
		before = now
	}
	if before != rest {
		return fmt.Errorf("ClearExpired: Progress was told %d at last, want %d, the number returned", before, rest)
	}
	return e.wantCleared(dead)
}

func clearParallel(e *env) error {
	const n = 20
	kept, err := e.keepsExpired()
	if err != nil {
		return err
	}
	alive, err := e.live(n)
	if err != nil {
		return err
	}
	dead, err := e.expire(n)
	if err != nil {
		return err
	}
	var cleared atomic.Int64
	if err := together(4, func(i int) error {
		if i < 2 {
			c, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{Batch: 3})
			cleared.Add(c)
			return wantError("ClearExpired beside another", err, nil)
		}
		for j := i - 2; j < n; j += 2 { // each record is one worker's
			if _, err := e.update(alive[j], number(j), ""); err != nil {
				return fmt.Errorf("Update of a live record during ClearExpired: got %w, want no error", err)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if err := wantCount(cleared.Load(), n, kept); err != nil {
		return fmt.Errorf("two at once: %w", err)
	}
	if err := e.wantLive(alive); err != nil {
		return err
	}
	return e.wantCleared(dead)
}

// clearStopped ends the context from within, after the first step.
func clearStopped(e *env) error {
	const n, pause, soon = 10, 2 * time.Second, time.Second
	kept, err := e.keepsExpired()
	if err != nil {
		return err
	}
	if _, err := e.expire(n); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	var stopped time.Time
	cleared, err := e.clearer.ClearExpired(ctx, core.ClearOptions{
		Batch: 1, Pause: pause,
		Progress: func(int64) { stopped = time.Now(); cancel() },
	})
	if took := time.Since(stopped); !stopped.IsZero() && took > soon {
		return fmt.Errorf("ClearExpired whose context ended during a pause of %s: returned after %s, want at once", pause, took)
	}
	if kept && err == nil {
		return fmt.Errorf("ClearExpired whose context ended after the first step: got no error, %d cleared, want the context's error", cleared)
	}
	if cleared > 2 {
		return fmt.Errorf("ClearExpired whose context ended after the first step: got %d cleared, want 1", cleared)
	}
	rest, err := e.clearer.ClearExpired(e.ctx, core.ClearOptions{})
	if err != nil {
		return fmt.Errorf("ClearExpired after one that was stopped: got %w, want no error", err)
	}
	if err := wantCount(cleared+rest, n, kept); err != nil {
		return fmt.Errorf("after one that was stopped: %w", err)
	}
	return nil
}
