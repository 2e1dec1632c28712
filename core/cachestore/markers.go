package cachestore

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/djinn-go/djinn/core"
)

// markerLife is how long a marker keeps others from filling the cache. It is
// longer than a call of the database may take (core.Config.StoreTimeout).
const markerLife = 10 * time.Second

func (s *CachedDB) marker() Item {
	return Item{Value: newMarker(), Expires: s.settings.Now().Add(markerLife)}
}

// lease puts a marker where nothing is, and returns it; empty if something is
// there, or the cache does not answer.
func (s *CachedDB) lease(ctx context.Context, key string) string {
	m := s.marker()
	added, err := s.cache.add(ctx, s.prefix+key, m)
	if err != nil || !added {
		return ""
	}
	return m.Value
}

// release removes the lease, if it is still there: unknown keys that a client
// made up leave nothing behind.
func (s *CachedDB) release(ctx context.Context, key, lease string) {
	if lease != "" {
		_, _ = s.cache.swap(ctx, s.prefix+key, lease, Item{Expires: time.Unix(1, 0)})
	}
}

// mark puts a marker over whatever is there, and returns it; empty if the cache
// does not answer.
func (s *CachedDB) mark(ctx context.Context, key string) string {
	m := s.marker()
	if s.cache.set(ctx, s.prefix+key, m) != nil {
		return ""
	}
	return m.Value
}

// swap replaces the marker by an entry, and reports whether it was still there.
func (s *CachedDB) swap(ctx context.Context, key, marker string, values core.Values, expires time.Time) bool {
	if marker == "" {
		return false
	}
	item, err := s.entry(values, expires)
	if err != nil {
		return false
	}
	swapped, err := s.cache.swap(ctx, s.prefix+key, marker, item)
	return err == nil && swapped
}

// extend gives the session in the entry under rec.Key a later expiry. It leaves
// its items, and the moment when the database is asked again.
func (s *CachedDB) extend(ctx context.Context, rec core.Record) {
	key := s.prefix + rec.Key
	old, found, err := s.cache.get(ctx, key)
	if err != nil || !found {
		return
	}
	c, err := decodeValue(old.Value, s.settings.Get().MaxSize)
	if err != nil || c.marker {
		return
	}
	expires := c.expires
	if expires.IsZero() {
		expires = expireDate(old)
	}
	if !rec.ExpireDate.After(expires) {
		return
	}
	item, err := s.entry(c.values, rec.ExpireDate)
	if err != nil {
		return
	}
	if !old.Expires.IsZero() && old.Expires.Before(item.Expires) {
		item.Expires = old.Expires // MaxAge is since the row was read, not touched
	}
	_, _ = s.cache.swap(ctx, key, old.Value, item)
}

// afterFailure clears up behind a write that the database refused. If it is not
// known what the database did or will still do, there is a marker for the time
// of one: put there anew, because another writer may have removed the first, and
// a reader filled the cache since.
func (s *CachedDB) afterFailure(ctx context.Context, key, marker string, err error) {
	known := errors.Is(err, core.ErrConflict) || errors.Is(err, core.ErrNotFound) || errors.Is(err, core.ErrExists) || errors.Is(err, core.ErrRefused)
	switch {
	case known && marker != "":
		s.release(ctx, key, marker)
	case marker == "" || s.mark(ctx, key) == "":
		s.invalidate(ctx, key)
	}
}

// invalidate removes the entry under key, now or as soon as the cache answers.
func (s *CachedDB) invalidate(ctx context.Context, key string) { s.cache.invalidate(ctx, s.prefix+key) }

// invalidateAll is invalidate for the keys of a [core.ChangeNotifier].
func (s *CachedDB) invalidateAll(ctx context.Context, keys []string) {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = s.prefix + key
	}
	s.cache.invalidate(ctx, names...)
}

// entry is what the cache holds of a session.
func (s *CachedDB) entry(values core.Values, expires time.Time) (Item, error) {
	value, err := encodeValue(values, expires, s.settings.Get().MaxSize)
	if limit := s.settings.Now().Add(s.maxAge); expires.After(limit) {
		return Item{Value: value, Expires: limit}, err
	}
	return Item{Value: value, Expires: expires}, err
}

// digest stands for the items of a session in a version.
func digest(v core.Values) string {
	sum := sha256.Sum256(v.AppendJSON(nil))
	return string(sum[:])
}
