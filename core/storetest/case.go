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
	touchCases, rotateCases, unsupportedCases, clearCases, contextCases, secrecyCases,
)

// ability is what not every store can do.
type ability struct {
	name    string
	missing string // what the log says of a store without it
	has     func(*env) bool
}

var (
	needsToucher = ability{"Toucher", "the store is no core.Toucher, or its Touch answers errors.ErrUnsupported",
		func(e *env) bool { return e.toucher != nil }}
	needsRotator = ability{"Rotator", "the store is no core.Rotator, or its Rotate answers errors.ErrUnsupported",
		func(e *env) bool { return e.rotator != nil }}
	needsClearer = ability{"ExpiredClearer", "the store is no core.ExpiredClearer",
		func(e *env) bool { return e.clearer != nil }}
	needsPinger = ability{"Pinger", "the store is no core.Pinger",
		func(e *env) bool { return e.pinger != nil }}

	// The method is there, and answers errors.ErrUnsupported.
	needsNoTouch = ability{"no Touch", "the store has no Touch that answers errors.ErrUnsupported", func(e *env) bool {
		_, ok := e.store.(core.Toucher)
		return ok && e.toucher == nil
	}}
	needsNoRotate = ability{"no Rotate", "the store has no Rotate that answers errors.ErrUnsupported", func(e *env) bool {
		_, ok := e.store.(core.Rotator)
		return ok && e.rotator == nil
	}}
)

// missing says why the case cannot be run; empty if it can.
func (c testCase) missing(e *env) string {
	if c.needs.has == nil || c.needs.has(e) {
		return ""
	}
	return c.needs.missing
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
