package storetest

import (
	"fmt"
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

func updateVersionChanges(e *env) error {
	key, err := e.createLive(number(0))
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range 20 {
		got, err := e.load(key)
		if err != nil {
			return err
		}
		if err := wantVersion(got.record); err != nil {
			return err
		}
		if seen[got.version] {
			return fmt.Errorf("the version after %d updates is one the record had before", i)
		}
		seen[got.version] = true
		if key, err = e.update(key, number(i+1), got.version); err != nil {
			return fmt.Errorf("Update with the version just loaded: got %w, want no error", err)
		}
	}
	return e.wantData(key, number(20))
}

func updateConflict(e *env) error {
	key, err := e.createLive(number(0))
	if err != nil {
		return err
	}
	stale, err := e.load(key)
	if err != nil {
		return err
	}
	if err := wantVersion(stale.record); err != nil {
		return err
	}
	expires := in(3 * time.Hour)
	if _, err := e.store.Update(e.ctx, e.record(key, number(1), expires, stale.version)); err != nil {
		return fmt.Errorf("Update with the version just loaded: got %w, want no error", err)
	}
	current, err := e.load(key)
	if err != nil {
		return err
	}
	for _, version := range []string{stale.version, current.version + "x", "no version of this store"} {
		_, err = e.update(key, number(2), version)
		if err := wantError("Update with another version than the record has", err, core.ErrConflict); err != nil {
			return err
		}
		if err := e.wantRecord(key, number(1), expires); err != nil {
			return fmt.Errorf("after an Update that conflicted: %w", err)
		}
	}
	_, err = e.update(key, number(2), current.version)
	return wantError("Update with the current version, after others that conflicted", err, nil)
}

func updateReborn(e *env) error {
	key, err := e.createLive(number(0))
	if err != nil {
		return err
	}
	old, err := e.load(key)
	if err != nil {
		return err
	}
	if _, err := e.store.Delete(e.ctx, key); err != nil {
		return fmt.Errorf("Delete: %w", err)
	}
	if _, err := e.store.Create(e.ctx, e.record(key, number(2), in(time.Hour), "")); err != nil {
		return fmt.Errorf("Create under the key of a deleted record: got %w, want no error", err)
	}
	_, err = e.update(key, number(3), old.version)
	if err := wantError("Update with the version of the record that was deleted", err, core.ErrConflict); err != nil {
		return err
	}
	return e.wantData(key, number(2))
}

func updateNoVersion(e *env) error {
	key, err := e.createLive(number(0))
	if err != nil {
		return err
	}
	for i := range 3 {
		if _, err := e.update(key, number(i), ""); err != nil {
			return fmt.Errorf("Update without a version: got %w, want no error", err)
		}
		if err := e.wantData(key, number(i)); err != nil {
			return err
		}
	}
	return nil
}

func updateAbsent(e *env) error {
	for _, version := range []string{"", "1"} {
		key := core.NewSessionKey()
		_, err := e.update(key, `{"a":1}`, version)
		if err := wantError("Update of an absent record", err, core.ErrNotFound); err != nil {
			return err
		}
		if err := e.wantGone(key); err != nil {
			return fmt.Errorf("after Update of an absent record: %w", err)
		}
	}
	return nil
}

func updateDeleted(e *env) error {
	key, err := e.createLive(`{"a":1}`)
	if err != nil {
		return err
	}
	last, err := e.load(key)
	if err != nil {
		return err
	}
	if _, err := e.store.Delete(e.ctx, key); err != nil {
		return fmt.Errorf("Delete: %w", err)
	}
	for _, version := range []string{"", last.version} {
		_, err = e.update(key, `{"a":2}`, version)
		if err := wantError("Update of a deleted record", err, core.ErrNotFound); err != nil {
			return err
		}
		if err := e.wantGone(key); err != nil {
			return fmt.Errorf("after Update of a deleted record: %w", err)
		}
	}
	return nil
}

func updateExpired(e *env) error {
	keys, err := e.expired()
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := e.wantGone(key); err != nil {
			return fmt.Errorf("an expired record: %w", err)
		}
	}
	return nil
}

func updateHandMade(e *env) error {
	key, err := e.createLive(`{"a":1}`)
	if err != nil {
		return err
	}
	for _, keys := range []map[string]string{handMade(), lookAlikes(key)} {
		for what, key := range keys {
			if err := e.wantGone(key); err != nil {
				return fmt.Errorf("a key that is %s: %w", what, err)
			}
		}
	}
	return e.wantData(key, `{"a":1}`)
}
