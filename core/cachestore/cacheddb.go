package cachestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/djinn-go/djinn/core"
)

// NewCachedDB returns a store that keeps sessions in durable and what was read or
// written lately in cache: Django's cached_db back end. It does no I/O, and closes
// neither of the two. The error says which option is wrong. A core.ChangeNotifier in
// durable is asked to tell what it changes past this store.
//
// A hit costs one call of the cache and none of the database. A write goes to the
// database, which alone decides whether it conflicts: an update of a session that
// was read from the cache reads the row first to learn its version, and is a
// conflict if the row holds other items than the cache did.
//
// # What other nodes see
//
// A late fill never undoes a delete, a rotation or an update: whoever fills the
// cache put a marker there before it asked the database, and stores what it read
// only if that very marker is still there. Who writes puts a marker of its own
// there, before it asks the database, so that nobody reads the old entry from
// then on. A marker is a pickled None, which Django takes for a miss, and lives
// for 10 seconds.
//
// The cache may be wrong in these cases, and in no other:
//
//   - The cache could not be reached when a session was deleted, rotated or
//     changed. This node tells it as soon as it answers again and uses it for
//     nothing before; other nodes that do reach it may serve the old entry until
//     then. If this node stops before, the old entry lives for WithMaxAge, or, if
//     Django wrote it, as long as Django said: the session's whole life.
//   - A write took longer than the marker lives and its node stopped before it
//     told the cache; or the cache evicted a marker within the time of one query.
//     An old entry then lives for WithMaxAge at most.
//   - Django fills and writes without looking: a request of Django that read the
//     row before a logout, or wrote the cache after another write, can store what
//     is old, for the session's whole life. Updates from Go notice that, since
//     they go by the row, and remove it; reads do not.
//   - The cache lost writes that it had acknowledged, as Redis may when a replica
//     takes over. An old entry then lives for as long as it would have.
//   - Rows that are deleted or changed past this store and past Django, unless
//     durable tells of them.
//
// A hit does not say when the session was last seen (core.Record.LastSeen): one
// with a fixed expiry is seen again when WithMaxAge has passed, at the latest.
//
// A cache that is down or slow costs speed, not sessions: after a failure it is
// left alone for a second, and everything goes to the database.
func NewCachedDB(cache Cache, durable core.Store, opts ...Option) (*CachedDB, error) {
	o, err := newOptions(cache, opts)
	if err != nil {
		return nil, err
	}
	if durable == nil {
		return nil, errors.New("cachestore: NewCachedDB: the store behind the cache is nil: pass one, for example gormstore.New(db)")
	}
	s := &CachedDB{durable: durable, prefix: o.prefix(cachedDBPrefix), maxAge: o.maxAge}
	s.cache = newBreaker(cache, o, s.settings.Now)
	s.toucher, _ = durable.(core.Toucher)
	s.rotator, _ = durable.(core.Rotator)
	if n, ok := core.As[core.ChangeNotifier](durable); ok {
		n.OnChange(s.invalidateAll)
	}
	return s, nil
}

// CachedDB is a store of two layers. It is a core.Toucher and a core.Rotator as far as
// the durable store is one, and answers errors.ErrUnsupported otherwise; durable's
// other abilities, such as clearing, are found through it. Create one with
// [NewCachedDB]; it is safe for concurrent use.
//
// Its methods that change something have the same three steps: put a marker over the
// entry, ask the database, put the new entry in the place of the marker or invalidate.
type CachedDB struct {
	cache    *breaker
	durable  core.Store
	toucher  core.Toucher // durable, or nil
	rotator  core.Rotator // durable, or nil
	prefix   string
	maxAge   time.Duration
	settings core.StoreSettings
}

// Configure implements [core.Configurer]: the store needs the size and the clock.
// The durable store is told by its own Configure.
func (s *CachedDB) Configure(all core.Settings) error {
	return configure(&s.settings, s.cache.cache, all)
}

// Unwrap lets core.As find the abilities of the durable store.
func (s *CachedDB) Unwrap() core.Store { return s.durable }

// Format prints the kinds of both layers, and no keys or items.
func (s *CachedDB) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "cachestore.CachedDB(%T, %T)", s.cache.cache, s.durable)
}

// The versions of records say where they come from: the database's own behind
// fromDB, the digest of the items behind fromCache.
const (
	fromDB    = "d"
	fromCache = "c"
)

// Load implements [core.Store].
func (s *CachedDB) Load(ctx context.Context, key string) (core.Record, error) {
	if err := ctx.Err(); err != nil {
		return core.Record{}, err
	}
	rec, missed := s.hit(ctx, key)
	if !missed {
		return rec, nil
	}
	lease := s.lease(ctx, key)
	rec, err := s.durable.Load(ctx, key)
	if err != nil {
		s.release(ctx, key, lease)
		return core.Record{}, err
	}
	durable := rec // has the version of the database
	rec.Version = fromDB + rec.Version
	if lease == "" {
		return rec, nil
	}
	return rec.WithDecode(func(c core.Codec) (core.Values, error) {
		values, err := durable.Decode(c)
		if err != nil {
			s.release(ctx, key, lease)
			return values, err
		}
		s.swap(ctx, key, lease, values, durable.ExpireDate)
		return values, nil
	}), nil
}

