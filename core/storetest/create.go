package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/djinn-go/djinn/core"
)

var createCases = []testCase{
	{
		name: "create/taken",
		law:  5,
		why:  "a Create that overwrites hands one visitor's session to another",
		run:  createTaken,
	},
	{
		name: "create/taken-expired",
		law:  5,
		why:  "a Create that half-overwrites mixes old items with a new expiry",
		run:  createTakenExpired,
	},
	{
		name: "create/parallel",
		law:  5,
		why:  "two requests that both believe to own a key write over each other",
		run:  createParallel,
	},
}

func createTaken(e *env) {
	expires := in(time.Hour)
	key := e.create(`{"owner":1}`, expires)
	before := e.load(key)
	_, err := e.store.Create(e.ctx, e.record(key, `{"owner":2}`, in(2*time.Hour), ""))
	e.wantError("Create under a key that is taken", err, core.ErrExists)
	e.at("after Create under its key").wantRecord(key, `{"owner":1}`, expires)
	after := e.load(key)
	if after.version != before.version {
		e.Fatalf("Record.Version after Create under its key: got another one, want the same")
	}
}

func createTakenExpired(e *env) {
	keys := e.expired()
	for _, key := range keys {
		expires := in(time.Hour)
		key2, err := e.store.Create(e.ctx, e.record(key, `{"new":1}`, expires, ""))
		switch {
		case err == nil: // the store had dropped the expired record
			e.at("after Create under the key of an expired record").wantRecord(key2, `{"new":1}`, expires)
		case errors.Is(err, core.ErrExists):
			e.at("an expired record whose key Create found taken").wantAbsent(key)
		default:
			e.wantError("Create under the key of an expired record", err, core.ErrExists)
		}
	}
}

func createParallel(e *env) {
	const n = 8
	for range max(1, e.rounds/10) {
		key := core.NewSessionKey()
		errs := make([]error, n)
		e.Together(n, func(i int) {
			_, errs[i] = e.store.Create(e.ctx, e.record(key, number(i), in(time.Hour), ""))
		})
		winner := -1
		for i, err := range errs {
			if err != nil {
				e.wantError("parallel Create of one key", err, core.ErrExists)
				continue
			}
			if winner >= 0 {
				e.Fatalf("%d parallel Creates of one key: more than one got no error, want one", n)
			}
			winner = i
		}
		if winner < 0 {
			e.Fatalf("%d parallel Creates of one key: all got ErrExists, want one to win", n)
		}
		e.at("the record of the Create that won").wantData(key, number(winner))
	}
}

// number is an object with one number in it.
func number(n int) string { return fmt.Sprintf(`{"n":%d}`, n) }
