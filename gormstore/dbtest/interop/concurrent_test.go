package interop

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

// countsAtOnce: a browser visits both sites at the same time, again and again, and
// each counts its own visits in the session. Go loses none of its own counts and
// none of Django's. Django, which writes the whole session as it had read it, sets
// Go's counter back now and then; by how much is counted where it happens, so that
// what is missing in the end is Django's doing to the last one.
func countsAtOnce(t *testing.T, p *place) {
	const rounds = 200
	b := visitor(t, p.golang, edit{Set: `{"go":0,"django":0}`})
	visit := p.countingVisits(t, b)
	p.process.call(t, "count_overwritten", nil, nil)
	for round := range rounds {
		var both sync.WaitGroup
		both.Go(func() { visit(time.Duration(round%8) * time.Millisecond) })
		answer := p.django.(*djangoSite).visit(t, copyOf(b), "increment", nil)
		both.Wait()
		if answer.Before != round {
			t.Fatalf("after %d visits Django counts %d: Go lost an update of Django's", round, answer.Before)
		}
	}
	var lost int
	p.process.call(t, "overwritten", nil, &lost)
	p.golang.(*goSite).visit(t, copyOf(b), func(_ context.Context, s *core.Session) {
		if got := core.Get[int](s, "django"); got != rounds {
			t.Errorf("Django's counter is %d, want %d", got, rounds)
		}
		if got := core.Get[int](s, "go"); got+lost != rounds {
			t.Errorf("Go's counter is %d, and Django has overwritten %d updates: %d in all, want %d", got, lost, got+lost, rounds)
		}
	})
	p.remark = fmt.Sprint(lost)
}

// countingVisits returns a visit to Go that takes some time between reading the
// session and writing it: less or more than Django's view.
func (p *place) countingVisits(t *testing.T, b *browser) func(pause time.Duration) {
	const count core.Key[int] = "go"
	site := p.golang.(*goSite)
	m := site.manager(t)
	return func(pause time.Duration) {
		status := site.serve(m, copyOf(b), func(_ context.Context, s *core.Session) {
			count.Get(s)
			time.Sleep(pause)
			count.Update(s, func(n int) int { return n + 1 })
		})
		if status != http.StatusOK {
			t.Errorf("Go answers with status %d, want 200", status)
		}
	}
}
