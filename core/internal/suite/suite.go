// Package suite runs the cases of a conformance suite with and without a *testing.T:
// a case reports to a [T], as a test does to its own, and [Run] returns what was
// reported as an error.
package suite

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// T is what a case reports to. Its methods are safe for concurrent use.
type T struct {
	failures *failures
	place    string
}

type failures struct {
	mu   sync.Mutex
	errs []error
}

// stop is what ends a case that cannot go on: the value of a panic.
type stop struct{}

// Run runs a case in the caller's goroutine and joins what it reported; nil means
// that the case passed. A panic of the case is a failure too.
func Run(run func(T)) error {
	t := T{failures: new(failures)}
	t.goOn(func() { run(t) })
	t.failures.mu.Lock()
	defer t.failures.mu.Unlock()
	return errors.Join(t.failures.errs...)
}

// At returns a T whose failures name where the case was: they begin with the place,
// after the place of t.
func (t T) At(format string, args ...any) T {
	t.place += fmt.Sprintf(format, args...) + ": "
	return t
}

// Errorf reports a failure, and the case goes on. Errors may be wrapped with %w.
func (t T) Errorf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	if t.place != "" {
		err = fmt.Errorf("%s%w", t.place, err)
	}
	t.failures.mu.Lock()
	defer t.failures.mu.Unlock()
	t.failures.errs = append(t.failures.errs, err)
}

// Fatalf reports a failure and ends the case. It may be called in the goroutine of
// [Run] and in those of [T.Together].
func (t T) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(stop{})
}

// Together runs f(0) … f(n-1) at the same time and waits for all of them. If one of
// them calls Fatalf or panics, the case ends then.
func (t T) Together(n int, f func(i int)) {
	var (
		start   = make(chan struct{})
		stopped atomic.Bool
		wg      sync.WaitGroup
	)
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-start
			if !t.goOn(func() { f(i) }) {
				stopped.Store(true)
			}
		}()
	}
	close(start)
	wg.Wait()
	if stopped.Load() {
		panic(stop{})
	}
}

// goOn calls f and reports whether the case can go on. A panic of f is reported.
func (t T) goOn(f func()) (ok bool) {
	defer func() {
		if p := recover(); p != nil && p != (stop{}) {
			t.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	f()
	return true
}
