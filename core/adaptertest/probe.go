package adaptertest

import (
	"context"
	"strings"
	"sync"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// probe is a memstore that counts what it is asked and fails when told to. It
// hides the optional abilities, so that the engine takes the four basic steps.
type probe struct {
	inner core.Store

	mu    sync.Mutex
	calls []string
	live  map[string]bool
	fails map[string]error
}

func newProbe() *probe {
	inner, err := memstore.New()
	if err != nil {
		panic(err) // without options there is none
	}
	return &probe{inner: inner, live: map[string]bool{}, fails: map[string]error{}}
}

// fail makes an operation fail from now on, or work again if err is nil.
func (p *probe) fail(op string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails[op] = err
}

// took returns the operations since the last look.
func (p *probe) took() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := strings.Join(p.calls, " ")
	p.calls = nil
	return calls
}

// rows is how many records there are.
func (p *probe) rows() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.live)
}

func (p *probe) begin(op string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, op)
	return p.fails[op]
}

// Load is part of core.Store.
func (p *probe) Load(ctx context.Context, key string) (core.Record, error) {
	if err := p.begin("load"); err != nil {
		return core.Record{}, err
	}
	return p.inner.Load(ctx, key)
}

// Create is part of core.Store.
func (p *probe) Create(ctx context.Context, rec core.Record) (string, error) {
	if err := p.begin("create"); err != nil {
		return "", err
	}
	key, err := p.inner.Create(ctx, rec)
	if err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.live[key] = true
	}
	return key, err
}

// Update is part of core.Store.
func (p *probe) Update(ctx context.Context, rec core.Record) (string, error) {
	if err := p.begin("update"); err != nil {
		return "", err
	}
	return p.inner.Update(ctx, rec)
}

// Delete is part of core.Store.
func (p *probe) Delete(ctx context.Context, key string) (bool, error) {
	if err := p.begin("delete"); err != nil {
		return false, err
	}
	existed, err := p.inner.Delete(ctx, key)
	if err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.live, key)
	}
	return existed, err
}
