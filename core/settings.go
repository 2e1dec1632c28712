package core

import (
	"fmt"
	"reflect"
	"runtime"
	"sync/atomic"
	"time"
)

// Django's defaults.
const (
	defaultCookieName = "sessionid"
	defaultCookieAge  = 14 * 24 * time.Hour
)

// Settings are what a [Store] may have to know of the [Config] of its [Manager], so
// that nobody has to say the same thing twice. A field that is zero says nothing.
type Settings struct {
	// CookieName is Config.CookieName.
	CookieName string
	// CookieAge is Config.CookieAge.
	CookieAge time.Duration
	// MaxSize is Config.MaxSize, in bytes.
	MaxSize int
	// Now is Config.Now, the clock that decides what has expired. It is safe for
	// concurrent use.
	Now func() time.Time
}

// Configurer is a [Store] that works by [Settings]. An implementation embeds nothing
// and keeps what it needs in a [StoreSettings].
type Configurer interface {
	// Configure is called by [New], with every field set, before it returns; on the
	// store it was given and on all that this one wraps (by Unwrap). If a Manager
	// before this one came with other values of the settings that the store needs,
	// the error names both, and New fails with it.
	Configure(Settings) error
}

// StoreSettings are the [Settings] that a store works by, told once. The zero value
// is those of a Config's zero value. It is safe for concurrent use and must not be
// copied.
type StoreSettings struct{ told atomic.Pointer[Settings] }

// Keep keeps the fields of s that are set, or returns an error that names both values
// if one of them was kept with another one before. What Configure of a store calls,
// with the fields that the store needs and no others:
//
//	func (s *Store) Configure(all core.Settings) error {
//		return s.settings.Keep(core.Settings{CookieAge: all.CookieAge, Now: all.Now})
//	}
//
// Of two clocks Go can tell only whether they are the same function; two closures of
// one function count as one clock, and the first is kept.
func (h *StoreSettings) Keep(s Settings) error {
	for {
		old := h.told.Load()
		if old == nil {
			if h.told.CompareAndSwap(nil, &s) {
				return nil
			}
			continue
		}
		differ := func(field string, a, b any) error {
			return fmt.Errorf("djinn: the store works with the %s %v, which another Manager has, and this one has %v: give both the same, or each a store of its own", field, a, b)
		}
		switch {
		case old.CookieName != s.CookieName:
			return differ("CookieName", fmt.Sprintf("%q", old.CookieName), fmt.Sprintf("%q", s.CookieName))
		case old.CookieAge != s.CookieAge:
			return differ("CookieAge", old.CookieAge, s.CookieAge)
		case old.MaxSize != s.MaxSize:
			return differ("MaxSize", old.MaxSize, s.MaxSize)
		case funcName(old.Now) != funcName(s.Now):
			return differ("clock", funcName(old.Now), funcName(s.Now))
		}
		return nil
	}
}

// Get returns what Keep has kept, and the defaults of a [Config] for what it has not.
func (h *StoreSettings) Get() Settings {
	s := Settings{CookieName: defaultCookieName, CookieAge: defaultCookieAge, MaxSize: defaultMaxSize, Now: time.Now}
	told := h.told.Load()
	if told == nil {
		return s
	}
	if told.CookieName != "" {
		s.CookieName = told.CookieName
	}
	if told.CookieAge != 0 {
		s.CookieAge = told.CookieAge
	}
	if told.MaxSize != 0 {
		s.MaxSize = told.MaxSize
	}
	if told.Now != nil {
		s.Now = told.Now
	}
	return s
}

// Now is the time by the store's clock.
func (h *StoreSettings) Now() time.Time {
	if told := h.told.Load(); told != nil && told.Now != nil {
		return told.Now()
	}
	return time.Now()
}

// funcName tells functions apart, for comparing clocks.
func funcName(f func() time.Time) string {
	if f == nil {
		return ""
	}
	return runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
}

// configure tells a store, and what it wraps, the settings.
func configure(store Store, s Settings) error {
	for store != nil {
		if c, ok := store.(Configurer); ok {
			if err := c.Configure(s); err != nil {
				return err
			}
		}
		w, ok := store.(interface{ Unwrap() Store })
		if !ok {
			break
		}
		store = w.Unwrap()
	}
	return nil
}
