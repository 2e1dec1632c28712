package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/djinn-go/djinn/core"
)

var createCases = []testCase{
	{
		name: "create/taken",
		law:  5,
		why:  "a Create that overwrites hands one visitor's session to another",
		run:  createTaken,
	},
	{
		name: "create/taken-expired",
		law:  5,
		why:  "a Create that half-overwrites mixes old items with a new expiry",
		run:  createTakenExpired,
	},
	{
		name: "create/parallel",
		law:  5,
		why:  "two requests that both believe to own a key write over each other",
		run:  createParallel,
	},
}

func createTaken(e *env) error {
	expires := in(time.Hour)
	key, err := e.create(`{"owner":1}`, expires)
	if err != nil {
		return err
	}
	before, err := e.load(key)
	if err != nil {
		return err
	}
	_, err = e.store.Create(e.ctx, e.record(key, `{"owner":2}`, in(2*time.Hour), ""))
	if err := wantError("Create under a key that is taken", err, core.ErrExists); err != nil {
		return err
	}
	if err := e.wantRecord(key, `{"owner":1}`, expires); err != nil {
		return fmt.Errorf("after Create under its key: %w", err)
	}
	after, err := e.load(key)
	if err != nil {
		return err
	}
	if after.version != before.version {
		return fmt.Errorf("Create under a key that is taken changed the version")
	}
	return nil
}

func createTakenExpired(e *env) error {
	keys, err := e.expired()
	if err != nil {
		return err
	}
	for _, key := range keys {
		expires := in(time.Hour)
		key2, err := e.store.Create(e.ctx, e.record(key, `{"new":1}`, expires, ""))
		switch {
		case err == nil: // the store had dropped the expired record
			if err := e.wantRecord(key2, `{"new":1}`, expires); err != nil {
				return fmt.Errorf("after Create under the key of an expired record: %w", err)
			}
		case errors.Is(err, core.ErrExists):
			if err := e.wantAbsent(key); err != nil {
				return fmt.Errorf("an expired record whose key Create found taken: %w", err)
			}
		default:
			return wantError("Create under the key of an expired record", err, core.ErrExists)
		}
	}
	return nil
}

func createParallel(e *env) error {
	const n = 8
	for range max(1, e.rounds/10) {
		key := core.NewSessionKey()
		errs := make([]error, n)
		if err := together(n, func(i int) error {
			_, errs[i] = e.store.Create(e.ctx, e.record(key, number(i), in(time.Hour), ""))
			return nil
		}); err != nil {
			return err
		}
		winner := -1
		for i, err := range errs {
			if err == nil {
				if winner >= 0 {
					return fmt.Errorf("%d parallel Creates of one key: more than one got no error", n)
				}
				winner = i
			} else if err := wantError("parallel Create of one key", err, core.ErrExists); err != nil {
				return err
			}
		}
		if winner < 0 {
			return fmt.Errorf("%d parallel Creates of one key: all got ErrExists, want one to win", n)
		}
		if err := e.wantData(key, number(winner)); err != nil {
			return fmt.Errorf("the record of the Create that won: %w", err)
		}
	}
	return nil
}

// number is an object with one number in it.
func number(n int) string { return fmt.Sprintf(`{"n":%d}`, n) }
