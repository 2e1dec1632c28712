// Package cachetest holds the rules of cachestore.Cache as a suite, for whoever
// writes one:
//
//	func TestCache(t *testing.T) {
//		cachetest.Run(t, func(t *testing.T) cachestore.Cache { return mycache.New(…) })
//	}
//
// It uses the real clock and random keys, and leaves nothing behind that lives
// longer than an hour. Only the case about expiry waits, for less than a second.
package cachetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core/cachestore"
)

// Run runs each rule as a subtest, on a cache of its own that open returns.
func Run(t *testing.T, open func(t *testing.T) cachestore.Cache) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			c.run(&env{T: t, ctx: ctx, cache: open(t)})
		})
	}
}

// env is what a case works with.
type env struct {
	*testing.T
	ctx   context.Context
	cache cachestore.Cache
}

var cases = []struct {
	name string
	run  func(*env)
}{
	{"values", values},
	{"set", set},
	{"add", add},
	{"swap", swap},
	{"extend", extend},
	{"delete", deletes},
	{"expiry", expiry},
	{"expired-items", expiredItems},
	{"keys", keys},
	{"context", contexts},
	{"race-add", raceAdd},
	{"race-swap", raceSwap},
	{"race-delete", raceDelete},
	{"secrecy", secrecy},
}

// precision is how far an expiry may be rounded.
const precision = time.Millisecond

func newKey() string { return ":1:cachetest" + rand.Text() }

func item(value string) cachestore.Item {
	return cachestore.Item{Value: value, Expires: time.Now().Add(time.Hour)}
}

func (e *env) set(key string, it cachestore.Item) {
	e.Helper()
	if err := e.cache.Set(e.ctx, key, it); err != nil {
		e.Fatalf("Set: %v", err)
	}
}

// want fails unless key holds that item.
func (e *env) want(key string, it cachestore.Item) {
	e.Helper()
	got, found, err := e.cache.Get(e.ctx, key)
	if err != nil || !found || got.Value != it.Value {
		e.Fatalf("Get: got %.40q (%d bytes), found %t, %v, want %.40q (%d bytes)", got.Value, len(got.Value), found, err, it.Value, len(it.Value))
	}
	if d := got.Expires.Sub(it.Expires); d < 0 || d > precision {
		e.Fatalf("Get: the expiry is off by %s, want it rounded up by %s at most", d, precision)
	}
}

// wantNone fails if there is something under key.
func (e *env) wantNone(key string) {
	e.Helper()
	got, found, err := e.cache.Get(e.ctx, key)
	if err != nil || found || got.Value != "" {
		e.Fatalf("Get: got %.40q, found %t, %v, want nothing", got.Value, found, err)
	}
}

// wantBool fails unless a call answered so.
func (e *env) wantBool(what string, want bool) func(bool, error) {
	return func(got bool, err error) {
		e.Helper()
		if err != nil || got != want {
			e.Fatalf("%s: got %t, %v, want %t", what, got, err, want)
		}
	}
}

func values(e *env) {
	for _, v := range []string{"", "a", "\x80\x04}.", "\x00\xff\r\n", strings.Repeat("x", 1<<20), "0", "-1"} {
		key := newKey()
		it := item(v)
		e.set(key, it)
		e.want(key, it)
		e.want(key, it) // reading removes nothing
	}
}

func set(e *env) {
	key := newKey()
	e.wantNone(key)
	for _, v := range []string{"one", "two"} {
		it := item(v)
		e.set(key, it)
		e.want(key, it)
	}
	shorter := cachestore.Item{Value: "two", Expires: time.Now().Add(time.Minute)}
	e.set(key, shorter)
	e.want(key, shorter)
}

func add(e *env) {
	key := newKey()
	first := item("first")
	e.wantBool("Add where nothing is", true)(e.cache.Add(e.ctx, key, first))
	e.want(key, first)
	e.wantBool("Add where something is", false)(e.cache.Add(e.ctx, key, item("second")))
	e.want(key, first)
}

func swap(e *env) {
	key := newKey()
	e.wantBool("CompareAndSwap where nothing is", false)(e.cache.CompareAndSwap(e.ctx, key, "", item("x")))
	e.wantNone(key)
	e.set(key, item("old"))
	for _, wrong := range []string{"", "ol", "old ", "OLD", "new"} {
		e.wantBool("CompareAndSwap with another value", false)(e.cache.CompareAndSwap(e.ctx, key, wrong, item("x")))
	}
	it := item("new")
	it.Expires = it.Expires.Add(-time.Minute)
	e.wantBool("CompareAndSwap with the value", true)(e.cache.CompareAndSwap(e.ctx, key, "old", it))
	e.want(key, it)
}

