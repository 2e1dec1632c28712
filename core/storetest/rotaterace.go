package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/djinn-go/djinn/core"
)

func rotateParallel(e *env) error {
	const n = 4
	for range max(1, e.rounds/10) {
		old, err := e.createLive(`{"a":1}`)
		if err != nil {
			return err
		}
		keys, errs := make([]string, n), make([]error, n)
		for i := range keys {
			keys[i] = core.NewSessionKey()
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

// rotateAtomic looks at both keys while the record moves. What the first look
// saw still holds at the second, since the record moves one way.
func rotateAtomic(e *env) error {
	for range max(1, e.rounds/4) {
		old, err := e.createLive(`{"a":1}`)
		if err != nil {
			return err
		}
		fresh := core.NewSessionKey()
		var moved atomic.Bool
		err = together(3, func(i int) error {
			switch i {
			case 0:
				defer moved.Store(true)
				_, err := e.rotate(old, fresh, `{"a":1}`, "")
				return wantError("Rotate", err, nil)
			case 1:
				if err := e.await(old, false, &moved); err != nil {
					return err
				}
				if found, err := e.found(fresh); err != nil || !found {
					return errors.Join(errors.New("during Rotate: neither key was found"), err)
				}
			case 2:
				if err := e.await(fresh, true, &moved); err != nil {
					return err
				}
				if found, err := e.found(old); err != nil || found {
					return errors.Join(errors.New("during Rotate: both keys were found"), err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// await loads key until it is found, or is not found any more, which must be so
// once the rotation is done.
func (e *env) await(key string, want bool, done *atomic.Bool) error {
	for last := false; ; last = done.Load() {
		found, err := e.found(key)
		if err != nil || found == want {
			return err
		}
		if last {
			return fmt.Errorf("after Rotate: a key is found %t, want %t", found, want)
		}
		runtime.Gosched()
	}
}

// found reports whether Load finds key.
func (e *env) found(key string) (bool, error) {
	_, err := e.store.Load(e.ctx, key)
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	return err == nil, wantError("Load", err, nil)
}

func rotateOrDelete(e *env) error {
	for round := range max(2, e.rounds/4) {
		old, err := e.createLive(`{"a":1}`)
		if err != nil {
			return err
		}
		fresh := core.NewSessionKey()
		var existed bool
		var rotateErr error
		if err := together(2, func(i int) error {
			if i == round%2 { // schedulers have favourites
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
