//go:build nightly

package clearload

import (
	"fmt"
	"testing"
	"time"

	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// The two sizes: of the run whose limits want a quiet machine, and with -short.
var (
	full = scenario{expired: 200_000, live: 200_000, inUse: 20_000, quiet: 10 * time.Second, expiring: 10 * time.Second}
	tiny = scenario{expired: 10_000, live: 10_000, inUse: 1000, quiet: 3 * time.Second, expiring: 2 * time.Second}
)

// limits of a run.
type limits struct {
	factor    float64       // p99 while cleaners run, at most so many times what it is without
	p99       time.Duration // instead of factor
	perSecond float64       // rows that one cleaner removes, at least
}

var databases = []struct {
	dbtest.Database
	full limits
}{
	{dbtest.SQLite, limits{p99: 100 * time.Millisecond, perSecond: 10_000}},
	{dbtest.Postgres, limits{factor: 3, perSecond: 10_000}},
	{dbtest.MySQL, limits{factor: 3, perSecond: 10_000}},
}

// loose are the limits of the small run, which shares the machine with other tests.
var loose = limits{p99: 3 * time.Second}

// broken tells what in r is not as it must be.
func (l limits) broken(r result) (list []string) {
	for _, p := range r.phases {
		say := func(format string, args ...any) {
			list = append(list, p.name+": "+fmt.Sprintf(format, args...))
		}
		for what, n := range p.failed {
			say("%d requests %s", n, what)
		}
		if p.deadlocks > 0 {
			say("%d deadlocks", p.deadlocks)
		}
		if p.lost > 0 {
			say("%d living sessions are gone", p.lost)
		}
		if p.left > 0 {
			say("%d expired rows are left", p.left)
		}
	}
	quiet := r.phases[0]
	atMost := max(l.p99, time.Duration(l.factor*float64(quiet.p99)))
	for _, p := range r.phases[1:3] {
		if p.p99 > atMost {
			list = append(list, fmt.Sprintf("%s: p99 %v, want at most %v (%v without cleaner)", p.name, p.p99, atMost, quiet.p99))
		}
		if p.perSecond() < l.perSecond {
			list = append(list, fmt.Sprintf("%s: %.0f rows a second, want at least %.0f", p.name, p.perSecond(), l.perSecond))
		}
	}
	return list
}

// raceDetector reports whether the race detector is on.
var raceDetector bool

// TestClearLoad runs on one database after the other: they share the machine.
func TestClearLoad(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes everything slow, and this is about time")
	}
	if *update && testing.Short() {
		t.Fatal("-update wants the full run: leave out -short")
	}
	var (
		results []result
		asked   []limits
	)
	for _, d := range databases {
		t.Run(d.Name, func(t *testing.T) {
			sc, limits := full, d.full
			if testing.Short() {
				sc, limits = tiny, loose
			}
			r := run(t, d.Database, sc, ours)
			for _, p := range r.phases {
				t.Logf("%+v", p)
			}
			for _, what := range limits.broken(r) {
				t.Error(what)
			}
			results, asked = append(results, r), append(asked, limits)
		})
	}
	if *update && len(results) == len(databases) {
		savePage(t, results, asked)
	}
}