func extend(e *env) {
	key := newKey()
	later := time.Now().Add(2 * time.Hour)
	e.wantBool("Extend where nothing is", false)(e.cache.Extend(e.ctx, key, later))
	e.wantNone(key)
	it := item("v")
	e.set(key, it)
	e.wantBool("Extend", true)(e.cache.Extend(e.ctx, key, later))
	it.Expires = later
	e.want(key, it)
	for _, earlier := range []time.Duration{time.Hour, -time.Hour} {
		e.wantBool("Extend to an earlier moment", true)(e.cache.Extend(e.ctx, key, time.Now().Add(earlier)))
		e.want(key, it)
	}
	it.Expires = time.Now().Add(time.Second)
	e.set(key, it) // leave no item of two hours behind
}

func deletes(e *env) {
	key := newKey()
	e.wantBool("Delete where nothing is", false)(e.cache.Delete(e.ctx, key))
	e.set(key, item("v"))
	e.wantBool("Delete", true)(e.cache.Delete(e.ctx, key))
	e.wantNone(key)
	e.wantBool("Delete again", false)(e.cache.Delete(e.ctx, key))
	e.wantBool("CompareAndSwap after Delete", false)(e.cache.CompareAndSwap(e.ctx, key, "v", item("w")))
	e.wantBool("Extend after Delete", false)(e.cache.Extend(e.ctx, key, time.Now().Add(time.Hour)))
	e.wantNone(key)
	e.wantBool("Add after Delete", true)(e.cache.Add(e.ctx, key, item("w")))
}

func expiry(e *env) {
	key := newKey()
	it := cachestore.Item{Value: "v", Expires: time.Now().Add(300 * time.Millisecond)}
	e.set(key, it)
	e.want(key, it)
	time.Sleep(time.Until(it.Expires) + 20*time.Millisecond)
	e.wantNone(key)
	e.wantBool("CompareAndSwap of an expired item", false)(e.cache.CompareAndSwap(e.ctx, key, "v", item("w")))
	e.wantBool("Extend of an expired item", false)(e.cache.Extend(e.ctx, key, time.Now().Add(time.Hour)))
	e.wantBool("Delete of an expired item", false)(e.cache.Delete(e.ctx, key))
	e.wantBool("Add where an item expired", true)(e.cache.Add(e.ctx, key, item("w")))
}

// expiredItems stores items that are gone from the start.
func expiredItems(e *env) {
	gone := cachestore.Item{Value: "gone", Expires: time.Now().Add(-time.Minute)}
	key := newKey()
	e.wantBool("Add of an expired item", true)(e.cache.Add(e.ctx, key, gone))
	e.wantNone(key)
	e.set(key, item("v"))
	e.wantBool("Add of an expired item where something is", false)(e.cache.Add(e.ctx, key, gone))
	e.set(key, gone)
	e.wantNone(key)
	it := item("v")
	e.set(key, it)
	e.wantBool("CompareAndSwap of another value to an expired item", false)(e.cache.CompareAndSwap(e.ctx, key, "w", gone))
	e.want(key, it)
	e.wantBool("CompareAndSwap to an expired item", true)(e.cache.CompareAndSwap(e.ctx, key, "v", gone))
	e.wantNone(key)
}

func keys(e *env) {
	base := newKey()
	e.set(base, item("base"))
	for _, suffix := range []string{" ", "\t", "\x00", "\xff", "\r\n", "*", "?", "%", "日本", "{x}", strings.Repeat("k", 200)} {
		key := base + suffix
		e.wantNone(key)
		it := item(suffix)
		e.set(key, it)
		e.want(key, it)
		e.wantBool("Delete", true)(e.cache.Delete(e.ctx, key))
	}
	e.wantNone(strings.ToLower(base))
	if got, found, err := e.cache.Get(e.ctx, base); err != nil || !found || got.Value != "base" {
		e.Errorf("a key that others begin with: got %q, found %t, %v, want it untouched", got.Value, found, err)
	}
}

