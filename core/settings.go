package core

import (
	"cmp"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
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

// Configurer is a [Store] that works by [Settings]. An implementation keeps what it
// needs in a [StoreSettings].
type Configurer interface {
	// Configure is called by [New], with every field set, before it returns; on the
	// store it was given and on all that this one wraps (by Unwrap). If the store was
	// given another value of a setting that it needs, by an option of its own or by a
	// Manager before this one, the error names both, and New fails with it.
	Configure(Settings) error
}

// StoreSettings are the [Settings] that a store works by, each told once. The zero
// value is those of a Config's zero value. It is safe for concurrent use and must not
// be copied.
type StoreSettings struct{ told atomic.Pointer[Settings] }

// Keep keeps the fields of s that are set, or returns an error that names both values,
// and keeps nothing, if one of them was kept with another value before. It is what
// Configure of a store calls, with the fields that the store needs and no others, and
// its constructor with those that an option has given:
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
		merged := Settings{
			CookieName: cmp.Or(old.CookieName, s.CookieName),
			CookieAge:  cmp.Or(old.CookieAge, s.CookieAge),
			MaxSize:    cmp.Or(old.MaxSize, s.MaxSize),
			Now:        old.Now,
		}
		if merged.Now == nil {
			merged.Now = s.Now
		}
		switch {
		case s.CookieName != "" && s.CookieName != merged.CookieName:
			return twoValues("CookieName", strconv.Quote(old.CookieName), strconv.Quote(s.CookieName))
		case s.CookieAge != 0 && s.CookieAge != merged.CookieAge:
			return twoValues("CookieAge", old.CookieAge, s.CookieAge)
		case s.MaxSize != 0 && s.MaxSize != merged.MaxSize:
			return twoValues("MaxSize", old.MaxSize, s.MaxSize)
		case s.Now != nil && funcName(s.Now) != funcName(merged.Now):
			return twoValues("clock", funcName(old.Now), funcName(s.Now))
		}
		if h.told.CompareAndSwap(old, &merged) {
			return nil
		}
	}
}

func twoValues(setting string, has, told any) error {
	return fmt.Errorf("djinn: the store has the %s %v already, by an option of its own or from another Manager, and Config says %v: "+
		"leave the option out, or give each Manager a store of its own", setting, has, told)
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
