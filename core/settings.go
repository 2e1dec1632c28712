package core

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"sync"
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
	// CookieAge is Config.CookieAge, a second at least.
	CookieAge time.Duration
	// MaxSize is Config.MaxSize, in bytes.
	MaxSize int
	// Now is Config.Now, the clock that decides what has expired. It is safe for
	// concurrent use.
	Now func() time.Time
}

// Configurer is a [Store] that works by [Settings], or a part of one that does, such as
// a cache. An implementation keeps what it needs in a [StoreSettings].
type Configurer interface {
	// Configure is called by [New], with every field set, before it returns; on the
	// store it was given and on all that this one wraps (by Unwrap). Who uses a store
	// without a Manager may call it before the first use; a store that nobody has
	// configured works by Django's defaults. If the store was told another value of a
	// setting that it needs before, the error names both values, nothing changes, and
	// New fails with it.
	Configure(Settings) error
}

// StoreSettings are the [Settings] that a store works by, each told once. The zero
// value is those of a Config's zero value. It is safe for concurrent use and must not
// be copied.
type StoreSettings struct {
	told atomic.Pointer[Settings] // what a store reads; never changed, but replaced
	mu   sync.Mutex               // of Keep
}

// Keep keeps the fields of s that are set. If one of them cannot be, or was kept with
// another value before, it keeps nothing and returns an error that names each such
// field, with both values. It is what Configure of a store calls, with the fields that
// the store needs and no others:
//
//	func (s *Store) Configure(all core.Settings) error {
//		return s.settings.Keep(core.Settings{CookieAge: all.CookieAge, Now: all.Now})
//	}
//
// Of two clocks Go can tell only whether they are the same function; two closures of
// one function count as one clock, and the first is kept.
func (h *StoreSettings) Keep(s Settings) error {
	if err := s.validate(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var kept Settings
	if told := h.told.Load(); told != nil {
		kept = *told
	}
	err := errors.Join(
		keep("CookieName", &kept.CookieName, s.CookieName),
		keep("CookieAge", &kept.CookieAge, s.CookieAge),
		keep("MaxSize", &kept.MaxSize, s.MaxSize),
	)
	switch {
	case kept.Now == nil:
		kept.Now = s.Now
	case s.Now != nil && funcName(s.Now) != funcName(kept.Now):
		err = errors.Join(err, twoValues("Now", funcName(kept.Now), funcName(s.Now)))
	}
	if err == nil {
		h.told.Store(&kept)
	}
	return err
}

// validate refuses what [New] refuses in a Config.
func (s Settings) validate() error {
	var errs []error
	if s.CookieAge != 0 && s.CookieAge < time.Second {
		errs = append(errs, fmt.Errorf("djinn: Settings.CookieAge is %v: write a second or more, or 0 to say nothing", s.CookieAge))
	}
	if s.MaxSize < 0 {
		errs = append(errs, fmt.Errorf("djinn: Settings.MaxSize is %d: write a positive number of bytes, or 0 to say nothing", s.MaxSize))
	}
	return errors.Join(errs...)
}

// keep puts what was told into what was kept, unless that is another value already.
func keep[T string | int | time.Duration](setting string, kept *T, told T) error {
	var nothing T
	switch {
	case told == nothing:
	case *kept == nothing:
		*kept = told
	case *kept != told:
		return twoValues(setting, show(*kept), show(told))
	}
	return nil
}

// show is a value as a message names it.
func show(v any) string {
	if s, ok := v.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(v)
}

func twoValues(setting, kept, told string) error {
	return fmt.Errorf("djinn: the store has the %s %s already, from another Manager or from who made it, and is told %s now: "+
		"say it in Config alone, and give each Manager that differs a store of its own", setting, kept, told)
}

// Get returns what Keep has kept, and the defaults of a [Config] for what it has not.
func (h *StoreSettings) Get() Settings {
	var s Settings
	if told := h.told.Load(); told != nil {
		s = *told
	}
	s.CookieName = cmp.Or(s.CookieName, defaultCookieName)
	s.CookieAge = cmp.Or(s.CookieAge, defaultCookieAge)
	s.MaxSize = cmp.Or(s.MaxSize, defaultMaxSize)
	if s.Now == nil {
		s.Now = time.Now
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
