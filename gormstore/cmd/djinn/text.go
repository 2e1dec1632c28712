package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// writeJSON prints one document on one line.
func (a *app) writeJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printable is text of a stranger, made safe for a terminal: what a client sent as
// its user agent may hold escape sequences.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes a number of things: 1 session, 2,000 sessions.
func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(n) + " " + thing + "s"
}

// byteSize writes a size for people.
func byteSize(n int64) string {
	switch {
	case n < 10_000:
		return thousands(n) + " B"
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
}

// timestamp writes a moment, UTC to the second.
func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// text is a date of the database for people.
func (m moment) text() string {
	if !m.ok {
		return "-"
	}
	return timestamp(m.Time)
}

// MarshalJSON writes null for what is no date.
func (m moment) MarshalJSON() ([]byte, error) {
	if !m.ok {
		return []byte("null"), nil
	}
	return json.Marshal(timestamp(m.Time))
}

// roughly writes a duration by its largest unit.
func roughly(d time.Duration) string {
	units := []struct {
		name string
		size time.Duration
	}{{"year", 365 * day}, {"day", day}, {"hour", time.Hour}, {"minute", time.Minute}}
	for _, u := range units {
		if n := int64(d / u.size); n > 0 {
			return count(n, u.name)
		}
	}
	return count(int64(d/time.Second), "second")
}

const day = 24 * time.Hour

// fromNow says when something is: in 3 days, 2 hours ago.
func fromNow(t, now time.Time) string {
	if d := t.Sub(now); d > 0 {
		return "in " + roughly(d)
	}
	return roughly(now.Sub(t)) + " ago"
}
