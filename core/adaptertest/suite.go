// Package adaptertest is the laws of sessions as a test suite for what binds
// package core to a web framework. In the adapter's own tests:
//
//	func TestLaws(t *testing.T) {
//		adaptertest.Run(t, adaptertest.Framework{Name: "gin", Build: build})
//	}
//
// where build makes a program of the framework's own parts out of an [App]: its
// router, its recovery, its way to answer errors. Everything goes through a real
// server and a client that keeps cookies; the store is memstore, counted, and
// broken where a case wants it broken. Nothing is faked on the framework's side.
//
// What a framework cannot do is named, with the reason, in [Framework.Waived].
package adaptertest

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// Run runs each case as a subtest, on a program of its own. Call it from a test that
// is not parallel, because allocations are counted first; or waive the cases that
// begin with cost/, with that reason.
func Run(t *testing.T, fw Framework) {
	t.Helper()
	if err := fw.validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if reason, ok := fw.Waived[c.name]; ok {
				t.Logf("not run: %s", reason)
				return
			}
			cost := strings.HasPrefix(c.name, "cost/")
			switch {
			case !cost:
				t.Parallel()
			case raceDetector:
				t.Skip("the race detector makes pools forget at random")
			}
			unmeasured, err := c.check(fw)
			if err != nil {
				t.Error(err)
			}
			if unmeasured != "" {
				t.Errorf("allocations cannot be counted here (%s): do not call t.Parallel before adaptertest.Run, or waive this case", unmeasured)
			}
		})
	}
}

// Check runs each case and joins what failed: each a [*Failure] that errors.As
// finds. It is nil for an adapter that keeps every law. Check is for harnesses
// without a *testing.T; it prints nothing. Allocations are counted where nothing
// parallel runs beside it.
func Check(fw Framework) error {
	if err := fw.validate(); err != nil {
		return err
	}
	var failures []error
	for _, c := range cases {
		if _, ok := fw.Waived[c.name]; ok {
			continue
		}
		if raceDetector && strings.HasPrefix(c.name, "cost/") {
			continue
		}
		if _, err := c.check(fw); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// Failure is one law that an adapter broke.
type Failure struct {
	// Case is the name of the case, such as "stream/flush-first".
	Case string
	// Law is the number of the law.
	Law int
	// Why says what goes wrong for visitors.
	Why string
	// Err says what the adapter did and what it should have done.
	Err error
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %v\n\twhy: %s (law %d: %s)", f.Case, f.Err, f.Why, f.Law, laws[f.Law])
}

// Unwrap returns what the adapter did.
func (f *Failure) Unwrap() error { return f.Err }

// laws are the laws of sessions that an adapter can break, by number.
var laws = map[int]string{
	1:  "untouched costs nothing",
	2:  "nothing is created until there is data",
	3:  "the client never chooses a key",
	4:  "logout is final",
	5:  "no lost updates",
	6:  "a failure never looks like a logout",
	7:  "one cookie, in time",
	11: "secrets stay secret",
	12: "caches stay honest",
	13: "the cookie tells the truth",
}

// testCase is one law in one situation.
type testCase struct {
	name string
	law  int
	why  string
	run  func(*env)
}

// cases are all cases, in the order in which they are run.
var cases = slices.Concat(
	costCases, untouchedCases, cookieCases, responseCases, errorCases, panicCases, streamCases,
	hijackCases, mountCases, writerCases, proxyCases, faultCases, concurrentCases, cacheCases, clientCases, optionCases,
)

// check runs the case. A panic of the case is a failure too.
func (c testCase) check(fw Framework) (unmeasured string, err error) {
	e := newEnv(fw)
	defer func() {
		if p := recover(); p != nil && p != errStop {
			e.errorf("panic: %v\n%s", p, debug.Stack())
		}
		e.stop()
		if failed := errors.Join(e.failures...); failed != nil {
			err = &Failure{Case: c.name, Law: c.law, Why: c.why, Err: failed}
		}
	}()
	c.run(e)
	return e.unmeasured, nil
}
