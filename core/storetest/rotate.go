package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/djinn-go/djinn/core"
)

var rotateCases = []testCase{
	{
		name:  "rotate/moves",
		law:   9,
		why:   "a login gives the session a new key and keeps what is in it",
		needs: needsRotator,
		run:   rotateMoves,
	},
	{
		name:  "rotate/conflict",
		law:   5,
		why:   "a rotation that was computed from old items undoes what others wrote since",
		needs: needsRotator,
		run:   rotateConflict,
	},
	{
		name:  "rotate/taken",
		law:   5,
		why:   "a rotation onto another's key hands over that session, or loses both",
		needs: needsRotator,
		run:   rotateTaken,
	},
	{
		name:  "rotate/absent",
		law:   4,
		why:   "a rotation of what was logged out brings it back under a new key",
		needs: needsRotator,
		run:   rotateAbsent,
	},
	{
		name:  "rotate/parallel",
		law:   4,
		why:   "two rotations at once must leave one key, or the loser's copy lives on unseen",
		needs: needsRotator,
		run:   rotateParallel,
	},
	{
		name:  "rotate/atomic",
		law:   9,
		why:   "while both keys work a thief keeps the old one; while neither does the visitor is logged out",
		needs: needsRotator,
		run:   rotateAtomic,
	},
	{
		name:  "rotate/or-delete",
		law:   4,
		why:   "of a logout and a login at once one wins; if the logout does, no key is left",
		needs: needsRotator,
		run:   rotateOrDelete,
	},
}

func rotateMoves(e *env) error {
	key, err := e.createLive(`{"cart":[1,2.0]}`)
	if err != nil {
		return err
	}
	for _, withVersion := range []bool{true, false} {
		before, err := e.load(key)
		if err != nil {
			return err
		}
		version := ""
		if withVersion {
			version = before.version
		}
		expires := in(5 * time.Hour)
		const json = `{"cart":[1,2.0],"user":"7"}`
		moved, err := e.rotator.Rotate(e.ctx, key, e.record(newKey(), json, expires, version))
		if err != nil {
			return fmt.Errorf("Rotate: got %w, want no error", err)
		}
		if err := e.wantRecord(moved, json, expires); err != nil {
			return fmt.Errorf("the new key after Rotate: %w", err)
		}
		if err := e.wantGone(key); err != nil {
			return fmt.Errorf("the old key after Rotate: %w", err)
		}
		if err := e.delete(key, false); err != nil {
			return fmt.Errorf("the old key after Rotate: %w", err)
		}
		key = moved
	}
	return nil
}

func rotateConflict(e *env) error {
	key, err := e.createLive(number(0))
	if err != nil {
		return err
	}
	stale, err := e.load(key)
	if err != nil {
		return err
	}
	if _, err := e.update(key, number(1), ""); err != nil {
		return fmt.Errorf("Update: %w", err)
	}
	fresh := newKey()
	_, err = e.rotate(key, fresh, number(2), stale.version)
	if err := wantError("Rotate with a version from before an update", err, core.ErrConflict); err != nil {
		return err
	}
	if err := e.wantGone(fresh); err != nil {
		return fmt.Errorf("the new key after a Rotate that conflicted: %w", err)
	}
	if err := e.wantData(key, number(1)); err != nil {
		return fmt.Errorf("the old key after a Rotate that conflicted: %w", err)
	}
	return nil
}

func rotateTaken(e *env) error {
	key, err := e.createLive(`{"who":1}`)
	if err != nil {
		return err
	}
	taken, err := e.createLive(`{"who":2}`)
	if err != nil {
		return err
	}
	for _, to := range []string{taken, key} {
		_, err = e.rotate(key, to, `{"who":3}`, "")
		if err := wantError("Rotate to a key that is taken", err, core.ErrExists); err != nil {
			return err
		}
		if err := e.wantData(key, `{"who":1}`); err != nil {
			return fmt.Errorf("the old key after Rotate to one that is taken: %w", err)
		}
		if err := e.wantData(taken, `{"who":2}`); err != nil {
			return fmt.Errorf("the key that was taken after Rotate to it: %w", err)
		}
	}
	return nil
}

