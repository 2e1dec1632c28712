package lograce

import (
	"flag"
	"os"
	"strings"
	"sync"
	"testing"
)

var (
	interleavings = flag.Int("interleavings", 0, "how many of each site and scenario; by default 1,000 of each site, fewer with -short")
	oneSeed       = flag.Uint64("seed", 0, "play the interleaving of this seed alone and print its steps")
)

// TestMain lets more sites play at once than there are processors: most of them wait
// for a disk. -parallel has no say.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// perScenario is how many interleavings a site plays of each of its scenarios.
func perScenario(scenarios int) uint64 {
	switch {
	case *interleavings > 0:
		return uint64(*interleavings)
	case testing.Short():
		return 50
	default:
		return uint64(1000 / scenarios)
	}
}

// cell is what came of one scenario on one site.
type cell struct{ ran, back uint64 }

// results are the cells by site and scenario.
type results struct {
	mu    sync.Mutex
	cells map[string]map[string]cell
}

func TestLogoutRace(t *testing.T) {
	all := results{cells: make(map[string]map[string]cell)}
	t.Cleanup(func() { checkPage(t, all.cells) }) // after the parallel ones
	for _, g := range groups {
		for _, e := range g.entries {
			t.Run(strings.ReplaceAll(e.name, "/", "-"), func(t *testing.T) {
				t.Parallel()
				row := raceSite(t, e.open(t), g.holds)
				all.mu.Lock()
				defer all.mu.Unlock()
				all.cells[e.name] = row
			})
		}
	}
}

// raceSite plays every scenario that the site can do.
func raceSite(t *testing.T, s *site, holds bool) map[string]cell {
	var can []*scenario
	for i := range scenarios {
		if scenarios[i].possible(s) {
			can = append(can, &scenarios[i])
		}
	}
	s.holds = holds
	row, total := make(map[string]cell), cell{}
	for _, sc := range can {
		t.Run(sc.name, func(t *testing.T) {
			// A session that nobody ends is kept by whoever is not to be trusted to
			// end it.
			got := sc.race(t, s, perScenario(len(can)), holds || sc.name == "kept")
			t.Logf("%d of %d interleavings went wrong", got.back, got.ran)
			row[sc.name] = got
			total.ran += got.ran
			total.back += got.back
		})
	}
	if !holds && total.back == 0 && total.ran >= 500 {
		t.Error("no session came back, want some: can the program fail at all?")
	}
	return row
}

// race plays one scenario with seeds from 1.
func (sc *scenario) race(t *testing.T, s *site, n uint64, holds bool) (c cell) {
	first, last := uint64(1), n
	if *oneSeed != 0 {
		first, last = *oneSeed, *oneSeed
	}
	for seed := first; seed <= last; seed++ {
		r, wrong := sc.run(t, s, seed)
		c.ran++
		if *oneSeed != 0 {
			t.Logf("seed %d: %s\n%s", seed, wrong, r)
		}
		if wrong == "" {
			continue
		}
		c.back++
		if holds && c.back <= 3 {
			name := strings.ReplaceAll(t.Name(), "/", "$/^")
			t.Errorf("%s; to see it alone: go test . -run '^%s$' -seed %d\n%s", wrong, name, seed, r)
		}
	}
	return c
}
