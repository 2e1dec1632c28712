package trace

import (
	"context"
	"crypto/rand"
	"sync"
)

// shelf keeps the traces of requests that ended with a redirect until the page
// they led to shows them.
type shelf struct {
	mu    sync.Mutex
	names []string // oldest first
	kept  map[string]Snapshot
}

// shelfKey finds the shelf in a request's context.
type shelfKey struct{}

// shelfSize is how many traces wait; the oldest goes first.
const shelfSize = 100

// Link returns a name under which the trace will be found, once, by Take.
func (t *Trace) Link() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.link == "" {
		t.link = rand.Text()
	}
	return t.link
}

// Take returns the trace of that name, the first time it is asked for.
func Take(ctx context.Context, name string) (Snapshot, bool) {
	s, ok := ctx.Value(shelfKey{}).(*shelf)
	if !ok || name == "" {
		return Snapshot{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	snap, ok := s.kept[name]
	delete(s.kept, name)
	return snap, ok
}

func (s *shelf) put(name string, snap Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = make(map[string]Snapshot)
	}
	s.kept[name] = snap
	s.names = append(s.names, name)
	if len(s.names) > shelfSize {
		delete(s.kept, s.names[0])
		s.names = s.names[1:]
	}
}