// hit returns the record in the cache. It misses what is not there, has expired,
// or cannot be read: the row may be fine.
func (s *CachedDB) hit(ctx context.Context, key string) (rec core.Record, missed bool) {
	item, found, err := s.cache.get(ctx, s.prefix+key)
	if err != nil || !found {
		return rec, true
	}
	c, err := decodeValue(item.Value, s.settings.Get().MaxSize)
	if err != nil || c.marker {
		return rec, true
	}
	rec = core.Record{Key: key, Values: c.values, ExpireDate: c.expires, Version: fromCache + digest(c.values)}
	if c.expires.IsZero() { // Django's entries live as long as the session
		rec.ExpireDate = expireDate(item)
	}
	return rec, !rec.ExpireDate.After(s.settings.Now())
}

// Create implements [core.Store]. The browser does not know the key before it
// returns, but a revocation of all of a user's sessions finds the row: what it
// removes from the cache must not be put there afterwards.
func (s *CachedDB) Create(ctx context.Context, rec core.Record) (string, error) {
	lease := s.lease(ctx, rec.Key)
	key, err := s.durable.Create(ctx, rec)
	s.fillNew(ctx, lease, key, rec, err)
	return key, err
}

// fillNew caches a record that was stored under a new key, for which there is a
// lease, or failed to be.
func (s *CachedDB) fillNew(ctx context.Context, lease, key string, rec core.Record, err error) {
	if err != nil || key != rec.Key {
		s.release(ctx, rec.Key, lease)
		return
	}
	s.swap(ctx, key, lease, rec.Values, rec.ExpireDate)
}

// Update implements [core.Store].
func (s *CachedDB) Update(ctx context.Context, rec core.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	marker := s.mark(ctx, rec.Key)
	key, err := s.update(ctx, rec)
	if err != nil {
		s.afterFailure(ctx, rec.Key, marker, err)
		return "", err
	}
	if key != rec.Key { // the record moved
		s.invalidate(ctx, rec.Key)
		return key, nil
	}
	if !s.swap(ctx, key, marker, rec.Values, rec.ExpireDate) {
		s.invalidate(ctx, key) // another writer came between: let the database speak
	}
	return key, nil
}

func (s *CachedDB) update(ctx context.Context, rec core.Record) (string, error) {
	version, err := s.durableVersion(ctx, rec.Key, rec)
	if err != nil {
		return "", err
	}
	rec.Version = version
	return s.durable.Update(ctx, rec)
}

// durableVersion turns the version of rec into the database's. One from the
// cache means: that of the row, if the row under key has the same items.
func (s *CachedDB) durableVersion(ctx context.Context, key string, rec core.Record) (string, error) {
	if rec.Version == "" || rec.Version[:1] == fromDB {
		return rec.Version[min(1, len(rec.Version)):], nil
	}
	row, err := s.durable.Load(ctx, key)
	if err != nil {
		return "", err
	}
	probe := rec // has the engine's codec
	probe.Encoded, probe.Values = row.Encoded, row.Values
	values, err := probe.Decode(nil)
	if err != nil || fromCache+digest(values) != rec.Version {
		return "", core.ErrConflict // the next Load finds the marker and reads the row
	}
	return row.Version, nil
}

// Delete implements [core.Store].
func (s *CachedDB) Delete(ctx context.Context, key string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	marker := s.mark(ctx, key)
	existed, err := s.durable.Delete(ctx, key)
	if err != nil {
		s.afterFailure(ctx, key, marker, err)
		return false, err
	}
	s.invalidate(ctx, key)
	return existed, nil
}

// Touch implements [core.Toucher]. The entry gets the new expiry if it is still
// the one that was read after the row was touched; an old expiry there does no
// harm, because the database is asked when it passes.
func (s *CachedDB) Touch(ctx context.Context, rec core.Record) error {
	if s.toucher == nil {
		return errors.ErrUnsupported
	}
	if err := s.toucher.Touch(ctx, rec); err != nil {
		if errors.Is(err, core.ErrNotFound) {
			s.invalidate(ctx, rec.Key)
		}
		return err
	}
	s.extend(ctx, rec)
	return nil
}

// Rotate implements [core.Rotator].
func (s *CachedDB) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	if s.rotator == nil {
		return "", errors.ErrUnsupported
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	marker, lease := s.mark(ctx, oldKey), s.lease(ctx, rec.Key)
	key, err := s.rotate(ctx, oldKey, rec)
	if err != nil {
		s.afterFailure(ctx, oldKey, marker, err)
		s.release(ctx, rec.Key, lease)
		return "", err
	}
	s.invalidate(ctx, oldKey)
	s.fillNew(ctx, lease, key, rec, nil)
	return key, nil
}

func (s *CachedDB) rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	version, err := s.durableVersion(ctx, oldKey, rec)
	if err != nil {
		return "", err
	}
	rec.Version = version
	return s.rotator.Rotate(ctx, oldKey, rec)
}
