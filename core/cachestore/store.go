package cachestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/djinn-go/djinn/core"
)

// Store keeps sessions in a [Cache] alone: Django's cache back end. It is a
// core.Store, a core.Toucher, a core.Configurer and, if the cache is one, a
// core.Pinger; it is safe for concurrent use.
//
// What it promises is what its cache promises: a cache that is full or restarted
// forgets sessions, and one that fails over to a replica may forget the last
// writes, a logout among them. Where that matters, use [NewCachedDB] or a
// database.
//
// An update compares and swaps the whole value, so none is lost, Django's
// neither, and none brings a deleted session back. Django's own save looks
// whether the session is there and then writes: a logout between the two is
// undone by Django, and a change of ours between its load and its save is
// overwritten. A new key cannot be given in one step, because in a cluster the
// two keys live on different servers: the engine creates the new record before
// it deletes the old one.
type Store struct {
	cache    Cache
	prefix   string
	settings core.StoreSettings
}

// New returns a store over cache, or an error that says which option is wrong. It does
// no I/O; cache stays the caller's to close.
func New(cache Cache, opts ...Option) (*Store, error) {
	o, err := newOptions(cache, opts)
	if err != nil {
		return nil, err
	}
	if o.cachedDBOnly != "" {
		return nil, fmt.Errorf("cachestore: %s is for NewCachedDB: leave it out of New", o.cachedDBOnly)
	}
	return &Store{cache: cache, prefix: o.prefix(cachePrefix)}, nil
}

// Configure implements [core.Configurer]: the store needs the size and the clock.
func (s *Store) Configure(all core.Settings) error { return configure(&s.settings, s.cache, all) }

// errKey is what Create says of a key that the engine never draws. The other
// methods take such a key for one that is not there, without asking the cache:
// there is no separator between prefix and key, so a cookie could otherwise reach
// entries of other kinds.
var errKey = errors.New("cachestore: the key is not a session key: let core.NewSessionKey make it")

// Load implements [core.Store].
func (s *Store) Load(ctx context.Context, key string) (core.Record, error) {
	item, c, decodeErr, err := s.get(ctx, key)
	if err != nil {
		return core.Record{}, err
	}
	rec := core.Record{Key: key, Values: c.values, ExpireDate: expireDate(item), Version: item.Value}
	if decodeErr != nil {
		rec = rec.WithDecode(func(core.Codec) (core.Values, error) { return core.Values{}, decodeErr })
	}
	return rec, nil
}

// Create implements [core.Store].
func (s *Store) Create(ctx context.Context, rec core.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if !core.ValidSessionKey(rec.Key) {
		return "", errKey
	}
	item, err := s.item(rec)
	if err != nil {
		return "", err
	}
	added, err := s.cache.Add(ctx, s.prefix+rec.Key, item)
	if err != nil {
		return "", err
	}
	if !added {
		return "", core.ErrExists
	}
	return rec.Key, nil
}

// Update implements [core.Store]. With a version it asks the cache once. Without
// one it reads first, and again if another write comes between.
func (s *Store) Update(ctx context.Context, rec core.Record) (string, error) {
	item, err := s.item(rec)
	if err != nil {
		return "", err
	}
	for version := rec.Version; ; {
		if version == "" {
			current, _, _, err := s.get(ctx, rec.Key)
			if err != nil {
				return "", err
			}
			version = current.Value
		}
		if err := s.usable(ctx, rec.Key); err != nil {
			return "", err
		}
		swapped, err := s.cache.CompareAndSwap(ctx, s.prefix+rec.Key, version, item)
		switch {
		case err != nil:
			return "", err
		case swapped:
			return rec.Key, nil
		}
		// Gone, or changed: only one of them is a conflict.
		if _, _, _, err := s.get(ctx, rec.Key); err != nil {
			return "", err
		}
		if rec.Version != "" {
			return "", core.ErrConflict
		}
		version = ""
	}
}

// Touch implements [core.Toucher]. It writes no value.
func (s *Store) Touch(ctx context.Context, rec core.Record) error {
	if err := s.usable(ctx, rec.Key); err != nil {
		return err
	}
	found, err := s.cache.Extend(ctx, s.prefix+rec.Key, rec.ExpireDate)
	if err == nil && !found {
		err = core.ErrNotFound
	}
	return err
}

// Delete implements [core.Store].
func (s *Store) Delete(ctx context.Context, key string) (bool, error) {
	switch err := s.usable(ctx, key); {
	case errors.Is(err, core.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	}
	return s.cache.Delete(ctx, s.prefix+key)
}

// Ping implements [core.Pinger]. A cache that is no core.Pinger always answers.
func (s *Store) Ping(ctx context.Context) error {
	if p, ok := s.cache.(core.Pinger); ok {
		return p.Ping(ctx)
	}
	return ctx.Err()
}

// Format prints the kind of cache, and no keys or items.
func (s *Store) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "cachestore.Store(%T)", s.cache) }

// usable reports whether there is anything to ask the cache.
func (s *Store) usable(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !core.ValidSessionKey(key) {
		return core.ErrNotFound
	}
	return nil
}

// get returns the living item under key and what is in it. What cannot be read is
// no error here: the item is there.
func (s *Store) get(ctx context.Context, key string) (item Item, c content, decodeErr, err error) {
	if err := s.usable(ctx, key); err != nil {
		return item, c, nil, err
	}
	item, found, err := s.cache.Get(ctx, s.prefix+key)
	if err != nil {
		return item, c, nil, err
	}
	if !found || !item.alive(s.settings.Now()) {
		return item, c, nil, core.ErrNotFound
	}
	c, decodeErr = decodeValue(item.Value, s.settings.Get().MaxSize)
	if c.marker {
		return item, c, nil, core.ErrNotFound
	}
	return item, c, decodeErr, nil
}

func (s *Store) item(rec core.Record) (Item, error) {
	value, err := encodeValue(rec.Values, time.Time{}, s.settings.Get().MaxSize)
	return Item{Value: value, Expires: rec.ExpireDate}, err
}

// expireDate is when the record in item ends. Both sides always give one; an
// item without was made by hand.
func expireDate(item Item) time.Time {
	if item.Expires.IsZero() {
		return time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return item.Expires.UTC()
}
