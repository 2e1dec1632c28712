package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Store keeps the records of sessions: a table, a cache, a directory. It knows
// nothing of HTTP and nothing of what the items mean.
//
// The interface is small and frozen: what crosses it are structs, so that they
// can grow, and every further ability is an interface of its own. Those that
// change a record, [Toucher] and [Rotator], are asked of the store given to [New]
// alone, so that one which wraps another and forwards only the four methods is
// never passed by. The others ([ExpiredClearer], [KeyValidator], [Salter],
// [Configurer], [ChangeNotifier], [Pinger]) change nothing that a wrapper would
// have to know of, and are found with [As] in what it wraps.
//
// Every method must be safe for concurrent use, must honour its context, and
// must return errors that name neither a key nor a payload (the engine wraps
// what it gets in a [StoreError] and prints it). "Not there" is [ErrNotFound];
// every other error means that the store could not tell, which the engine never
// takes for an empty session. Package storetest holds these rules as a suite.
type Store interface {
	// Load returns the record under key. A record that is absent, or whose
	// ExpireDate is not after now, is ErrNotFound; Load never creates, changes
	// or removes one. The record carries either Encoded (the text as it was
	// written; the engine decodes it) or Values, and a Version that is different
	// after every change to the values.
	Load(ctx context.Context, key string) (Record, error)

	// Create inserts rec under rec.Key and never overwrites: if there is a
	// record under that key, even an expired one, it returns ErrExists and
	// leaves that record as it was. It returns the key under which the record
	// is found from now on, for most stores rec.Key.
	Create(ctx context.Context, rec Record) (key string, err error)

	// Update replaces values and expiry of the record under rec.Key in one
	// atomic step. It never resurrects: a record that is absent or expired is
	// ErrNotFound and stays so. If rec.Version is not empty and is not the
	// Version the record has now, it returns ErrConflict and changes nothing.
	// It returns the key under which the record is found from now on.
	Update(ctx context.Context, rec Record) (key string, err error)

	// Delete removes the record under key and reports whether there was one.
	// Deleting what is not there is no error. Once Delete has returned, no
	// Update or Touch that began earlier may bring the record back.
	Delete(ctx context.Context, key string) (existed bool, err error)
}

// Toucher is a [Store] that can move a record's expiry without writing its
// values. The engine falls back on Update where it is missing, or where it answers
// errors.ErrUnsupported, as one that wraps a store without it does.
type Toucher interface {
	// Touch sets the expiry of the record under rec.Key to rec.ExpireDate,
	// unless it is later already: an expiry never moves backwards here. A
	// record that is absent or expired is ErrNotFound. Values and Version of
	// the stored record stay as they are; those of rec are what the engine
	// believes them to be, for stores that must rewrite a value to extend it.
	Touch(ctx context.Context, rec Record) error
}

// Rotator is a [Store] that can give a record a new key in one atomic step.
// Elsewhere, and where it answers errors.ErrUnsupported, the engine creates the new record, ends the old one by an Update to an
// expiry in the past, and takes the new one back if that finds the old one changed
// or gone.
type Rotator interface {
	// Rotate moves the record from oldKey to rec.Key with rec's values and
	// expiry. At no moment do both keys work, or neither. If the record under
	// oldKey is absent or expired it returns ErrNotFound, if rec.Version is not
	// empty and differs ErrConflict, if rec.Key is taken, be it by the record
	// itself, ErrExists; in each case nothing has changed. It returns the key under which the record is found.
	Rotate(ctx context.Context, oldKey string, rec Record) (key string, err error)
}

// ExpiredClearer is a [Store] whose expired records stay until somebody clears
// them, as Django's clearsessions does.
type ExpiredClearer interface {
	// ClearExpired removes expired records in small steps and returns how many
	// it removed, also when it returns an error. It never removes a record that
	// is alive at the moment of its removal, and may be stopped by the context
	// and run by several nodes at once.
	ClearExpired(ctx context.Context, opts ClearOptions) (cleared int64, err error)
}

// ClearOptions paces [ExpiredClearer.ClearExpired]. The zero value is good for
// a table that is in use.
type ClearOptions struct {
	// Batch is how many records one step removes at most. Defaults to what the
	// store finds right for its database.
	Batch int
	// Pause is the time between two steps. Defaults to what the store finds right
	// for its database; negative: none.
	Pause time.Duration
	// Limit ends the run after about that many records. Defaults to no limit.
	Limit int64
	// Progress, if set, is called after each step with the number of records
	// removed so far, by the goroutine that runs ClearExpired.
	Progress func(cleared int64)
}

// KeyValidator is a [Store] whose keys have another shape than [ValidSessionKey]'s. It
// is asked before any I/O whether a cookie's value can be a key at all.
type KeyValidator interface {
	ValidSessionKey(key string) bool
}

