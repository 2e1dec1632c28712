package storetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/djinn-go/djinn/core"
)

var secrecyCases = []testCase{
	{
		name: "secrecy/errors",
		law:  11,
		why:  "errors end up in logs that many read; a key in one is a login for all of them",
		run:  secrecyErrors,
	},
	{
		name: "secrecy/print",
		law:  11,
		why:  "a store that prints its records puts them into the first log line that has the store in it",
		run:  secrecyPrint,
	},
}

const canary = "canary-of-the-payload"

// secrecyErrors makes the store fail in all ways that need no fault, and reads
// what it says.
func secrecyErrors(e *env) {
	const json = `{"card":"` + canary + `"}`
	key := e.createLive(json)
	got := e.load(key)
	other, fresh, unknown := core.NewSessionKey(), core.NewSessionKey(), core.NewSessionKey()
	long := strings.Repeat(core.NewSessionKey(), 40)
	secrets := []string{canary, key, other, fresh, unknown, long}
	if got.record.Encoded != "" {
		secrets = append(secrets, got.record.Encoded)
	}

	if _, err := e.update(key, json, ""); err != nil {
		e.Fatalf("Update: got %w, want no error", err)
	}
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	for _, k := range []string{key, unknown, long, "quote'" + unknown} {
		_, err := e.store.Load(e.ctx, k)
		note(err)
		_, err = e.update(k, json, "a stale version")
		note(err)
		if e.toucher != nil {
			note(e.touch(k, json, in(-time.Hour)))
		}
		if e.rotator != nil {
			_, err = e.rotate(k, key, json, "")
			note(err)
		}
	}
	for _, k := range []string{key, long, "nul\x00" + unknown} { // taken, and such as a column may refuse
		_, err := e.store.Create(e.ctx, e.record(k, json, in(time.Hour), ""))
		note(err)
	}
	contexts, cancel := e.endedContexts()
	defer cancel()
	for _, ctx := range contexts {
		for _, c := range e.calls(key, fresh) {
			note(c.do(ctx))
		}
	}
	for _, err := range errs {
		e.wantSecret(err, secrets)
	}
}

// wantSecret fails if err prints one of the secrets, in any verb, or if an error
// that it wraps does.
func (e *env) wantSecret(err error, secrets []string) {
	if err == nil {
		return
	}
	text := fmt.Sprintf("%v %+v %q", err, err, err)
	for _, s := range secrets {
		if i := strings.Index(text, s); i >= 0 {
			e.Fatalf("an error of type %T: got %s, want neither a key nor a payload in it", err, short(strings.ReplaceAll(text, s, "<SECRET>")))
		}
	}
	switch w := err.(type) {
	case interface{ Unwrap() []error }:
		for _, inner := range w.Unwrap() {
			e.wantSecret(inner, secrets)
		}
	default:
		e.wantSecret(errors.Unwrap(err), secrets)
	}
}

func secrecyPrint(e *env) {
	key := e.createLive(`{"card":"` + canary + `"}`)
	rec, err := e.store.Load(e.ctx, key)
	e.wantError("Load", err, nil)
	things := map[string]any{"the store": e.store, "a loaded record": rec, "a pointer to a loaded record": &rec, "a list of records": []core.Record{rec}}
	for what, thing := range things {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			text := fmt.Sprintf(verb, thing)
			for _, secret := range []string{key, canary} {
				if strings.Contains(text, secret) {
					e.Fatalf("%s printed with %s: got a key or an item in it, want neither", what, verb)
				}
			}
		}
	}
}
