package storetest

import (
	"fmt"
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

func rotateMoves(e *env) error {
	key, err := e.createLive(`{"cart":[1,2.0]}`)
	if err != nil {
		return err
	}
	for _, withVersion := range []bool{true, false} {
		before, err := e.load(key)
		if err != nil {
			return err
		}
		version := ""
		if withVersion {
			version = before.version
		}
		expires := in(5 * time.Hour)
		const json = `{"cart":[1,2.0],"user":"7"}`
		moved, err := e.rotator.Rotate(e.ctx, key, e.record(core.NewSessionKey(), json, expires, version))
		if err != nil {
			return fmt.Errorf("Rotate: got %w, want no error", err)
		}
		if err := e.wantRecord(moved, json, expires); err != nil {
			return fmt.Errorf("the new key after Rotate: %w", err)
		}
		if e.keyIsData {
			key = moved
			continue
		}
		if err := e.wantGone(key); err != nil {
			return fmt.Errorf("the old key after Rotate: %w", err)
		}
		if err := e.delete(key, false); err != nil {
			return fmt.Errorf("the old key after Rotate: %w", err)
		}
		key = moved
	}
	return nil
}

func rotateConflict(e *env) error {
	key, err := e.createLive(number(0))
	if err != nil {
		return err
	}
	stale, err := e.load(key)
	if err != nil {
		return err
	}
	if _, err := e.update(key, number(1), ""); err != nil {
		return fmt.Errorf("Update: %w", err)
	}
	fresh := core.NewSessionKey()
	_, err = e.rotate(key, fresh, number(2), stale.version)
	if err := wantError("Rotate with a version from before an update", err, core.ErrConflict); err != nil {
		return err
	}
	if err := e.wantGone(fresh); err != nil {
		return fmt.Errorf("the new key after a Rotate that conflicted: %w", err)
	}
	if err := e.wantData(key, number(1)); err != nil {
		return fmt.Errorf("the old key after a Rotate that conflicted: %w", err)
	}
	return nil
}

func rotateTaken(e *env) error {
	key, err := e.createLive(`{"who":1}`)
	if err != nil {
		return err
	}
	taken, err := e.createLive(`{"who":2}`)
	if err != nil {
		return err
	}
	for _, to := range []string{taken, key} {
		_, err = e.rotate(key, to, `{"who":3}`, "")
		if err := wantError("Rotate to a key that is taken", err, core.ErrExists); err != nil {
			return err
		}
		if err := e.wantData(key, `{"who":1}`); err != nil {
			return fmt.Errorf("the old key after Rotate to one that is taken: %w", err)
		}
		if err := e.wantData(taken, `{"who":2}`); err != nil {
			return fmt.Errorf("the key that was taken after Rotate to it: %w", err)
		}
	}
	return nil
}

func rotateAbsent(e *env) error {
	keys, err := e.expired()
	if err != nil {
		return err
	}
	deleted, err := e.createLive(`{"a":1}`)
	if err != nil {
		return err
	}
	last, err := e.load(deleted)
	if err != nil {
		return err
	}
	if _, err := e.store.Delete(e.ctx, deleted); err != nil {
		return fmt.Errorf("Delete: %w", err)
	}
	for _, version := range []string{"", last.version} {
		for _, old := range append(keys, deleted, core.NewSessionKey()) {
			fresh := core.NewSessionKey()
			_, err := e.rotate(old, fresh, `{"a":2}`, version)
			if err := wantError("Rotate of an absent, deleted or expired record", err, core.ErrNotFound); err != nil {
				return err
			}
			for _, key := range []string{old, fresh} {
				if err := e.wantGone(key); err != nil {
					return fmt.Errorf("after Rotate of an absent, deleted or expired record: %w", err)
				}
			}
		}
	}
	return nil
}
