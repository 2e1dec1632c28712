package storetest

import (
	"time"

	"github.com/djinn-go/djinn/core"
)

var updateCases = []testCase{
	{
		name: "update/version-changes",
		law:  5,
		why:  "without a version that changes with the items, no store can notice a concurrent write",
		run:  updateVersionChanges,
	},
	{
		name: "update/conflict",
		law:  5,
		why:  "a write that was computed from old items undoes what others wrote since",
		run:  updateConflict,
	},
	{
		name: "update/reborn",
		law:  5,
		why:  "a version from before a deletion must not match the record that came after it",
		run:  updateReborn,
	},
	{
		name: "update/no-version",
		law:  5,
		why:  "an empty version means whatever is there",
		run:  updateNoVersion,
	},
	{
		name: "update/absent",
		law:  4,
		why:  "an update that inserts brings back sessions that were logged out",
		run:  updateAbsent,
	},
	{
		name: "update/deleted",
		law:  4,
		why:  "a request that was under way during a logout must not undo it",
		run:  updateDeleted,
	},
	{
		name: "update/expired",
		law:  4,
		why:  "a session that has expired stays expired, cleared or not",
		run:  updateExpired,
	},
	{
		name: "update/hand-made",
		law:  4,
		why:  "no key that a client made up can be written to",
		run:  updateHandMade,
	},
	{
		name: "update/counter",
		law:  5,
		why:  "two requests that count at once must count two",
		run:  updateCounter,
	},
	{
		name: "update/torn",
		law:  5,
		why:  "items of one write with the expiry of another belong to nobody; a gap between them is a logout",
		run:  updateTorn,
	},
}

func updateVersionChanges(e *env) {
	key := e.createLive(number(0))
	seen := map[string]bool{}
	for i := range 20 {
		got := e.load(key)
		e.wantVersion(got.record)
		if seen[got.version] {
			e.Fatalf("Record.Version after %d updates: got one that the record had before, want a new one", i)
		}
		seen[got.version] = true
		var err error
		if key, err = e.update(key, number(i+1), got.version); err != nil {
			e.Fatalf("Update with the version just loaded: got %w, want no error", err)
		}
	}
	e.wantData(key, number(20))
}

func updateConflict(e *env) {
	key := e.createLive(number(0))
	stale := e.load(key)
	e.wantVersion(stale.record)
	expires := in(3 * time.Hour)
	if _, err := e.store.Update(e.ctx, e.record(key, number(1), expires, stale.version)); err != nil {
		e.Fatalf("Update with the version just loaded: got %w, want no error", err)
	}
	current := e.load(key)
	for _, version := range []string{stale.version, current.version + "x", "no version of this store"} {
		_, err := e.update(key, number(2), version)
		e.wantError("Update with another version than the record has", err, core.ErrConflict)
		e.at("after an Update that conflicted").wantRecord(key, number(1), expires)
	}
	_, err := e.update(key, number(2), current.version)
	e.wantError("Update with the current version, after others that conflicted", err, nil)
}

func updateReborn(e *env) {
	key := e.createLive(number(0))
	old := e.load(key)
	if _, err := e.store.Delete(e.ctx, key); err != nil {
		e.Fatalf("Delete: got %w, want no error", err)
	}
	if _, err := e.store.Create(e.ctx, e.record(key, number(2), in(time.Hour), "")); err != nil {
		e.Fatalf("Create under the key of a deleted record: got %w, want no error", err)
	}
	_, err := e.update(key, number(3), old.version)
	e.wantError("Update with the version of the record that was deleted", err, core.ErrConflict)
	e.wantData(key, number(2))
}

func updateNoVersion(e *env) {
	key := e.createLive(number(0))
	for i := range 3 {
		if _, err := e.update(key, number(i), ""); err != nil {
			e.Fatalf("Update without a version: got %w, want no error", err)
		}
		e.wantData(key, number(i))
	}
}

func updateAbsent(e *env) {
	for _, version := range []string{"", "1"} {
		key := core.NewSessionKey()
		_, err := e.update(key, `{"a":1}`, version)
		e.wantError("Update of an absent record", err, core.ErrNotFound)
		e.at("after Update of an absent record").wantGone(key)
	}
}

func updateDeleted(e *env) {
	key := e.createLive(`{"a":1}`)
	last := e.load(key)
	if _, err := e.store.Delete(e.ctx, key); err != nil {
		e.Fatalf("Delete: got %w, want no error", err)
	}
	for _, version := range []string{"", last.version} {
		_, err := e.update(key, `{"a":2}`, version)
		e.wantError("Update of a deleted record", err, core.ErrNotFound)
		e.at("after Update of a deleted record").wantGone(key)
	}
}

func updateExpired(e *env) {
	keys := e.expired()
	for _, key := range keys {
		e.at("an expired record").wantGone(key)
	}
}

func updateHandMade(e *env) {
	key := e.createLive(`{"a":1}`)
	for _, keys := range []map[string]string{handMade(), lookAlikes(key)} {
		for what, key := range keys {
			e.at("a key that is %s", what).wantGone(key)
		}
	}
	e.wantData(key, `{"a":1}`)
}
