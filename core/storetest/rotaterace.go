package storetest

import (
	"errors"
	"runtime"
	"sync/atomic"

	"github.com/djinn-go/djinn/core"
)

func rotateParallel(e *env) {
	const n = 4
	for range max(1, e.rounds/10) {
		old := e.createLive(`{"a":1}`)
		keys, errs := make([]string, n), make([]error, n)
		for i := range keys {
			keys[i] = core.NewSessionKey()
		}
		won := make([]string, n)
		e.Together(n, func(i int) {
			won[i], errs[i] = e.rotate(old, keys[i], number(i), "")
		})
		winners := 0
		for i, err := range errs {
			if err != nil {
				e.wantError("parallel Rotate", err, core.ErrNotFound)
				e.at("the new key of a Rotate that lost").wantGone(keys[i])
				continue
			}
			winners++
			e.at("the new key of the Rotate that won").wantData(won[i], number(i))
		}
		if winners != 1 {
			e.Fatalf("%d parallel Rotates of one record: %d got no error, want 1", n, winners)
		}
		e.at("the old key").wantGone(old)
	}
}

// rotateAtomic looks at both keys while the record moves. What the first look
// saw still holds at the second, since the record moves one way.
func rotateAtomic(e *env) {
	for range max(1, e.rounds/4) {
		old := e.createLive(`{"a":1}`)
		fresh := core.NewSessionKey()
		var moved atomic.Bool
		e.Together(3, func(i int) {
			switch i {
			case 0:
				defer moved.Store(true)
				_, err := e.rotate(old, fresh, `{"a":1}`, "")
				e.wantError("Rotate", err, nil)
			case 1:
				e.await(old, false, &moved)
				if !e.found(fresh) {
					e.Fatalf("during Rotate: got neither key, want one")
				}
			case 2:
				e.await(fresh, true, &moved)
				if e.found(old) {
					e.Fatalf("during Rotate: got both keys, want one")
				}
			}
		})
	}
}

// await loads key until it is found, or is not found any more, which must be so
// once the rotation is done.
func (e *env) await(key string, want bool, done *atomic.Bool) {
	for last := false; ; last = done.Load() {
		found := e.found(key)
		if found == want {
			return
		}
		if last {
			e.Fatalf("after Rotate: got a key found %t, want %t", found, want)
		}
		runtime.Gosched()
	}
}

// found reports whether Load finds key.
func (e *env) found(key string) bool {
	_, err := e.store.Load(e.ctx, key)
	if !errors.Is(err, core.ErrNotFound) {
		e.wantError("Load", err, nil)
	}
	return err == nil
}

func rotateOrDelete(e *env) {
	for round := range max(2, e.rounds/4) {
		old := e.createLive(`{"a":1}`)
		fresh := core.NewSessionKey()
		var existed bool
		var rotateErr error
		e.Together(2, func(i int) {
			if i == round%2 { // so that neither is always scheduled first
				var err error
				existed, err = e.store.Delete(e.ctx, old)
				e.wantError("Delete during Rotate", err, nil)
				return
			}
			_, rotateErr = e.rotate(old, fresh, `{"a":2}`, "")
		})
		e.at("the old key after Delete and Rotate at once").wantGone(old)
		if existed {
			e.wantError("Rotate beside a Delete that won", rotateErr, core.ErrNotFound)
			e.at("the new key after a Delete that won").wantGone(fresh)
			continue
		}
		e.wantError("Rotate beside a Delete that found nothing", rotateErr, nil)
		e.at("the new key after a Delete that found nothing").wantData(fresh, `{"a":2}`)
	}
}
