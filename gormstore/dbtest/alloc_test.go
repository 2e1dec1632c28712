package dbtest

import "testing"

// TestAllocations holds the store to what the same work by hand allocates. It is
// not parallel: other tests would be counted.
func TestAllocations(t *testing.T) {
	x := newBench(t)
	n := 0
	count := func(f func(*bench, int) error) float64 {
		return testing.AllocsPerRun(200, func() {
			if n++; f(x, n) != nil {
				t.Error("the work fails")
			}
		})
	}
	for _, w := range benchWork {
		store, byHand := count(w.store), count(w.byHand)
		t.Logf("%s: %.0f allocations, by hand %.0f", w.name, store, byHand)
		if store > byHand {
			t.Errorf("%s: got %.0f allocations, want at most the %.0f of the same work by hand", w.name, store, byHand)
		}
	}
}
