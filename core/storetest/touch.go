package storetest

import (
	"sync/atomic"
	"time"

	"github.com/djinn-go/djinn/core"
)

var touchCases = []testCase{
	{
		name:  "touch/extends",
		law:   8,
		why:   "a sliding expiry moves the expiry and nothing else",
		needs: needsToucher,
		run:   touchExtends,
	},
	{
		name:  "touch/backwards",
		law:   8,
		why:   "a slow request must not shorten what a faster one has extended",
		needs: needsToucher,
		run:   touchBackwards,
	},
	{
		name:  "touch/keeps-items",
		law:   5,
		why:   "a touch knows the items of its own request only; writing them undoes what others wrote",
		needs: needsToucher,
		run:   touchKeepsItems,
	},
	{
		name:  "touch/absent",
		law:   4,
		why:   "a page that only keeps the session alive must not bring back one that was logged out",
		needs: needsToucher,
		run:   touchAbsent,
	},
	{
		name:  "touch/amid-updates",
		law:   5,
		why:   "touches must neither lose nor hinder the writes beside them",
		needs: needsToucher,
		run:   touchAmidUpdates,
	},
}

func touchExtends(e *env) {
	key := e.createLive(`{"a":1.0}`)
	for _, d := range []time.Duration{2 * time.Hour, 14 * 24 * time.Hour} {
		expires := in(d)
		if err := e.touch(key, `{"a":1.0}`, expires); err != nil {
			e.Fatalf("Touch: got %w, want no error", err)
		}
		e.at("after Touch").wantRecord(key, `{"a":1.0}`, expires)
	}
}

func touchBackwards(e *env) {
	expires := in(2 * time.Hour)
	key := e.create(`{"a":1}`, expires)
	for _, d := range []time.Duration{time.Hour, -time.Hour} {
		if err := e.touch(key, `{"a":1}`, in(d)); err != nil {
			e.Fatalf("Touch with an earlier expiry: got %w, want no error", err)
		}
		e.at("after Touch with an earlier expiry").wantRecord(key, `{"a":1}`, expires)
	}
}

func touchKeepsItems(e *env) {
	key := e.createLive(`{"a":1}`)
	before := e.load(key)
	if err := e.touch(key, `{"stale":1}`, in(2*time.Hour)); err != nil {
		e.Fatalf("Touch: got %w, want no error", err)
	}
	after := e.load(key)
	if after.json != before.json {
		e.Fatalf("items after Touch: got %s, want %s still", after.json, before.json)
	}
	if after.version != before.version {
		e.Fatalf("Record.Version after Touch: got another one, want the same, or every write beside it conflicts")
	}
	if _, err := e.update(key, `{"a":2}`, before.version); err != nil {
		e.Fatalf("Update with the version from before Touch: got %w, want no error", err)
	}
}

func touchAbsent(e *env) {
	keys := e.expired()
	deleted := e.createLive(`{"a":1}`)
	if _, err := e.store.Delete(e.ctx, deleted); err != nil {
		e.Fatalf("Delete: got %w, want no error", err)
	}
	for _, key := range append(keys, deleted, core.NewSessionKey()) {
		err := e.touch(key, `{"a":1}`, in(time.Hour))
		e.wantError("Touch of an absent, deleted or expired record", err, core.ErrNotFound)
		e.at("after Touch of an absent, deleted or expired record").wantGone(key)
	}
}

func touchAmidUpdates(e *env) {
	var n atomic.Int64
	e.count(func(key string) {
		expires := in(2*time.Hour + time.Duration(n.Add(1))*time.Second)
		e.wantError("Touch", e.touch(key, number(0), expires), nil)
	})
}
