package core

import (
	"errors"
	"math"
	"time"

	"github.com/djinn-go/djinn/core/internal/pyjson"
)

// expiryName is the item in which Django keeps a session's own expiry: a number
// of seconds after the last save (0: until the browser closes), or a date.
const expiryName = "_session_expiry"

// expiry is a session's own expiry, decoded. The zero value is none.
type expiry struct {
	set     bool          // not absent and not null
	zero    bool          // 0: the cookie ends with the browser
	after   time.Duration // if not 0, after the last save
	dated   bool          // at is the expiry
	at      time.Time
	invalid bool
}

// maxAge is where a number of seconds stops fitting a Duration.
const maxAge = math.MaxInt64 / int64(time.Second)

// parseExpiry decodes the item. What Django would stumble over (text that is no
// date) counts as none; a date without offset is UTC.
func parseExpiry(items []pyjson.Member) expiry {
	i := findMember(items, expiryName)
	if i < 0 {
		return expiry{}
	}
	v, err := pyjson.Decode(items[i].Text)
	if err != nil {
		return expiry{invalid: true}
	}
	switch v := v.(type) {
	case nil:
		return expiry{}
	case int64:
		if v == 0 {
			return expiry{set: true, zero: true}
		}
		if v > maxAge || v < -maxAge {
			return expiry{invalid: true}
		}
		return expiry{set: true, after: time.Duration(v) * time.Second}
	case float64:
		if v == 0 {
			return expiry{set: true, zero: true}
		}
		if !(math.Abs(v) <= float64(maxAge)) {
			return expiry{invalid: true}
		}
		return expiry{set: true, after: time.Duration(v * float64(time.Second))}
	case string:
		if v == "" {
			return expiry{set: true}
		}
		if at, ok := parseISO(v); ok {
			return expiry{set: true, dated: true, at: at}
		}
	}
	return expiry{invalid: true}
}

var errInvalidExpiry = errors.New("it counts as none")

// isoLayouts are the forms of Python's datetime.isoformat and its neighbours.
var isoLayouts = [...]string{
	"2006-01-02T15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02",
}

func parseISO(s string) (time.Time, bool) {
	for _, layout := range isoLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// formatISO is Python's datetime.isoformat: microseconds only if there are any.
func formatISO(t time.Time) string {
	t = t.Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	return t.Format("2006-01-02T15:04:05.000000-07:00")
}

// age is how long the session lives from now on, given the default. A date's age
// is whole seconds, rounded down.
func (e expiry) age(now time.Time, def time.Duration) time.Duration {
	switch {
	case e.dated:
		d := max(e.at.Sub(now), math.MinInt64+time.Second) // room to round down
		whole := d.Truncate(time.Second)
		if whole > d {
			whole -= time.Second
		}
		return whole
	case e.after != 0:
		return e.after
	default:
		return def
	}
}

// ExpireDate is when a session with these items expires that was saved at that
// moment, where age is Config.CookieAge: by its own expiry ([Session.SetExpiry],
// [Session.SetExpiryDate]) if it has one. It is for stores that keep the moment of
// the last save in the place of the expiry, as Django's files do.
func (v Values) ExpireDate(saved time.Time, age time.Duration) time.Time {
	return parseExpiry(v.items).date(saved, age)
}

// date is when the record expires, given the default age.
func (e expiry) date(now time.Time, def time.Duration) time.Time {
	if e.dated {
		return e.at
	}
	return now.Add(e.age(now, def))
}

// expiry returns the session's own expiry. Called with mu held.
func (s *Session) expiry() expiry {
	e := parseExpiry(s.edits.items)
	if e.invalid {
		s.reportMismatch(&TypeError{Item: expiryName, Want: "number of seconds or ISO date", Err: errInvalidExpiry})
	}
	return e
}

// SetExpiry makes the session end d after its last save, from now on and for
// every later save; rounded up to whole seconds. 0 makes its cookie end with the
// browser (the record lives for CookieAge), a negative d ends it at once.
// Django's set_expiry with a number.
func (s *Session) SetExpiry(d time.Duration) {
	seconds := int64(d / time.Second)
	if d%time.Second > 0 {
		seconds++
	}
	if seconds == 0 && d < 0 {
		seconds = -1 // not "until the browser closes"
	}
	s.Set(expiryName, seconds)
}

// SetExpiryDate makes the session end at t, whatever happens until then; precise
// to the microsecond. Django's set_expiry with a datetime, or with a timedelta
// for SetExpiryDate(time.Now().Add(d)). Django before 4.1, and with
// USE_TZ = False, cannot save a session that has one: use SetExpiry there.
func (s *Session) SetExpiryDate(t time.Time) { s.Set(expiryName, formatISO(t)) }

// ResetExpiry takes the session's own expiry away, so that Config decides.
// Django's set_expiry(None).
func (s *Session) ResetExpiry() { s.Delete(expiryName) }

// ExpiryAge is how long the session would live if it were saved now.
// Django's get_expiry_age.
func (s *Session) ExpiryAge() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	return s.expiry().age(s.m.cfg.Now(), s.m.cfg.CookieAge)
}

// ExpiryDate is when the session would end if it were saved now. Django's
// get_expiry_date.
func (s *Session) ExpiryDate() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	return s.expiry().date(s.m.cfg.Now(), s.m.cfg.CookieAge)
}

// ExpireAtBrowserClose reports whether the cookie ends with the browser: by the
// session's own expiry if it has one, else by Config.ExpireAtBrowserClose.
// Django's get_expire_at_browser_close.
func (s *Session) ExpireAtBrowserClose() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	return s.expireAtBrowserClose()
}

func (s *Session) expireAtBrowserClose() bool {
	e := s.expiry()
	if !e.set && !e.invalid {
		return s.m.cfg.ExpireAtBrowserClose
	}
	return e.zero
}
