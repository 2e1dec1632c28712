package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/djinn-go/djinn/core"
)

var deleteCases = []testCase{
	{
		name: "delete/removes",
		law:  4,
		why:  "after a logout the old cookie is worth nothing",
		run:  deleteRemoves,
	},
	{
		name: "delete/absent",
		law:  4,
		why:  "a logout that was done already, or of a key that a client made up, is no failure",
		run:  deleteAbsent,
	},
	{
		name: "delete/parallel",
		law:  4,
		why:  "who undoes a rotation asks Delete whether the old session was still there: one caller may hear yes",
		run:  deleteParallel,
	},
	{
		name: "delete/final",
		law:  4,
		why:  "requests that are under way during a logout must not bring the session back",
		run:  deleteFinal,
	},
}

// delete deletes and compares what Delete says about it.
func (e *env) delete(key string, want bool) error {
	existed, err := e.store.Delete(e.ctx, key)
	if err != nil {
		return fmt.Errorf("Delete: got %w, want no error", err)
	}
	if existed != want {
		return fmt.Errorf("Delete: got existed %t, want %t", existed, want)
	}
	return nil
}

func deleteRemoves(e *env) error {
	key, err := e.createLive(`{"a":1}`)
	if err != nil {
		return err
	}
	other, err := e.createLive(`{"b":1}`)
	if err != nil {
		return err
	}
	if err := e.delete(key, true); err != nil {
		return err
	}
	if err := e.wantGone(key); err != nil {
		return fmt.Errorf("after Delete: %w", err)
	}
	if err := e.delete(key, false); err != nil {
		return fmt.Errorf("the second time: %w", err)
	}
	if err := e.wantData(other, `{"b":1}`); err != nil {
		return fmt.Errorf("another record after Delete: %w", err)
	}
	return nil
}

func deleteAbsent(e *env) error {
	key, err := e.createLive(`{"a":1}`)
	if err != nil {
		return err
	}
	if err := e.delete(core.NewSessionKey(), false); err != nil {
		return fmt.Errorf("an unknown key: %w", err)
	}
	for _, keys := range []map[string]string{handMade(), lookAlikes(key)} {
		for what, key := range keys {
			if err := e.delete(key, false); err != nil {
				return fmt.Errorf("a key that is %s: %w", what, err)
			}
		}
	}
	if err := e.wantData(key, `{"a":1}`); err != nil {
		return fmt.Errorf("after Delete of other keys: %w", err)
	}
	return nil
}

func deleteParallel(e *env) error {
	for range max(1, e.rounds/10) {
		key, err := e.createLive(`{"a":1}`)
		if err != nil {
			return err
		}
		var existed atomic.Int32
		err = together(4, func(int) error {
			ok, err := e.store.Delete(e.ctx, key)
			if ok {
				existed.Add(1)
			}
			return wantError("parallel Delete", err, nil)
		})
		if err != nil {
			return err
		}
		if n := existed.Load(); n != 1 {
			return fmt.Errorf("4 parallel Deletes of one record: %d got existed true, want 1", n)
		}
	}
	return nil
}

// deleteFinal deletes while others write, as the browser does whose pages still
// load when the visitor logs out.
func deleteFinal(e *env) error {
	for range e.rounds {
		key, err := e.createLive(number(0))
		if err != nil {
			return err
		}
		if err := e.deleteAmid(key); err != nil {
			return err
		}
		if err := e.wantGone(key); err != nil {
			return fmt.Errorf("after Delete, and after all that ran beside it: %w", err)
		}
	}
	return nil
}

// deleteAmid deletes key while two workers update and one touches it. They begin
// before Delete does, and end when they hear that the record is gone, or soon
// after Delete in a store that does not tell them.
func (e *env) deleteAmid(key string) error {
	var begun sync.WaitGroup
	var deleted atomic.Bool
	write := func(f func(i int) error) error {
		started := sync.OnceFunc(begun.Done)
		defer started() // also if nothing works
		for i, after := 0, 0; after < 3; i++ {
			if deleted.Load() {
				after++
			}
			err := f(i)
			if errors.Is(err, core.ErrNotFound) {
				break
			}
			if err != nil && !errors.Is(err, core.ErrConflict) {
				return fmt.Errorf("a write during Delete: got %w, want no error or ErrNotFound", err)
			}
			started()
			runtime.Gosched()
		}
		return nil
	}
	writers := []func(i int) error{
		func(i int) error { // as a request that changes an item
			rec, err := e.store.Load(e.ctx, key)
			if err != nil {
				return err
			}
			_, err = e.update(key, number(i), rec.Version)
			return err
		},
		func(i int) error { // as an import that overwrites
			_, err := e.update(key, number(-i), "")
			return err
		},
	}
	if e.toucher != nil {
		writers = append(writers, func(i int) error { // as a request that extends the session
			return e.touch(key, number(0), in(time.Hour+time.Duration(i)*time.Minute))
		})
	}
	begun.Add(len(writers))
	return together(len(writers)+1, func(i int) error {
		if i < len(writers) {
			return write(writers[i])
		}
		defer deleted.Store(true)
		begun.Wait()
		time.Sleep(rand.N(100 * time.Microsecond)) // or it comes at the same step each time
		return e.delete(key, true)
	})
}
