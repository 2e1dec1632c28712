// Package storetest is the contract of core.Store as a test suite. Whoever writes a
// store runs it in a test of their own:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t testing.TB) core.Store {
//			store, err := redisstore.New(…)
//			if err != nil {
//				t.Fatal(err)
//			}
//			return store
//		})
//	}
//
// Each rule is a case with a name, the law of sessions it belongs to, and a sentence
// that says what goes wrong for visitors if the store breaks it. To run one again:
//
//	go test -run 'TestStore/update/absent'
//
// The function may return a new store each time, or the same one, or stores that share
// one table: all keys are random, and no case depends on what another left. Nothing
// else may write expired sessions there meanwhile, because the suite clears them and
// counts.
//
// # What a store cannot do
//
// Optional interfaces are found as the engine finds them. [core.Toucher] and
// [core.Rotator] count if the store itself has them, not one that it wraps, unless it
// answers errors.ErrUnsupported, which it must then do for every record. The others are
// found with [core.As]. Cases about what a store does not have are not run, and the log
// says which. A store that breaks a law by its nature declares that with [Waive]; other
// limits have options too: [MaxSize], [ExpiryPrecision], [KeyIsData].
//
// # Time
//
// The suite uses the real clock and waits for nothing to expire. A store with a clock
// of its own must have the right time. [Rounds] says how long the cases about races
// search. [Check] is the suite without a *testing.T.
package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/djinn-go/djinn/core"
)

// Run runs each case as a subtest, on a store of its own that open returns. What
// open needs to release goes into t.Cleanup.
func Run(t *testing.T, open func(t testing.TB) core.Store, opts ...Option) {
	t.Helper()
	cfg, err := newConfig(opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range cfg.waived {
		t.Logf("law %d (%s) is waived: %s", w.law, laws[w.law], w.reason)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if why := cfg.excused(c); why != "" {
				t.Logf("not run: %s", why)
				return
			}
			missing, err := c.check(open(t), cfg)
			if missing != "" {
				t.Logf("not run: %s", missing)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Check runs each case on a store of its own that open returns, and joins what
// failed: each a [*Failure] that errors.As finds. It is nil for a store that
// keeps every rule. Check is for harnesses without a *testing.T; it prints
// nothing, and closes nothing that open opened.
func Check(open func() (core.Store, error), opts ...Option) error {
	cfg, err := newConfig(opts)
	if err != nil {
		return err
	}
	var failures []error
	for _, c := range cases {
		if cfg.excused(c) != "" {
			continue
		}
		store, err := open()
		if err != nil {
			return fmt.Errorf("storetest: open a store for %s: %w", c.name, err)
		}
		if _, err := c.check(store, cfg); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// Failure is one rule that a store broke.
type Failure struct {
	// Case is the name of the case, such as "update/absent".
	Case string
	// Law is the number of the law, 0 for what only the comments of core.Store
	// say.
	Law int
	// Why says what goes wrong for visitors.
	Why string
	// Err says what the store did and what it should have done.
	Err error
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %v\n\twhy: %s (law %d: %s)", f.Case, f.Err, f.Why, f.Law, laws[f.Law])
}

// Unwrap returns what the store did.
func (f *Failure) Unwrap() error { return f.Err }

// laws are the laws of sessions that concern a store, by number.
var laws = map[int]string{
	0:  "the contract of core.Store",
	3:  "the client never chooses a key",
	4:  "logout is final",
	5:  "no lost updates",
	6:  "a failure never looks like a logout",
	8:  "nothing unchanged is written",
	9:  "rotation keeps the data",
	11: "secrets stay secret",
}
