package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/djinn-go/djinn/core"
)

var loadCases = []testCase{
	{
		name: "load/numbers",
		why:  "an amount that comes back as another number, or as text, is a wrong amount",
		run:  roundTrip(`{"int":1,"float":1.0,"neg":-0,"negf":-0.0,"exp":1e400,"big":` + strings.Repeat("9876543210", 20) + `,"nan":NaN,"inf":Infinity,"ninf":-Infinity,"max":18446744073709551615}`),
	},
	{
		name: "load/order",
		why:  "the items keep the order in which they were set, as in Django",
		run:  roundTrip(`{"z":1,"a":2,"m":3,"B":4,"0":5,"a2":{"y":1,"x":2}}`),
	},
	{
		name: "load/unicode",
		why:  "names and messages of visitors are in every script; old sites hold broken halves of a character",
		run: roundTrip(
			`{"\u00fcber":"na\u00efve","cjk":"\u65e5\u672c\u8a9e","emoji":"\ud83e\uddde","rtl":"\u202eabc"}`,
			`{"lone":"\ud800","lone2":"\udc00 \ud800x","nul":"\u0000","ctl":"\u001f\u007f\b\t\n\f\r"}`,
			`{"quotes":"' \" \\ % _ `+"`"+` $1 ? :x @x -- ; /* */","html":"<b>&amp;</b>","":"empty name"}`,
		),
	},
	{
		name: "load/shapes",
		why:  "null, false, empty and nested values are different things",
		run: roundTrip(
			`{"null":null,"t":true,"f":false,"s":"","l":[],"o":{},"n":[[[{"a":[null]}]]]}`,
			`{"_auth_user_id":"1","_auth_user_backend":"django.contrib.auth.backends.ModelBackend","_session_expiry":1209600}`,
			`{"deep":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`}`,
		),
	},
	{
		name: "load/empty",
		why:  "a session that was emptied is not a session that is gone",
		run:  roundTrip(`{}`),
	},
	{
		name: "load/long",
		why:  "a column or a buffer that cuts off long texts loses the whole session",
		run:  roundTrip(`{"same":"`+strings.Repeat("x", 100_000)+`"}`, `{"any":"`+noise(100_000)+`"}`, manyItems(1000)),
	},
	{
		name: "load/record",
		why:  "the engine compares keys, and clocks of other zones shift what it computes",
		run:  loadRecord,
	},
	{
		name:  "load/expiry",
		why:   "an expiry that loses its digits or its zone ends sessions early or never",
		apart: true,
		run:   loadExpiry,
	},
	{
		name:  "load/expired",
		law:   3,
		why:   "an expired session that still works keeps people logged in on machines they left",
		apart: true,
		run:   loadExpired,
	},
	{
		name: "load/only-reads",
		law:  8,
		why:  "a read that writes makes every page view cost a write",
		run:  loadOnlyReads,
	},
	{
		name: "load/snapshot",
		law:  5,
		why:  "a record that changes while a request works with it shows one visitor's half of another's",
		run:  loadSnapshot,
	},
}

// roundTrip creates records with these items, and updates one to all of them.
func roundTrip(texts ...string) func(*env) {
	return func(e *env) {
		for _, json := range texts {
			if e.maxSize > 0 && len(json) > e.maxSize {
				continue
			}
			key := e.createLive(json)
			e.at("after Create").wantData(key, json)
			other := e.createLive(`{"before":1}`)
			other, err := e.update(other, json, "")
			if err != nil {
				e.Fatalf("Update to %s: got %w, want no error", short(json), err)
			}
			e.at("after Update").wantData(other, json)
		}
	}
}

// noise is text that does not compress well, always the same.
func noise(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// manyItems is an object with n items.
func manyItems(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"item%d":%d`, i, i)
	}
	return "{" + b.String()[1:] + "}"
}

func loadRecord(e *env) {
	key := e.createLive(`{"a":1}`)
	got := e.load(key)
	if got.record.Key != key {
		e.Fatalf("Record.Key: got another key, want the one that was asked for")
	}
	if loc := got.record.ExpireDate.Location(); loc != time.UTC {
		e.Fatalf("Record.ExpireDate: got a time in %s, want UTC", loc)
	}
}

func loadExpiry(e *env) {
	zone := time.FixedZone("east", 14*3600)
	for _, expires := range []time.Time{
		in(time.Minute), in(14 * 24 * time.Hour), in(50 * 365 * 24 * time.Hour), // the years Django's arithmetic allows and beyond
		in(time.Hour).In(zone), in(time.Hour).Add(876543 * time.Nanosecond), time.Now().Add(time.Hour),
	} {
		key := e.create(`{"a":1}`, expires)
		e.at("after Create").wantRecord(key, `{"a":1}`, expires)
		// Update sets the expiry that it is given, sooner or later.
		for _, d := range []time.Duration{-30 * time.Second, time.Hour} {
			to := expires.Add(d)
			var err error
			if key, err = e.store.Update(e.ctx, e.record(key, `{"a":1}`, to, "")); err != nil {
				e.Fatalf("Update: got %w, want no error", err)
			}
			e.at("after Update by %s", d).wantRecord(key, `{"a":1}`, to)
		}
	}
}

// expired returns the keys of records that have expired: one was created so, one
// was updated to it. The store may have dropped them.
func (e *env) expired() []string {
	past := in(-time.Minute) // less than any two zones differ by
	born := e.create(`{"a":1}`, past)
	moved := e.createLive(`{"a":1}`)
	moved, err := e.store.Update(e.ctx, e.record(moved, `{"a":2}`, past, ""))
	if err != nil {
		e.Fatalf("Update to an expiry that has passed: got %w, want no error", err)
	}
	return []string{born, moved}
}

func loadExpired(e *env) {
	keys := e.expired()
	for _, key := range keys {
		for range 2 { // the first Load must not revive it for the second
			e.at("an expired record").wantAbsent(key)
		}
	}
}

func loadOnlyReads(e *env) {
	key := e.createLive(`{"a":1}`)
	first := e.load(key)
	for range 3 {
		again := e.load(key)
		if again.version != first.version {
			e.Fatalf("Record.Version: got another one, want the same, because nobody wrote")
		}
		if !again.expires.Equal(first.expires) {
			e.Fatalf("expiry: got %s, want %s as before, because nobody wrote", again.expires, first.expires)
		}
	}
}

func loadSnapshot(e *env) {
	const before, after = `{"who":"alice"}`, `{"who":"mallo"}`
	key := e.createLive(before)
	early, err := e.store.Load(e.ctx, key)
	e.wantError("Load", err, nil)
	if _, err := e.update(key, after, ""); err != nil {
		e.Fatalf("Update: got %w, want no error", err)
	}
	late := e.load(key)
	if late.json != after {
		e.Fatalf("items after Update: got %s, want %s", late.json, after)
	}
	got := e.at("the record that was loaded before the update").text(early)
	if got != before {
		e.Fatalf("the record that was loaded before the update: got %s, want %s still", got, before)
	}
}

// wantVersion fails unless the record has a version.
func (e *env) wantVersion(rec core.Record) {
	if rec.Version == "" {
		e.Fatalf("Record.Version: got an empty one, which Update takes for \"whatever is there\", want one of this state of the record")
	}
}
