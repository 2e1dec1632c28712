package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/djinn-go/djinn/core"
)

// testCase is one rule.
type testCase struct {
	name string
	law  int
	why  string
	// needs is the ability without which there is nothing to check.
	needs ability
	// apart: the case needs records that are something else than their key, so that
	// they expire or go when they are told to.
	apart bool
	run   func(*env)
}

// cases are all rules, in the order in which they are run.
var cases = slices.Concat(
	loadCases, keyCases, createCases, updateCases, deleteCases,
	touchCases, rotateCases, clearCases, contextCases, secrecyCases,
)

// ability is an optional interface of a store.
type ability struct {
	name string
	has  func(core.Store) bool
}

var (
	needsToucher = ability{"Toucher", func(s core.Store) bool { return toucherOf(s) != nil }}
	needsRotator = ability{"Rotator", func(s core.Store) bool { return rotatorOf(s) != nil }}
	needsClearer = ability{"ExpiredClearer", has[core.ExpiredClearer]}
	needsPinger  = ability{"Pinger", has[core.Pinger]}
)

func has[T any](s core.Store) bool {
	_, ok := core.As[T](s)
	return ok
}

// missing says why the case cannot be run on store; empty if it can.
func (c testCase) missing(store core.Store) string {
	if c.needs.has == nil || c.needs.has(store) {
		return ""
	}
	return "the store is no core." + c.needs.name
}

// caseTimeout turns a store that hangs into a failure with a name.
const caseTimeout = 2 * time.Minute

// check runs the case. A panic of the store is a failure too.
func (c testCase) check(store core.Store, cfg *config) error {
	ctx, cancel := context.WithTimeout(context.Background(), caseTimeout)
	defer cancel()
	e := newEnv(ctx, store, cfg)
	func() {
		defer e.catch()
		c.run(e)
	}()
	if err := errors.Join(e.failures.all...); err != nil {
		return &Failure{Case: c.name, Law: c.law, Why: c.why, Err: err}
	}
	return nil
}
