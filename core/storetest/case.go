package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/internal/suite"
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
	has  func(*env) bool
}

var (
	needsToucher = ability{"Toucher", func(e *env) bool { return e.toucher != nil }}
	needsRotator = ability{"Rotator", func(e *env) bool { return e.rotator != nil }}
	needsClearer = ability{"ExpiredClearer", func(e *env) bool { return e.clearer != nil }}
	needsPinger  = ability{"Pinger", func(e *env) bool { return e.pinger != nil }}
)

// missing says why the case cannot be run; empty if it can.
func (c testCase) missing(e *env) string {
	if c.needs.has == nil || c.needs.has(e) {
		return ""
	}
	return "the store is no core." + c.needs.name
}

// caseTimeout turns a store that hangs into a failure with a name.
const caseTimeout = 2 * time.Minute

// check runs the case. It returns why there was nothing to run, or the [*Failure].
func (c testCase) check(store core.Store, cfg *config) (missing string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), caseTimeout)
	defer cancel()
	failed := suite.Run(func(t suite.T) {
		e := newEnv(ctx, t, store, cfg)
		if missing = c.missing(e); missing == "" {
			c.run(e)
		}
	})
	if failed != nil {
		err = &Failure{Case: c.name, Law: c.law, Why: c.why, Err: failed}
	}
	return missing, err
}
