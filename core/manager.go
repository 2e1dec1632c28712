package core

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Manager ties a [Store] to a [Config] and gives requests their sessions. It is
// immutable, safe for concurrent use, and has no goroutine and nothing to close.
//
// One program may have several, each with a cookie name of its own (a site and
// its admin): each has its own place in a request's context.
type Manager struct {
	reporter
	store   Store
	cfg     Config
	codec   Codec
	toucher Toucher // nil if store is none
	rotator Rotator
	valid   func(key string) bool // reports whether a cookie's value can be a key
}

// New returns a Manager, or an error that names every setting that is wrong and
// what to write instead. It does no I/O and takes no ownership of the store.
func New(store Store, cfg Config) (*Manager, error) {
	if store == nil {
		return nil, errors.New("djinn: New: the store is nil: pass one, for example memstore.New() or gormstore.New(db)")
	}
	cfg.SecretKeyFallbacks = append([]Secret(nil), cfg.SecretKeyFallbacks...)
	cfg.complete()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	m := &Manager{reporter: reporter{cfg.Logger, cfg.Observer}, store: store, cfg: cfg, codec: cfg.Codec, valid: ValidSessionKey}
	if m.codec == nil {
		c := DjangoCodec{
			SecretKey: cfg.SecretKey,
			Fallbacks: cfg.SecretKeyFallbacks,
			MaxSize:   cfg.MaxSize,
			Now:       cfg.Now,
		}
		if s, ok := As[Salter](store); ok {
			c.Salt, c.DeflateFrom = s.Salt(), s.DeflateFrom()
		}
		codec, err := c.New()
		if err != nil {
			return nil, err
		}
		m.codec = codec
	}
	// Of the outermost store alone: a wrapper that does not know of these two would
	// be passed by, and what it adds (a cache, a log) would not learn of the write.
	m.toucher, _ = store.(Toucher)
	m.rotator, _ = store.(Rotator)
	if v, ok := As[KeyValidator](store); ok {
		m.valid = v.ValidSessionKey
	}
	// Last, because a store keeps what it is told.
	if err := configure(store, Settings{CookieName: cfg.CookieName, CookieAge: cfg.CookieAge, MaxSize: cfg.MaxSize, Now: cfg.Now}); err != nil {
		return nil, err
	}
	return m, nil
}

// CookieName returns the name of the session cookie.
func (m *Manager) CookieName() string { return m.cfg.CookieName }

// Exists reports whether there is a living session under key, one that can be read.
func (m *Manager) Exists(ctx context.Context, key string) (bool, error) {
	if !m.valid(key) {
		return false, nil
	}
	ctx, cancel := m.deadline(ctx)
	defer cancel()
	rec, err := m.load(ctx, key)
	if err == nil {
		_, err = rec.Decode(m.codec)
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrUndecodable) {
		return false, nil
	}
	return err == nil, err
}

// Delete removes the session under key and reports whether there was one. It is
// final: a request that is using the session cannot bring it back.
func (m *Manager) Delete(ctx context.Context, key string) (existed bool, err error) {
	if !m.valid(key) {
		return false, nil
	}
	ctx, cancel := m.deadline(ctx)
	defer cancel()
	return m.delete(ctx, key)
}

// ClearExpired removes expired records, as Django's clearsessions does, if the
// store has any to remove ([ExpiredClearer]); otherwise the error is
// errors.ErrUnsupported.
func (m *Manager) ClearExpired(ctx context.Context, opts ClearOptions) (cleared int64, err error) {
	c, ok := As[ExpiredClearer](m.store)
	if !ok {
		return 0, fmt.Errorf("djinn: %T has no expired sessions to clear: %w", m.store, errors.ErrUnsupported)
	}
	start := m.cfg.Now()
	cleared, err = c.ClearExpired(ctx, opts)
	if err != nil {
		err = &StoreError{Op: OpClear, Err: err}
		m.report(ctx, Event{Kind: EventFailed, Op: OpClear, Count: cleared, Err: err, Duration: m.cfg.Now().Sub(start)})
		return cleared, err
	}
	m.report(ctx, Event{Kind: EventCleared, Op: OpClear, Count: cleared, Duration: m.cfg.Now().Sub(start)})
	return cleared, nil
}

