package storetest

import (
	"time"

	"github.com/djinn-go/djinn/core"
)

var rotateCases = []testCase{
	{
		name:  "rotate/moves",
		law:   9,
		why:   "a login gives the session a new key and keeps what is in it",
		needs: needsRotator,
		run:   rotateMoves,
	},
	{
		name:  "rotate/conflict",
		law:   5,
		why:   "a rotation that was computed from old items undoes what others wrote since",
		needs: needsRotator,
		run:   rotateConflict,
	},
	{
		name:  "rotate/taken",
		law:   5,
		why:   "a rotation onto another's key hands over that session, or loses both",
		needs: needsRotator,
		run:   rotateTaken,
	},
	{
		name:  "rotate/absent",
		law:   4,
		why:   "a rotation of what was logged out brings it back under a new key",
		needs: needsRotator,
		run:   rotateAbsent,
	},
	{
		name:  "rotate/parallel",
		law:   4,
		why:   "two rotations at once must leave one key, or the loser's copy lives on unseen",
		needs: needsRotator,
		run:   rotateParallel,
	},
	{
		name:  "rotate/atomic",
		law:   9,
		why:   "while both keys work a thief keeps the old one; while neither does the visitor is logged out",
		needs: needsRotator,
		apart: true,
		run:   rotateAtomic,
	},
	{
		name:  "rotate/or-delete",
		law:   4,
		why:   "of a logout and a login at once one wins; if the logout does, no key is left",
		needs: needsRotator,
		run:   rotateOrDelete,
	},
}

func rotateMoves(e *env) {
	key := e.createLive(`{"cart":[1,2.0]}`)
	for _, withVersion := range []bool{true, false} {
		before := e.load(key)
		version := ""
		if withVersion {
			version = before.version
		}
		expires := in(5 * time.Hour)
		const json = `{"cart":[1,2.0],"user":"7"}`
		moved, err := e.rotator.Rotate(e.ctx, key, e.record(core.NewSessionKey(), json, expires, version))
		if err != nil {
			e.Fatalf("Rotate: got %w, want no error", err)
		}
		e.at("the new key after Rotate").wantRecord(moved, json, expires)
		if e.keyIsData {
			key = moved
			continue
		}
		e.at("the old key after Rotate").wantGone(key)
		e.at("the old key after Rotate").delete(key, false)
		key = moved
	}
}

func rotateConflict(e *env) {
	key := e.createLive(number(0))
	stale := e.load(key)
	if _, err := e.update(key, number(1), ""); err != nil {
		e.Fatalf("Update: got %w, want no error", err)
	}
	fresh := core.NewSessionKey()
	_, err := e.rotate(key, fresh, number(2), stale.version)
	e.wantError("Rotate with a version from before an update", err, core.ErrConflict)
	e.at("the new key after a Rotate that conflicted").wantGone(fresh)
	e.at("the old key after a Rotate that conflicted").wantData(key, number(1))
}

func rotateTaken(e *env) {
	key := e.createLive(`{"who":1}`)
	taken := e.createLive(`{"who":2}`)
	for _, to := range []string{taken, key} {
		_, err := e.rotate(key, to, `{"who":3}`, "")
		e.wantError("Rotate to a key that is taken", err, core.ErrExists)
		e.at("the old key after Rotate to one that is taken").wantData(key, `{"who":1}`)
		e.at("the key that was taken after Rotate to it").wantData(taken, `{"who":2}`)
	}
}

func rotateAbsent(e *env) {
	keys := e.expired()
	deleted := e.createLive(`{"a":1}`)
	last := e.load(deleted)
	if _, err := e.store.Delete(e.ctx, deleted); err != nil {
		e.Fatalf("Delete: got %w, want no error", err)
	}
	for _, version := range []string{"", last.version} {
		for _, old := range append(keys, deleted, core.NewSessionKey()) {
			fresh := core.NewSessionKey()
			_, err := e.rotate(old, fresh, `{"a":2}`, version)
			e.wantError("Rotate of an absent, deleted or expired record", err, core.ErrNotFound)
			for _, key := range []string{old, fresh} {
				e.at("after Rotate of an absent, deleted or expired record").wantGone(key)
			}
		}
	}
}
