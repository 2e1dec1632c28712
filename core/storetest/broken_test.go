package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

// broken is a store that breaks one rule, as real ones do, and the cases that
// must notice.
type broken struct {
	fault    string
	cases    []string
	sabotage func(*faulty)
}

// brokenStores are sorted by the file of the case that they are for.
var brokenStores = slices.Concat(
	brokenLoads, brokenKeys, brokenCreates, brokenUpdates, brokenDeletes,
	brokenTouches, brokenRotations, brokenRefusals, brokenClearings, brokenManners,
)

// checkFaulty returns the names of the cases that notice the fault in that many
// rounds.
func checkFaulty(t *testing.T, b broken, rounds int) []string {
	t.Helper()
	err := Check(func() (core.Store, error) { return newFaulty(b.sabotage), nil }, Rounds(rounds))
	return failedCases(t, err)
}

// failedCases are the names of the cases in what Check returned.
func failedCases(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var names []string
	for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
		var f *Failure
		if !errors.As(err, &f) {
			t.Fatalf("Check: got %v, want nothing but *Failure", err)
		}
		if f.Why == "" || f.Err == nil || !strings.HasPrefix(f.Error(), f.Case+": ") {
			t.Errorf("failure without a case, a why or an error: %#v", f)
		}
		if text := f.Err.Error(); strings.Contains(text, "%!") || !strings.HasPrefix(text, "panic: ") && (!strings.Contains(text, "got ") || !strings.Contains(text, "want ")) {
			t.Errorf("%s: got the message %q, want one with got and want, and all its arguments", f.Case, text)
		}
		names = append(names, f.Case)
	}
	return names
}

func TestBrokenStoresAreCaught(t *testing.T) {
	t.Parallel()
	for _, b := range brokenStores {
		t.Run(b.fault, func(t *testing.T) {
			t.Parallel()
			got := checkFaulty(t, b, 100)
			missed := func(name string) bool { return !slices.Contains(got, name) }
			if slices.ContainsFunc(b.cases, missed) {
				got = checkFaulty(t, b, 2000) // races may fail to happen: look harder, once
			}
			for _, name := range b.cases {
				if missed(name) {
					t.Errorf("a store that %s: %s does not notice; those that do: %q", b.fault, name, got)
				}
			}
		})
	}
}

// A case that no broken store fails may be one that cannot fail.
func TestEveryCaseCatchesSomething(t *testing.T) {
	t.Parallel()
	caught := map[string]bool{}
	for _, b := range brokenStores {
		if len(b.cases) == 0 {
			t.Errorf("a store that %s: no case is expected to notice", b.fault)
		}
		for _, name := range b.cases {
			caught[name] = true
		}
	}
	for _, c := range cases {
		if !caught[c.name] {
			t.Errorf("case %s: no broken store is there for it", c.name)
		}
		delete(caught, c.name)
	}
	for name := range caught {
		t.Errorf("broken stores are there for %s, which is no case", name)
	}
}
