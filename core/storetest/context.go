package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/djinn-go/djinn/core"
)

var contextCases = []testCase{
	{
		name: "context/ended",
		law:  6,
		why:  "a load that was cut short must not look like a session that is not there: that is a logout",
		run:  contextEnded,
	},
	{
		name: "context/writes-nothing",
		law:  6,
		why:  "who is told that a call failed must not find it done",
		run:  contextWritesNothing,
	},
	{
		name:  "context/ping",
		why:   "a health check that ignores its deadline hangs when it is needed",
		needs: needsPinger,
		run:   contextPing,
	},
}

// endedContexts are contexts that have ended before the call.
func (e *env) endedContexts() (map[string]context.Context, func()) {
	cancelled, cancel := context.WithCancel(e.ctx)
	cancel()
	late, cancelLate := context.WithDeadline(e.ctx, time.Now().Add(-time.Second))
	return map[string]context.Context{"cancelled": cancelled, "past its deadline": late}, cancelLate
}

// call is one method of the store with fitting arguments.
type call struct {
	name string
	do   func(context.Context) error
}

// calls are calls that would succeed, for the record under key, from which fresh
// is the key to go to. Delete is the last.
func (e *env) calls(key, fresh string) []call {
	rec := e.record(key, `{"changed":1}`, in(9*time.Hour), "")
	moved := e.record(fresh, `{"changed":1}`, in(9*time.Hour), "")
	all := []call{
		{"Load", func(ctx context.Context) error { _, err := e.store.Load(ctx, key); return err }},
		{"Create", func(ctx context.Context) error { _, err := e.store.Create(ctx, moved); return err }},
		{"Update", func(ctx context.Context) error { _, err := e.store.Update(ctx, rec); return err }},
	}
	if e.toucher != nil {
		all = append(all, call{"Touch", func(ctx context.Context) error { return e.toucher.Touch(ctx, rec) }})
	}
	if e.rotator != nil {
		all = append(all, call{"Rotate", func(ctx context.Context) error { _, err := e.rotator.Rotate(ctx, key, moved); return err }})
	}
	return append(all, call{"Delete", func(ctx context.Context) error { _, err := e.store.Delete(ctx, key); return err }})
}

func contextEnded(e *env) {
	contexts, cancel := e.endedContexts()
	defer cancel()
	for _, key := range []string{core.NewSessionKey(), ""} { // "" stands for a record that is there
		if key == "" {
			key = e.createLive(`{"a":1}`)
		}
		for what, ctx := range contexts {
			for _, c := range e.calls(key, core.NewSessionKey()) {
				err := c.do(ctx)
				if err == nil {
					e.Fatalf("%s with a context that is %s: got no error, want one", c.name, what)
				}
				for _, answer := range []error{core.ErrNotFound, core.ErrExists, core.ErrConflict} {
					if errors.Is(err, answer) {
						e.Fatalf("%s with a context that is %s: got %s, want an error that is no answer", c.name, what, describe(err))
					}
				}
			}
		}
	}
}

func contextWritesNothing(e *env) {
	contexts, cancel := e.endedContexts()
	defer cancel()
	expires := in(time.Hour)
	key := e.create(`{"a":1}`, expires)
	for what, ctx := range contexts {
		fresh := core.NewSessionKey()
		for _, c := range e.calls(key, fresh) {
			if c.do(ctx) == nil {
				e.Fatalf("%s with a context that is %s: got no error, want one", c.name, what)
			}
			e.at("after %s with a context that is %s", c.name, what).wantRecord(key, `{"a":1}`, expires)
			e.at("after %s with a context that is %s: the key it would have made", c.name, what).wantAbsent(fresh)
		}
	}
}

func contextPing(e *env) {
	if err := e.pinger.Ping(e.ctx); err != nil {
		e.Fatalf("Ping: got %w, want no error", err)
	}
	contexts, cancel := e.endedContexts()
	defer cancel()
	for what, ctx := range contexts {
		if e.pinger.Ping(ctx) == nil {
			e.Fatalf("Ping with a context that is %s: got no error, want one", what)
		}
	}
}