func rotateAbsent(e *env) error {
	keys, err := e.expired()
	if err != nil {
		return err
	}
	deleted, err := e.createLive(`{"a":1}`)
	if err != nil {
		return err
	}
	last, err := e.load(deleted)
	if err != nil {
		return err
	}
	if _, err := e.store.Delete(e.ctx, deleted); err != nil {
		return fmt.Errorf("Delete: %w", err)
	}
	for _, version := range []string{"", last.version} {
		for _, old := range append(keys, deleted, newKey()) {
			fresh := newKey()
			_, err := e.rotate(old, fresh, `{"a":2}`, version)
			if err := wantError("Rotate of an absent, deleted or expired record", err, core.ErrNotFound); err != nil {
				return err
			}
			for _, key := range []string{old, fresh} {
				if err := e.wantGone(key); err != nil {
					return fmt.Errorf("after Rotate of an absent, deleted or expired record: %w", err)
				}
			}
		}
	}
	return nil
}

func rotateParallel(e *env) error {
	const n = 4
	for range max(1, e.rounds/10) {
		old, err := e.createLive(`{"a":1}`)
		if err != nil {
			return err
		}
		keys, errs := make([]string, n), make([]error, n)
		for i := range keys {
			keys[i] = newKey()
		}
		won := make([]string, n)
		if err := together(n, func(i int) error {
			won[i], errs[i] = e.rotate(old, keys[i], number(i), "")
			return nil
		}); err != nil {
			return err
		}
		winners := 0
		for i, err := range errs {
			if err != nil {
				if err := wantError("parallel Rotate", err, core.ErrNotFound); err != nil {
					return err
				}
				if err := e.wantGone(keys[i]); err != nil {
					return fmt.Errorf("the new key of a Rotate that lost: %w", err)
				}
				continue
			}
			winners++
			if err := e.wantData(won[i], number(i)); err != nil {
				return fmt.Errorf("the new key of the Rotate that won: %w", err)
			}
		}
		if winners != 1 {
			return fmt.Errorf("%d parallel Rotates of one record: %d got no error, want 1", n, winners)
		}
		if err := e.wantGone(old); err != nil {
			return fmt.Errorf("the old key: %w", err)
		}
	}
	return nil
}

// rotateAtomic looks at both keys while the record moves. What is inferred from
// the first look still holds at the second, since keys move one way.
func rotateAtomic(e *env) error {
	for range max(1, e.rounds/4) {
		old, err := e.createLive(`{"a":1}`)
		if err != nil {
			return err
		}
		fresh := newKey()
		var moved atomic.Bool
		err = together(3, func(i int) error {
			if i == 0 {
				defer moved.Store(true)
				_, err := e.rotate(old, fresh, `{"a":1}`, "")
				return wantError("Rotate", err, nil)
			}
			first, second := old, fresh // gone from the old one: must be at the new one
			if i == 2 {
				first, second = fresh, old // found at the new one: must be gone from the old one
			}
			for last := false; ; {
				found1, err := e.found(first)
				if err != nil {
					return err
				}
				if found1 == (i == 2) {
					found2, err := e.found(second)
					if err != nil {
						return err
					}
					switch {
					case i == 1 && !found2:
						return errors.New("during Rotate: neither key was found")
					case i == 2 && found2:
						return errors.New("during Rotate: both keys were found")
					}
					return nil
				}
				if last {
					return errors.New("after Rotate: nothing has moved")
				}
				last = moved.Load()
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// found tells whether Load finds key.
func (e *env) found(key string) (bool, error) {
	_, err := e.store.Load(e.ctx, key)
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	return err == nil, wantError("Load", err, nil)
}

func rotateOrDelete(e *env) error {
	for range max(1, e.rounds/4) {
		old, err := e.createLive(`{"a":1}`)
		if err != nil {
			return err
		}
		fresh := newKey()
		var existed bool
		var rotateErr error
		if err := together(2, func(i int) error {
			if i == 0 {
				var err error
				existed, err = e.store.Delete(e.ctx, old)
				return wantError("Delete during Rotate", err, nil)
			}
			_, rotateErr = e.rotate(old, fresh, `{"a":2}`, "")
			return nil
		}); err != nil {
			return err
		}
		if err := e.wantGone(old); err != nil {
			return fmt.Errorf("the old key after Delete and Rotate at once: %w", err)
		}
		if existed {
			if err := wantError("Rotate beside a Delete that won", rotateErr, core.ErrNotFound); err != nil {
				return err
			}
			if err := e.wantGone(fresh); err != nil {
				return fmt.Errorf("the new key after a Delete that won: %w", err)
			}
			continue
		}
		if err := wantError("Rotate beside a Delete that found nothing", rotateErr, nil); err != nil {
			return err
		}
		if err := e.wantData(fresh, `{"a":2}`); err != nil {
			return fmt.Errorf("the new key after a Delete that found nothing: %w", err)
		}
	}
	return nil
}
