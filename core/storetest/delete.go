package storetest

import (
	"errors"
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
func (e *env) delete(key string, want bool) {
	existed, err := e.store.Delete(e.ctx, key)
	if err != nil {
		e.Fatalf("Delete: got %w, want no error", err)
	}
	if existed != want {
		e.Fatalf("Delete: got existed %t, want %t", existed, want)
	}
}

func deleteRemoves(e *env) {
	key := e.createLive(`{"a":1}`)
	other := e.createLive(`{"b":1}`)
	e.delete(key, true)
	e.at("after Delete").wantGone(key)
	e.at("the second time").delete(key, false)
	e.at("another record after Delete").wantData(other, `{"b":1}`)
}

func deleteAbsent(e *env) {
	key := e.createLive(`{"a":1}`)
	e.at("an unknown key").delete(core.NewSessionKey(), false)
	for _, keys := range []map[string]string{handMade(), lookAlikes(key)} {
		for what, key := range keys {
			e.at("a key that is %s", what).delete(key, false)
		}
	}
	e.at("after Delete of other keys").wantData(key, `{"a":1}`)
}

func deleteParallel(e *env) {
	for range max(1, e.rounds/10) {
		key := e.createLive(`{"a":1}`)
		var existed atomic.Int32
		e.Together(4, func(int) {
			ok, err := e.store.Delete(e.ctx, key)
			if ok {
				existed.Add(1)
			}
			e.wantError("parallel Delete", err, nil)
		})
		if n := existed.Load(); n != 1 {
			e.Fatalf("4 parallel Deletes of one record: %d got existed true, want 1", n)
		}
	}
}

// deleteFinal deletes while others write, as the browser does whose pages still
// load when the visitor logs out.
func deleteFinal(e *env) {
	for range e.rounds {
		key := e.createLive(number(0))
		e.deleteAmid(key)
		e.at("after Delete, and after all that ran beside it").wantGone(key)
	}
}

// deleteAmid deletes key while two workers update and one touches it. They begin
// before Delete does, and end when they hear that the record is gone, or soon
// after Delete in a store that does not tell them.
func (e *env) deleteAmid(key string) {
	var begun sync.WaitGroup
	var deleted atomic.Bool
	write := func(f func(i int) error) {
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
				e.Fatalf("a write during Delete: got %w, want no error or ErrNotFound", err)
			}
			started()
			runtime.Gosched()
		}
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
	e.Together(len(writers)+1, func(i int) {
		if i < len(writers) {
			write(writers[i])
			return
		}
		defer deleted.Store(true)
		begun.Wait()
		time.Sleep(rand.N(100 * time.Microsecond)) // or it comes at the same step each time
		e.delete(key, true)
	})
}