// ClearPeriodically calls [Manager.ClearExpired] again and again, about every so
// often, until ctx ends, and returns why it ended: clearsessions for a program
// that has no cron.
//
//	go m.ClearPeriodically(ctx, time.Hour, core.ClearOptions{})
//
// The first run comes at a random moment within the first interval and each later
// one up to a tenth early or late, so that nodes which start together do not clear
// together; several that do so all the same do no harm. A run that fails is
// reported (log, [Config.Observer]) and tried again at the next turn. At once it
// returns only if there is nothing to do: the store has no expired records
// (errors.ErrUnsupported), or the interval is not positive.
func (m *Manager) ClearPeriodically(ctx context.Context, every time.Duration, opts ClearOptions) error {
	if every <= 0 {
		return fmt.Errorf("djinn: ClearPeriodically: the interval is %s: pass one such as time.Hour", every)
	}
	if _, ok := As[ExpiredClearer](m.store); !ok {
		_, err := m.ClearExpired(ctx, opts) // says so, without a wait
		return err
	}
	wait := rand.N(every)
	for {
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		if _, err := m.ClearExpired(ctx, opts); errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		wait = every - every/10 + rand.N(every/5+1)
	}
}

// sleep waits for d, or until ctx ends, and returns why it did.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return context.Cause(ctx)
}

// Ping asks the store whether its backing service answers; nil for a store that
// has none.
func (m *Manager) Ping(ctx context.Context) error {
	p, ok := As[Pinger](m.store)
	if !ok {
		return nil
	}
	ctx, cancel := m.deadline(ctx)
	defer cancel()
	if err := p.Ping(ctx); err != nil {
		return &StoreError{Op: OpPing, Err: err}
	}
	return nil
}

// Format prints a Manager without its keys.
func (m *Manager) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "core.Manager(%T, cookie %q)", m.store, m.cfg.CookieName)
}

// load asks the store. The caller has set the deadline. What is not ErrNotFound is a StoreError.
func (m *Manager) load(ctx context.Context, key string) (Record, error) {
	start := m.cfg.Now()
	rec, err := m.store.Load(ctx, key)
	now := m.cfg.Now()
	if err == nil && !rec.ExpireDate.After(now) {
		err = ErrNotFound
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = &StoreError{Op: OpLoad, Err: err}
		m.report(ctx, Event{Kind: EventFailed, Op: OpLoad, Err: err, Duration: now.Sub(start)})
		return Record{}, err
	}
	m.report(ctx, Event{Kind: EventLoaded, Op: OpLoad, Err: err, Duration: now.Sub(start)})
	return rec, err
}

// delete removes a record. The caller has set the deadline.
func (m *Manager) delete(ctx context.Context, key string) (bool, error) {
	start := m.cfg.Now()
	existed, err := m.store.Delete(ctx, key)
	return existed, m.written(ctx, OpDelete, start, err)
}

// written reports what came of a write of the store. Answers that mean something to
// the engine pass as they are; the rest becomes a StoreError.
func (m *Manager) written(ctx context.Context, op Op, start time.Time, err error) error {
	e := Event{Kind: EventSaved, Op: op, Duration: m.cfg.Now().Sub(start)}
	switch {
	case err == nil:
	case errors.Is(err, ErrConflict):
		e.Kind, err = EventConflict, ErrConflict
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrExists), isEncode(err):
		return err
	case errors.Is(err, ErrRefused):
		e.Kind, e.Err = EventRefused, err
	default:
		err = &StoreError{Op: op, Err: err}
		e.Kind, e.Err = EventFailed, err
	}
	m.report(ctx, e)
	return err
}

// deadline bounds calls of the store.
func (m *Manager) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, m.cfg.StoreTimeout)
}
