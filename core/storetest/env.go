package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/internal/suite"
)

// env is what a case works with: the store, and the handful of calls from which
// all cases are built. Its methods are safe for concurrent use.
type env struct {
	suite.T
	*config
	ctx   context.Context
	store core.Store
	codec core.Codec

	// The abilities, nil if the store lacks them.
	toucher core.Toucher
	rotator core.Rotator
	clearer core.ExpiredClearer
	pinger  core.Pinger
}

func newEnv(ctx context.Context, t suite.T, store core.Store, cfg *config) *env {
	e := &env{T: t, config: cfg, ctx: ctx, store: store, codec: codec}
	e.toucher, e.rotator = toucherOf(ctx, store), rotatorOf(ctx, store)
	e.clearer, _ = core.As[core.ExpiredClearer](store)
	e.pinger, _ = core.As[core.Pinger](store)
	return e
}

// at is e for a part of the case: what goes wrong there is said with that in front.
func (e *env) at(format string, args ...any) *env {
	part := *e
	part.T = e.At(format, args...)
	return &part
}

// toucherOf returns the store as a core.Toucher as the engine takes it: if it is one
// itself, and does not say that it cannot.
func toucherOf(ctx context.Context, store core.Store) core.Toucher {
	t, ok := store.(core.Toucher)
	if !ok || errors.Is(t.Touch(ctx, unknown()), errors.ErrUnsupported) {
		return nil
	}
	return t
}

// rotatorOf is toucherOf for a core.Rotator.
func rotatorOf(ctx context.Context, store core.Store) core.Rotator {
	r, ok := store.(core.Rotator)
	if !ok {
		return nil
	}
	if _, err := r.Rotate(ctx, core.NewSessionKey(), unknown()); errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return r
}

// unknown is a record of which no store knows.
func unknown() core.Record {
	return core.Record{Key: core.NewSessionKey(), ExpireDate: in(time.Hour)}.WithCodec(codec)
}

// codec is that of all records.
var codec = func() core.Codec {
	c, err := core.DjangoCodec{SecretKey: "storetest: not a secret"}.New()
	if err != nil {
		panic(err)
	}
	return c
}()

// in returns a moment that far from now, with all digits a clock can have.
func in(d time.Duration) time.Time {
	return time.Now().Add(d).Truncate(time.Second).Add(123456789 * time.Nanosecond).UTC()
}

// values parses a JSON object that is part of the suite.
func values(json string) core.Values {
	v, err := core.ParseValues(json)
	if err != nil {
		panic(fmt.Sprintf("storetest: %.60s: %v", json, err))
	}
	return v
}

// record puts a record together as the engine does.
func (e *env) record(key, json string, expires time.Time, version string) core.Record {
	rec := core.Record{Key: key, Values: values(json), ExpireDate: expires, Version: version}
	return rec.WithCodec(e.codec)
}

// create creates a record under a new key and returns the key.
func (e *env) create(json string, expires time.Time) string {
	key, err := e.store.Create(e.ctx, e.record(core.NewSessionKey(), json, expires, ""))
	if err != nil {
		e.Fatalf("Create under a new key: got %w, want no error", err)
	}
	return key
}

// createLive is create for a record that lives for an hour, which most do.
func (e *env) createLive(json string) string { return e.create(json, in(time.Hour)) }

// update replaces the record and returns its key and what the store said.
func (e *env) update(key, json string, version string) (string, error) {
	return e.store.Update(e.ctx, e.record(key, json, in(time.Hour), version))
}

// touch moves the expiry, with values that the stored record may not have.
func (e *env) touch(key, json string, expires time.Time) error {
	return e.toucher.Touch(e.ctx, e.record(key, json, expires, ""))
}

// rotate moves the record to a new key.
func (e *env) rotate(oldKey, newKey, json, version string) (string, error) {
	return e.rotator.Rotate(e.ctx, oldKey, e.record(newKey, json, in(time.Hour), version))
}

// loaded is a record that a store returned, decoded.
type loaded struct {
	json    string
	expires time.Time
	version string
	record  core.Record
}

// load returns the record under key, which must be there.
func (e *env) load(key string) loaded {
	rec, err := e.store.Load(e.ctx, key)
	if err != nil {
		e.Fatalf("Load: got %w, want the record", err)
	}
	return loaded{e.text(rec), rec.ExpireDate, rec.Version, rec}
}

// text decodes a loaded record.
func (e *env) text(rec core.Record) string {
	v, err := rec.Decode(e.codec)
	if err != nil {
		e.Fatalf("decode the loaded record: got %w, want no error", err)
	}
	return string(v.AppendJSON(nil))
}

// wantData fails unless the record under key has the items of json.
func (e *env) wantData(key, json string) {
	got := e.load(key)
	if got.json != json {
		e.Fatalf("items: got %s, want %s", short(got.json), short(json))
	}
}

// wantRecord is wantData, and the expiry must be that of expires.
func (e *env) wantRecord(key, json string, expires time.Time) {
	e.wantData(key, json)
	got := e.load(key)
	e.wantExpiry(got.expires, expires)
}

func (e *env) wantExpiry(got, want time.Time) {
	if d := got.Sub(want).Abs(); d > e.precision && !e.keyIsData {
		e.Fatalf("expiry: got %s, want %s, within %s", got.Format(time.RFC3339Nano), want.Format(time.RFC3339Nano), e.precision)
	}
}

// wantGone fails unless key is unknown to every method that takes one, and stays
// unknown. It leaves nothing behind.
func (e *env) wantGone(key string) {
	e.wantAbsent(key)
	_, err := e.update(key, `{"late":1}`, "")
	e.wantError("Update", err, core.ErrNotFound)
	if e.toucher != nil {
		e.wantError("Touch", e.touch(key, `{"late":1}`, in(2*time.Hour)), core.ErrNotFound)
	}
	e.wantAbsent(key)
}

// wantAbsent fails unless Load does not find key.
func (e *env) wantAbsent(key string) {
	rec, err := e.store.Load(e.ctx, key)
	if err == nil && e.keyIsData {
		_, err = rec.Decode(e.codec)
		e.wantError("Decode of a made-up record", err, core.ErrUndecodable)
		return
	}
	e.wantError("Load", err, core.ErrNotFound)
}

// wantError fails unless err is want. A nil want means no error.
func (e *env) wantError(op string, err, want error) {
	if !errors.Is(err, want) {
		e.Fatalf("%s: got %s, want %s", op, describe(err), describe(want))
	}
}

func describe(err error) string {
	if err == nil {
		return "no error"
	}
	return fmt.Sprintf("error %q", err)
}

// short cuts a text that would fill the screen.
func short(s string) string {
	if len(s) <= 200 {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:200], len(s))
}
