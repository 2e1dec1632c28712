package gormstore

import (
	"testing"
	"time"
)

func TestDjangoText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		t    time.Time
		want string
	}{
		{time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC), "2026-11-23 01:02:03"},
		{time.Date(2026, 11, 23, 1, 2, 3, 1999, time.UTC), "2026-11-23 01:02:03.000001"},
		{time.Date(2026, 11, 23, 1, 2, 3, 999, time.UTC), "2026-11-23 01:02:03"},
		{time.Date(2026, 11, 23, 1, 2, 3, 500e6, time.FixedZone("", -3600)), "2026-11-23 02:02:03.500000"},
		{time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), "0001-01-01 00:00:00"},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "9999-12-31 23:59:59.999999"},
	}
	for _, tt := range tests {
		got := sqlite.time(tt.t)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.t, got, tt.want)
		}
		back, err := parseText(tt.want)
		if err != nil || !back.Equal(normalize(tt.t)) {
			t.Errorf("parse %q: got %v, %v, want %v, no error", tt.want, back, err, normalize(tt.t))
		}
	}
}

func TestDateTimeScan(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 23, 1, 2, 3, 4000, time.UTC)
	for _, src := range []any{
		want,
		"2026-11-23 01:02:03.000004",
		[]byte("2026-11-23 01:02:03.000004"),
		"2026-11-23T01:02:03.000004Z",
		"2026-11-23 03:02:03.000004+02:00",
		"2026-11-23 03:02:03.000004 +0200 CEST",
	} {
		var got DateTime
		if err := got.Scan(src); err != nil || !got.Equal(want) {
			t.Errorf("Scan(%#v): got %v, %v, want %v, no error", src, got, err, want)
		}
	}
	for _, src := range []any{"tomorrow", []byte{}, 5, true} {
		var got DateTime
		if err := got.Scan(src); err == nil {
			t.Errorf("Scan(%#v): got %v and no error, want an error", src, got)
		}
	}
	got := DateTime{want}
	if err := got.Scan(nil); err != nil || !got.IsZero() {
		t.Errorf("Scan(nil): got %v, %v, want the zero time, no error", got, err)
	}
}

func TestWallClockUTC(t *testing.T) {
	t.Parallel()
	newYork := time.FixedZone("EST", -5*3600)
	d := DateTime{time.Date(2026, 11, 23, 1, 2, 3, 4000, newYork)}.wallClockUTC()
	want := time.Date(2026, 11, 23, 1, 2, 3, 4000, time.UTC)
	if !d.Equal(want) || !d.wallClockUTC().Equal(want) {
		t.Errorf("once: got %v, twice %v, want %v", d, d.wallClockUTC(), want)
	}
}
