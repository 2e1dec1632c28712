package core

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Manager ties a [Store] to a [Config] and gives requests their sessions. It is
// immutable, safe for concurrent use, and has no goroutine and nothing to close.
//
// One program may have several, each with a cookie name of its own (a site and
// its admin): each has its own place in a request's context.
type Manager struct {
	store   Store
	cfg     Config
	codec   Codec
	toucher Toucher
	rotator Rotator
	valid   func(key string) bool
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
	if err := configure(store, Settings{CookieName: cfg.CookieName, CookieAge: cfg.CookieAge, MaxSize: cfg.MaxSize, Now: cfg.Now}); err != nil {
		return nil, err
	}
	m := &Manager{store: store, cfg: cfg, codec: cfg.Codec, valid: ValidSessionKey}
	if m.codec == nil {
		c := DjangoCodec{
			SecretKey: cfg.SecretKey,
			Fallbacks: cfg.SecretKeyFallbacks,
			MaxSize:   cfg.MaxSize,
			Now:       cfg.Now,
		}
		if s, ok := As[Salter](store); ok {
			c.Salt = s.Salt()
		}
		if d, ok := As[Deflater](store); ok {
			c.DeflateFrom = d.DeflateFrom()
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
	return m, nil
}

// CookieName returns the name of the session cookie.
func (m *Manager) CookieName() string { return m.cfg.CookieName }

// Open returns the session under key outside of a request, for jobs, tools and
// tests: nothing is loaded before it is used and nothing is written before
// [Session.Save]. A key that cannot be one, or an empty one, opens a new session.
func (m *Manager) Open(ctx context.Context, key string) *Session {
	s := &Session{m: m, ctx: ctx}
	if m.valid(key) {
		s.key = key
	}
	return s
}

// Exists tells whether there is a living session under key, one that can be read.
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

// Delete removes the session under key and tells whether there was one. It is
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
		err = &StoreError{Op: "clear", Err: err}
		m.report(ctx, Event{Kind: EventFailed, Op: "clear", Count: cleared, Err: err, Duration: m.cfg.Now().Sub(start)})
		return cleared, err
	}
	m.report(ctx, Event{Kind: EventCleared, Op: "clear", Count: cleared, Duration: m.cfg.Now().Sub(start)})
	return cleared, nil
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
		return &StoreError{Op: "ping", Err: err}
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
		err = &StoreError{Op: "load", Err: err}
		m.report(ctx, Event{Kind: EventFailed, Op: "load", Err: err, Duration: now.Sub(start)})
		return Record{}, err
	}
	m.report(ctx, Event{Kind: EventLoaded, Op: "load", Err: err, Duration: now.Sub(start)})
	return rec, err
}

// delete removes a record. The caller has set the deadline.
func (m *Manager) delete(ctx context.Context, key string) (bool, error) {
	start := m.cfg.Now()
	existed, err := m.store.Delete(ctx, key)
	return existed, m.wrote(ctx, "delete", start, err)
}

// wrote reports a write of the store. Answers that mean something to the engine
// pass as they are; the rest becomes a StoreError.
func (m *Manager) wrote(ctx context.Context, op string, start time.Time, err error) error {
	d := m.cfg.Now().Sub(start)
	switch {
	case err == nil:
		m.report(ctx, Event{Kind: EventSaved, Op: op, Duration: d})
		return nil
	case errors.Is(err, ErrConflict):
		m.report(ctx, Event{Kind: EventConflict, Op: op, Duration: d})
		return ErrConflict
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrExists), isEncode(err):
		return err
	case errors.Is(err, ErrRefused):
		m.reject(ctx, "the store refuses to save the session", err)
		return err
	default:
		err = &StoreError{Op: op, Err: err}
		m.report(ctx, Event{Kind: EventFailed, Op: op, Err: err, Duration: d})
		return err
	}
}

// isEncode tells the caller's fault from the store's.
func isEncode(err error) bool {
	var enc *EncodeError
	return errors.As(err, &enc) || errors.Is(err, ErrTooLarge)
}
