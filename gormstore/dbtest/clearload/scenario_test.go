//go:build nightly

package clearload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// cleaner is the ClearExpired of a store.
type cleaner func(s *site) func(context.Context, core.ClearOptions) (cleared int64, err error)

// ours is the one that the limits are for.
func ours(s *site) func(context.Context, core.ClearOptions) (int64, error) {
	return s.store.ClearExpired
}

// scenario is how large a run is.
type scenario struct {
	expired, live, inUse int
	opts                 core.ClearOptions
	quiet, expiring      time.Duration // of the phases that do not end by themselves
}

// phase is what was measured in a part of a run.
type phase struct {
	name string
	figures
	deadlocks int64         // that a request, a late save or a cleaner was told of
	cleared   int64         // rows removed
	took      time.Duration // by the cleaners
	extended  int           // sessions that were extended while a cleaner was about to remove them
	tooLate   int           // those that a cleaner had removed
	lost      int           // living sessions that are not in the table any more
	left      int64         // expired rows that still are
}

// perSecond is how many rows were removed in a second.
func (p phase) perSecond() float64 { return float64(p.cleared) / p.took.Seconds() }

// result is a run on one database.
type result struct {
	database, version string
	machine           string // its load average when the run began
	phases            []phase
}

// run measures first what requests take while nobody clears, then while one cleaner
// removes a backlog, then two at once, and at last two that never stop while
// requests extend sessions at the moment at which they expire.
func run(t *testing.T, d dbtest.Database, sc scenario, clear cleaner) result {
	t.Helper()
	s := newSite(t, d)
	r := result{database: d.Name, version: version(t, s.db), machine: loadAverage()}
	living := sessions(sc.live, time.Now().Add(time.Hour), twoWeeks, s.payload)
	backlog := s.backlog(sc.expired)
	insert(t, s.db, append(living, backlog...)...)
	settle(t, s.db)
	l := &load{site: s.handler, inUse: keys(living)}
	rand.Shuffle(len(l.inUse), func(i, j int) { l.inUse[i], l.inUse[j] = l.inUse[j], l.inUse[i] })
	live := l.inUse
	l.inUse = l.inUse[:sc.inUse]

	l.during(t.Context(), func() { time.Sleep(sc.quiet / 5) }) // opens connections, fills caches
	r.phases = append(r.phases, s.measure(t, "no cleaner", l, func(*phase) { time.Sleep(sc.quiet) }))
	for _, nodes := range []int{1, 2} {
		if nodes > 1 {
			backlog = s.backlog(sc.expired)
			insert(t, s.db, backlog...)
			settle(t, s.db)
		}
		saver := &lateSaver{site: s, backlog: keys(backlog)}
		name := fmt.Sprintf("%d cleaner", nodes)
		start := time.Now()
		p := s.measure(t, name, l, func(p *phase) {
			saver.while(t.Context(), func() { s.clear(t, p, nodes, clear, sc.opts) })
		})
		live = append(live, saver.saved...)
		for _, err := range saver.failed {
			p.failed["late save: "+err.Error()]++
		}
		p.extended, p.lost, p.left = len(saver.saved), lost(t, s.db, live), left(t, s.db, start)
		r.phases = append(r.phases, p)
	}
	r.phases = append(r.phases, s.expire(t, l, sc, clear, live))
	return r
}

// backlog is n rows that have expired within the last two weeks.
func (s *site) backlog(n int) []gormstore.DjangoSession {
	return sessions(n, time.Now().Add(-twoWeeks), twoWeeks-time.Second, s.payload)
}

// measure is a phase: requests while work runs.
func (s *site) measure(t *testing.T, name string, l *load, work func(p *phase)) phase {
	t.Helper()
	p := phase{name: name}
	before := s.deadlocks.Load()
	p.figures = summarize(l.during(t.Context(), func() { work(&p) }))
	p.deadlocks = s.deadlocks.Load() - before
	return p
}

// clear lets so many nodes clear at once, until all have finished.
func (s *site) clear(t *testing.T, p *phase, nodes int, clear cleaner, opts core.ClearOptions) {
	var (
		cleared atomic.Int64
		cleaner sync.WaitGroup
	)
	start := time.Now()
	for range nodes {
		cleaner.Go(func() {
			n, err := clear(s)(t.Context(), opts)
			cleared.Add(n)
			if err != nil {
				s.note(err)
				t.Errorf("%s: ClearExpired: got error %v, want none", p.name, err)
			}
		})
	}
	cleaner.Wait()
	p.took += time.Since(start)
	p.cleared += cleared.Load()
}

// expire is the last phase. All requests that change a session change one that
// expires just then: either it is extended, and must live, or it is gone.
func (s *site) expire(t *testing.T, l *load, sc scenario, clear cleaner, live []string) phase {
	t.Helper()
	soon := time.Now().Add(time.Second)
	half := int(sc.expiring.Seconds()) * perSecond / changes / 2 // of the requests that change one: no queue builds up
	rows := sessions(half, soon, sc.expiring, s.payload)
	insert(t, s.db, rows...)
	for _, row := range rows {
		early := rand.N(60*time.Millisecond) - 10*time.Millisecond
		l.expiring = append(l.expiring, expiring{string(row.SessionKey), row.ExpireDate.Add(-early)})
	}
	end := soon.Add(sc.expiring)
	p := s.measure(t, "2 cleaners without end", l, func(p *phase) {
		for time.Now().Before(end) {
			s.clear(t, p, 2, clear, sc.opts)
			time.Sleep(5 * time.Millisecond)
		}
	})
	start := time.Now()
	s.clear(t, &p, 1, clear, sc.opts)
	p.extended, p.tooLate = len(l.extended), l.tooLate
	p.lost, p.left = lost(t, s.db, append(live, l.extended...)), left(t, s.db, start)
	return p
}

// loadAverage is what the machine did in the last minute, in processes.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
