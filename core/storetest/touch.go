package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/djinn-go/djinn/core"
)

var touchCases = []testCase{
	{
		name:  "touch/extends",
		law:   8,
		why:   "a sliding expiry moves the expiry and nothing else",
		needs: needsToucher,
		run:   touchExtends,
	},
	{
		name:  "touch/backwards",
		law:   8,
		why:   "a slow request must not shorten what a faster one has extended",
		needs: needsToucher,
		run:   touchBackwards,
	},
	{
		name:  "touch/keeps-items",
		law:   5,
		why:   "a touch knows the items of its own request only; writing them undoes what others wrote",
		needs: needsToucher,
		run:   touchKeepsItems,
	},
	{
		name:  "touch/absent",
		law:   4,
		why:   "a page that only keeps the session alive must not bring back one that was logged out",
		needs: needsToucher,
		run:   touchAbsent,
	},
	{
		name:  "touch/amid-updates",
		law:   5,
		why:   "touches must neither lose nor hinder the writes beside them",
		needs: needsToucher,
		run:   touchAmidUpdates,
	},
}

func touchExtends(e *env) error {
	key, err := e.createLive(`{"a":1.0}`)
	if err != nil {
		return err
	}
	for _, d := range []time.Duration{2 * time.Hour, 14 * 24 * time.Hour} {
		expires := in(d)
		if err := e.touch(key, `{"a":1.0}`, expires); err != nil {
			return fmt.Errorf("Touch: got %w, want no error", err)
		}
		if err := e.wantRecord(key, `{"a":1.0}`, expires); err != nil {
			return fmt.Errorf("after Touch: %w", err)
		}
	}
	return nil
}

func touchBackwards(e *env) error {
	expires := in(2 * time.Hour)
	key, err := e.create(`{"a":1}`, expires)
	if err != nil {
		return err
	}
	for _, d := range []time.Duration{time.Hour, -time.Hour} {
		if err := e.touch(key, `{"a":1}`, in(d)); err != nil {
			return fmt.Errorf("Touch with an earlier expiry: got %w, want no error", err)
		}
		if err := e.wantRecord(key, `{"a":1}`, expires); err != nil {
			return fmt.Errorf("after Touch with an earlier expiry: %w", err)
		}
	}
	return nil
}

func touchKeepsItems(e *env) error {
	key, err := e.createLive(`{"a":1}`)
	if err != nil {
		return err
	}
	before, err := e.load(key)
	if err != nil {
		return err
	}
	if err := e.touch(key, `{"stale":1}`, in(2*time.Hour)); err != nil {
		return fmt.Errorf("Touch: got %w, want no error", err)
	}
	after, err := e.load(key)
	if err != nil {
		return err
	}
	if after.json != before.json {
		return fmt.Errorf("items after Touch: got %s, want %s still", after.json, before.json)
	}
	if after.version != before.version {
		return fmt.Errorf("Touch changed the version: every write beside it would conflict")
	}
	if _, err := e.update(key, `{"a":2}`, before.version); err != nil {
		return fmt.Errorf("Update with the version from before Touch: got %w, want no error", err)
	}
	return nil
}

func touchAbsent(e *env) error {
	keys, err := e.expired()
	if err != nil {
		return err
	}
	deleted, err := e.createLive(`{"a":1}`)
	if err != nil {
		return err
	}
	if _, err := e.store.Delete(e.ctx, deleted); err != nil {
		return fmt.Errorf("Delete: %w", err)
	}
	for _, key := range append(keys, deleted, core.NewSessionKey()) {
		err := e.touch(key, `{"a":1}`, in(time.Hour))
		if err := wantError("Touch of an absent, deleted or expired record", err, core.ErrNotFound); err != nil {
			return err
		}
		if err := e.wantGone(key); err != nil {
			return fmt.Errorf("after Touch of an absent, deleted or expired record: %w", err)
		}
	}
	return nil
}

func touchAmidUpdates(e *env) error {
	var n atomic.Int64
	return e.count(func(key string) error {
		expires := in(2*time.Hour + time.Duration(n.Add(1))*time.Second)
		return wantError("Touch", e.touch(key, number(0), expires), nil)
	})
}
