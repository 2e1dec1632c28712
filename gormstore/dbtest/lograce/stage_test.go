package lograce

import (
	"cmp"
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
// let go together, and for who waits for a lock of the database.
type stage struct {
	rng    *rand.Rand
	actors []*actor
	halts  chan halted
	steps  []string // what was done, for people

	// patience is how long to wait for the actors that were let go before others are.
	// They take that long if they wait for a lock that one who stands still has.
	patience time.Duration
}

// actor is somebody who does one thing, step by step.
type actor struct {
	name string
	act  func(ctx context.Context)
	cue  chan struct{}
	to   chan<- halted
}

// halted is an actor before his next step, or at the end of his last, which has no
// name.
type halted struct {
	*actor
	where string
}

// stuck is how long everything may stand still; a step takes milliseconds.
const stuck = 30 * time.Second

func newStage(seed uint64) *stage {
	return &stage{rng: rand.New(rand.NewPCG(seed, 0)), halts: make(chan halted), patience: stuck}
}

func (s *stage) enter(name string, act func(ctx context.Context)) {
	s.actors = append(s.actors, &actor{
		name: fmt.Sprintf("%d %s", len(s.actors)+1, name), act: act, cue: make(chan struct{}), to: s.halts,
	})
}

type actorKey struct{}

// halt stops the actor that ctx belongs to until it is its turn again. Where is what
// it is about to do. It must not hold what others wait for in ways that patience does
// not help.
func halt(ctx context.Context, where string) {
	if a, ok := ctx.Value(actorKey{}).(*actor); ok {
		a.to <- halted{a, where}
		<-a.cue
	}
}

// play runs the actors until all are done.
func (s *stage) play(t *testing.T) {
	standing := slices.Clone(s.actors)
	for _, a := range standing {
		go func() {
			<-a.cue
			a.act(context.WithValue(t.Context(), actorKey{}, a))
			a.to <- halted{a, ""}
		}()
	}
	fairness := 0.25 + 0.75*s.rng.Float64() // low: one goes on and on while the others stand still
	s.shuffle(standing)
	for moving := 0; len(standing)+moving > 0; {
		if s.rng.Float64() < fairness {
			s.shuffle(standing)
		}
		n := 1
		if s.rng.IntN(8) == 0 {
			n = 2
		}
		n = min(n, len(standing))
		gone := standing[:n]
		standing, moving = slices.Clone(standing[n:]), moving+n
		for _, a := range gone {
			a.cue <- struct{}{}
		}
		arrived := s.await(t, gone, len(standing) > 0)
		moving -= len(arrived)
		standing = append(arrivedStanding(arrived), standing...)
	}
}

func (s *stage) shuffle(actors []*actor) {
	s.rng.Shuffle(len(actors), func(i, j int) { actors[i], actors[j] = actors[j], actors[i] })
}

// await waits for those who have just been let go to halt, and takes whoever else
// comes. If there is somebody to be let go instead, it waits until patience is over,
// and otherwise for anybody.
func (s *stage) await(t *testing.T, gone []*actor, others bool) (arrived []halted) {
	limit := stuck
	if others {
		limit = s.patience
	}
	over := time.NewTimer(limit)
	defer over.Stop()
	for expected := len(gone); expected > 0 || !others; {
		select {
		case h := <-s.halts:
			arrived = append(arrived, h)
			s.steps = append(s.steps, h.name+": "+cmp.Or(h.where, "is done"))
			if slices.Contains(gone, h.actor) {
				expected--
			}
			others = true
			over.Reset(s.patience)
		case <-over.C:
			if !others {
				t.Fatalf("nobody halts or ends any more\n%s", s)
			}
			return arrived
		}
	}
	return arrived
}

// arrivedStanding are those who have something left to do.
func arrivedStanding(arrived []halted) (actors []*actor) {
	for _, h := range arrived {
		if h.where != "" {
			actors = append(actors, h.actor)
		}
	}
	return actors
}

// String is the order in which things happened.
func (s *stage) String() string { return "  " + strings.Join(s.steps, "\n  ") }
