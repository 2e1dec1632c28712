package gormstore

import (
	"context"
	"sync"
)

// listeners are told of changes that a cache in front of the store does not see.
type listeners struct {
	mu  sync.RWMutex
	all []func(context.Context, []string)
}

func (l *listeners) add(f func(context.Context, []string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, f)
}

func (l *listeners) any() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.all) > 0
}

func (l *listeners) tell(ctx context.Context, keys []string) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, f := range l.all {
		f(ctx, keys)
	}
}