// Salter is a [Store] whose text is made in another way than that of Django's db back
// end. It is asked once, by [New], for the default [DjangoCodec].
type Salter interface {
	// Salt is the salt of the signatures instead of [DjangoSalt], as in Django's
	// stores whose class is not called SessionStore.
	Salt() string
	// DeflateFrom is [DjangoCodec.DeflateFrom]: 1 for a store with so little room, a
	// cookie for example, that deflating always pays; 0 for the default.
	DeflateFrom() int
}

// ChangeNotifier is a [Store] that changes or removes records by other ways than
// the methods of Store, Toucher and Rotator: by a query over all of a user's sessions,
// or when a transaction ends. A cache in front of it asks to be told.
type ChangeNotifier interface {
	// OnChange makes the store call changed with the keys of such records, after
	// the change and before what caused it returns. It is for those who build
	// stores on top of others, before the first request; changed must be safe for
	// concurrent use.
	OnChange(changed func(ctx context.Context, keys []string))
}

// Pinger is a [Store] that can report whether its backing service answers, for
// health checks.
type Pinger interface {
	Ping(ctx context.Context) error
}

// As finds in store, or in what it wraps, an ability T such as [ExpiredClearer]. A
// store that wraps another one says so with a method Unwrap() Store. The
// outermost store with the ability is returned. Do not call a [Toucher] or
// [Rotator] that was found below the outermost store: what is above it would not
// learn of the change.
func As[T any](store Store) (T, bool) {
	for store != nil {
		if t, ok := store.(T); ok {
			return t, true
		}
		w, ok := store.(interface{ Unwrap() Store })
		if !ok {
			break
		}
		store = w.Unwrap()
	}
	var zero T
	return zero, false
}

// Record is one session on its way to or from a [Store]. It is a value: the
// store may keep it, and neither side changes what the other one holds.
//
// Records do not print their key or their items, whatever the verb.
type Record struct {
	// Key is the session key, the value of the cookie.
	Key string
	// Values are the session's items. A store that keeps text ignores them and
	// calls Encode.
	Values Values
	// Encoded is the record's text as the store found it. Only Load sets it; the
	// engine decodes it then, and Values is not used.
	Encoded string
	// ExpireDate is the moment from which the record is gone, in UTC. Named after
	// the column of Django's table.
	ExpireDate time.Time
	// LastSeen is when the record was last written or touched, if the store keeps
	// that apart from ExpireDate; otherwise the zero time. Only Load sets it. The
	// engine calls Touch for it too, no more often than Config.TouchInterval says.
	LastSeen time.Time
	// Version is what Load gave, and what Update compares. It is opaque: any
	// string that differs whenever the stored values differ, for example the
	// stored text itself. Empty means "whatever is there".
	Version string

	codec  Codec
	decode func(Codec) (Values, error)
}

// WithCodec returns rec with the codec that Encode uses. The engine attaches its
// own to every record it hands out; only those who call a store without an
// engine need this.
func (r Record) WithCodec(c Codec) Record {
	r.codec = c
	return r
}

// Encode returns the text of r.Values for a store that keeps text, made by the
// Manager's [Codec]: with the default one what Django keeps in session_data.
// Two calls may return different texts for the same values.
func (r Record) Encode() (string, error) {
	if r.codec == nil {
		return "", errors.New("djinn: the record has no codec: attach one with Record.WithCodec, or let a core.Manager call the store")
	}
	return r.codec.Encode(r.Values)
}

// WithDecode returns rec with what Decode does from now on. It is for Load of a
// store whose values are neither there yet nor the text of a [Codec]: one that
// found data it does not trust answers with an error of kind [ErrUndecodable],
// one that wraps another store sees the values as they are decoded. decode gets
// the codec that Decode was called with; the engine calls it once, soon after
// Load.
func (r Record) WithDecode(decode func(Codec) (Values, error)) Record {
	r.decode = decode
	return r
}

// Decode returns the values of a record that came from Load, whichever form it
// has. A nil c stands for the codec that WithCodec attached.
func (r Record) Decode(c Codec) (Values, error) {
	if c == nil {
		c = r.codec
	}
	switch {
	case r.decode != nil:
		return r.decode(c)
	case r.Encoded == "":
		return r.Values, nil
	case c == nil:
		return Values{}, errors.New("djinn: the record has no codec: pass one to Record.Decode, or attach one with Record.WithCodec")
	default:
		return c.Decode(r.Encoded)
	}
}

// Format prints a record without its key and items.
func (r Record) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "core.Record(%d items, expires %s)", r.Values.Len(), r.ExpireDate.Format(time.RFC3339))
}

// LogValue is what slog prints: neither key nor items.
func (r Record) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }
