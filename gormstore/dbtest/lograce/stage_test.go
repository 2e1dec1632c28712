package lograce

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// stage lets actors go on in an order drawn from a seed. They are goroutines that
// halt wherever they call halt; all stand still but those that have been given
// their cue. One seed gives one order, but for what happens between two that were
// let go together.
type stage struct {
	rng    *rand.Rand
	actors []*actor
	steps  []string // what was done, for people
}

// actor is somebody who does one thing, step by step.
type actor struct {
	name   string
	act    func(ctx context.Context)
	cue    chan struct{}
	halted chan string // where; empty when act is over
}

func newStage(seed uint64) *stage { return &stage{rng: rand.New(rand.NewPCG(seed, 0))} }

func (s *stage) enter(name string, act func(ctx context.Context)) {
	s.actors = append(s.actors, &actor{
		name: fmt.Sprintf("%d %s", len(s.actors)+1, name), act: act, cue: make(chan struct{}), halted: make(chan string),
	})
}

type actorKey struct{}

// halt stops the actor that ctx belongs to until it is its turn again. Where is what
// it is about to do. Nobody may halt while holding what others wait for.
func halt(ctx context.Context, where string) {
	if a, ok := ctx.Value(actorKey{}).(*actor); ok {
		a.halted <- where
		<-a.cue
	}
}

// play runs the actors until all are done.
func (s *stage) play(t *testing.T) {
	waiting := slices.Clone(s.actors)
	for _, a := range waiting {
		go func() {
			<-a.cue
			a.act(context.WithValue(t.Context(), actorKey{}, a))
			a.halted <- ""
		}()
	}
	fairness := 0.25 + 0.75*s.rng.Float64() // low: one goes on and on while the others stand still
	for first := true; len(waiting) > 0; first = false {
		if first || s.rng.Float64() < fairness {
			s.rng.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
		}
		n := 1
		if s.rng.IntN(8) == 0 {
			n = min(2, len(waiting))
		}
		together := slices.Clone(waiting[:n])
		for _, a := range together {
			a.cue <- struct{}{}
		}
		for _, a := range together {
			where := s.await(t, a)
			if where == "" {
				where = "is done"
				waiting = slices.DeleteFunc(waiting, func(b *actor) bool { return a == b })
			}
			s.steps = append(s.steps, a.name+": "+where)
		}
		if n > 1 {
			s.steps[len(s.steps)-1] += " (together)"
		}
	}
}

// await waits for the next halt of an actor, which is a matter of milliseconds.
func (s *stage) await(t *testing.T, a *actor) string {
	select {
	case where := <-a.halted:
		return where
	case <-time.After(30 * time.Second):
		t.Fatalf("%s neither halts nor ends: it waits for one that stands still\n%s", a.name, s)
		return ""
	}
}

// String is the order in which things happened.
func (s *stage) String() string { return "  " + strings.Join(s.steps, "\n  ") }