func contexts(e *env) {
	key := newKey()
	it := item("v")
	e.set(key, it)
	ctx, cancel := context.WithCancel(e.ctx)
	cancel()
	calls := map[string]func() error{
		"Get":            func() error { _, _, err := e.cache.Get(ctx, key); return err },
		"Set":            func() error { return e.cache.Set(ctx, key, item("w")) },
		"Add":            func() error { _, err := e.cache.Add(ctx, newKey(), item("w")); return err },
		"CompareAndSwap": func() error { _, err := e.cache.CompareAndSwap(ctx, key, "v", item("w")); return err },
		"Extend":         func() error { _, err := e.cache.Extend(ctx, key, time.Now().Add(9*time.Hour)); return err },
		"Delete":         func() error { _, err := e.cache.Delete(ctx, key); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, context.Canceled) {
			e.Errorf("%s with a context that has ended: got %v, want its error", name, err)
		}
		e.want(key, it)
	}
}

// together runs f(0) … f(n-1) at once.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f(i)
		}()
	}
	wg.Wait()
}

func raceAdd(e *env) {
	for range 20 {
		key := newKey()
		var won atomic.Int32
		together(8, func(i int) {
			added, err := e.cache.Add(e.ctx, key, item(fmt.Sprint(i)))
			if err != nil {
				e.Errorf("Add: %v", err)
			}
			if added {
				won.Add(1)
			}
		})
		if n := won.Load(); n != 1 {
			e.Fatalf("8 Adds of one key at once: %d succeeded, want 1", n)
		}
	}
}

func raceSwap(e *env) {
	const workers, each = 4, 50
	key := newKey()
	e.set(key, item("0"))
	together(workers, func(i int) {
		for range each {
			for {
				old, found, err := e.cache.Get(e.ctx, key)
				if err != nil || !found {
					e.Errorf("Get: found %t, %v", found, err)
					return
				}
				// Each value is one that was never there, as the stores write them.
				n, _, _ := strings.Cut(old.Value, " ")
				var count int
				fmt.Sscan(n, &count)
				swapped, err := e.cache.CompareAndSwap(e.ctx, key, old.Value, item(fmt.Sprintf("%d %s", count+1, rand.Text())))
				if err != nil {
					e.Errorf("CompareAndSwap: %v", err)
					return
				}
				if swapped {
					break
				}
			}
		}
	})
	got, _, err := e.cache.Get(e.ctx, key)
	if want := fmt.Sprintf("%d ", workers*each); err != nil || !strings.HasPrefix(got.Value, want) {
		e.Errorf("after %d increments: got %.10q, %v, want %q", workers*each, got.Value, err, want)
	}
}

func raceDelete(e *env) {
	for range 20 {
		key := newKey()
		e.set(key, item("0"))
		var existed atomic.Int32
		together(6, func(i int) {
			switch i {
			case 0, 1:
				ok, err := e.cache.Delete(e.ctx, key)
				if err != nil {
					e.Errorf("Delete: %v", err)
				}
				if ok {
					existed.Add(1)
				}
			case 2:
				_, err := e.cache.Extend(e.ctx, key, time.Now().Add(time.Hour))
				if err != nil {
					e.Errorf("Extend: %v", err)
				}
			default:
				old, found, err := e.cache.Get(e.ctx, key)
				if found && err == nil {
					_, err = e.cache.CompareAndSwap(e.ctx, key, old.Value, item(rand.Text()))
				}
				if err != nil {
					e.Errorf("CompareAndSwap: %v", err)
				}
			}
		})
		e.wantNone(key)
		if n := existed.Load(); n != 1 {
			e.Fatalf("two Deletes at once: %d found the item, want 1", n)
		}
	}
}

func secrecy(e *env) {
	key, canary := newKey(), "canary"+rand.Text()
	e.set(key, item(canary))
	got, _, err := e.cache.Get(e.ctx, key)
	if err != nil {
		e.Fatal(err)
	}
	ctx, cancel := context.WithCancel(e.ctx)
	cancel()
	_, _, getErr := e.cache.Get(ctx, key)
	setErr := e.cache.Set(ctx, key, item(canary))
	for what, thing := range map[string]any{"the cache": e.cache, "an item": got, "an error of Get": getErr, "an error of Set": setErr} {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			text := fmt.Sprintf(verb, thing)
			if strings.Contains(text, canary) || strings.Contains(text, key) {
				e.Errorf("%s printed with %s holds a key or a value", what, verb)
			}
		}
	}
}
