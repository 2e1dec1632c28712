// Package memstore keeps sessions in the memory of one process: for tests, for
// development, and for services that run as a single process and may forget
// their sessions when they restart.
//
// It keeps core.Values as they are, without encoding, signature or copy, so that
// loading a session allocates nothing. It starts no goroutine: each new session
// clears up to two expired ones, so that those never pile up, and
// [Store.ClearExpired] clears them all.
//
// Sessions are not shared between processes. Where there is more than one, use a
// database (gormstore) or a cache.
package memstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/djinn-go/djinn/core"
)

// ErrFull is what Create answers when the store holds as many live records as
// [WithMaxRecords] allows.
var ErrFull = errors.New("memstore: the store is full: raise WithMaxRecords, or let sessions expire sooner")

// Store is a [core.Store] in memory. It is also a [core.Toucher], [core.Rotator],
// [core.ExpiredClearer], [core.Configurer] and [core.Pinger]. Create one with [New]; it
// is safe for concurrent use and must not be copied.
//
// It has no I/O that a context could interrupt, so a context counts at the
// beginning of a call: if it has ended by then, the call returns its error and
// does nothing.
type Store struct {
	settings   core.StoreSettings
	maxRecords int

	mu      sync.RWMutex
	records map[string]*entry
	byDate  expiryQueue
	// changes numbers the changes of all records, not of each: a key that is
	// deleted and created again never repeats a version.
	changes uint64
}

// entry is one record. The Store's lock guards its fields.
type entry struct {
	key        string
	values     core.Values
	expireDate time.Time
	version    string
	position   int // in the expiryQueue
}

// Option is a setting of [New].
type Option func(*options)

type options struct{ maxRecords int }

// WithMaxRecords bounds how many live records the store holds. At the bound,
// Create clears expired records and, if there are none, returns [ErrFull]; every
// other call goes on working. The store never evicts a live record to make room:
// that would log somebody out because of somebody else.
//
// Defaults to 0, no bound.
func WithMaxRecords(n int) Option {
	return func(o *options) { o.maxRecords = n }
}

// New returns an empty store, or an error that says which option is wrong.
func New(opts ...Option) (*Store, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	if o.maxRecords < 0 {
		return nil, fmt.Errorf("memstore: WithMaxRecords: %d: write a positive number, or 0 for no bound", o.maxRecords)
	}
	return &Store{maxRecords: o.maxRecords, records: make(map[string]*entry)}, nil
}

// Configure implements [core.Configurer]: the store needs the clock.
func (s *Store) Configure(all core.Settings) error {
	return s.settings.Keep(core.Settings{Now: all.Now})
}

// Load implements [core.Store]. It allocates nothing.
func (s *Store) Load(ctx context.Context, key string) (core.Record, error) {
	if err := ctx.Err(); err != nil {
		return core.Record{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.live(key)
	if e == nil {
		return core.Record{}, core.ErrNotFound
	}
	return core.Record{Key: e.key, Values: e.values, ExpireDate: e.expireDate, Version: e.version}, nil
}

// Create implements [core.Store]. It may also answer [ErrFull].
func (s *Store) Create(ctx context.Context, rec core.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// First of all, so that clearing never frees the very key that is asked for.
	if _, taken := s.records[rec.Key]; taken {
		return "", core.ErrExists
	}
	// Two for one: what has expired shrinks with every new record.
	s.clear(2)
	if s.maxRecords > 0 && len(s.records) >= s.maxRecords {
		return "", ErrFull
	}
	e := &entry{key: rec.Key}
	s.set(e, rec)
	s.records[e.key] = e
	s.byDate.add(e)
	return e.key, nil
}

// Update implements [core.Store].
func (s *Store) Update(ctx context.Context, rec core.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.expected(rec.Key, rec.Version)
	if err != nil {
		return "", err
	}
	s.set(e, rec)
	s.byDate.moved(e)
	return e.key, nil
}

// Delete implements [core.Store]. An expired record that has not been cleared
// yet existed.
func (s *Store) Delete(ctx context.Context, key string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.records[key]
	if ok {
		s.remove(e)
	}
	return ok, nil
}

// Touch implements [core.Toucher].
func (s *Store) Touch(ctx context.Context, rec core.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.live(rec.Key)
	if e == nil {
		return core.ErrNotFound
	}
	if rec.ExpireDate.After(e.expireDate) {
		e.expireDate = wallTime(rec.ExpireDate)
		s.byDate.moved(e)
	}
	return nil
}

// Rotate implements [core.Rotator].
func (s *Store) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.expected(oldKey, rec.Version)
	if err != nil {
		return "", err
	}
	if _, taken := s.records[rec.Key]; taken {
		return "", core.ErrExists
	}
	delete(s.records, oldKey)
	e.key = rec.Key
	s.set(e, rec)
	s.records[e.key] = e
	s.byDate.moved(e)
	return e.key, nil
}

// Ping implements [core.Pinger]: memory always answers, so it fails only if the
// context has ended.
func (s *Store) Ping(ctx context.Context) error { return ctx.Err() }

// Format prints the number of records, live and expired, and neither keys nor
// items, whatever the verb.
func (s *Store) Format(f fmt.State, _ rune) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	fmt.Fprintf(f, "memstore.Store(%d records)", len(s.records))
}

// live returns the entry under key, or nil if it is absent or expired. The
// caller holds the lock, as for all methods below.
func (s *Store) live(key string) *entry {
	e := s.records[key]
	if e == nil || !e.expireDate.After(s.settings.Now()) {
		return nil
	}
	return e
}

// expected returns the live entry under key if it has that version, or any if
// version is empty.
func (s *Store) expected(key, version string) (*entry, error) {
	e := s.live(key)
	switch {
	case e == nil:
		return nil, core.ErrNotFound
	case version != "" && version != e.version:
		return nil, core.ErrConflict
	default:
		return e, nil
	}
}

// set puts what rec holds into e, which gets a new version.
func (s *Store) set(e *entry, rec core.Record) {
	s.changes++
	e.values = rec.Values
	e.expireDate = wallTime(rec.ExpireDate)
	e.version = strconv.FormatUint(s.changes, 36)
}

func (s *Store) remove(e *entry) {
	delete(s.records, e.key)
	s.byDate.drop(e)
}

// wallTime is t in UTC and without the monotonic clock, which stands still while
// a laptop sleeps and would let sessions live longer.
func wallTime(t time.Time) time.Time { return t.UTC().Round(0) }
