package main

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// parseTime reads a date, a time, or a distance from now.
func parseTime(s string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > -1_000_000 && n < 1_000_000 {
			return now.AddDate(0, 0, n), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(d), nil
	}
	return time.Time{}, errors.New("write a date (2026-01-31), a time in UTC (2026-01-31T18:30:00Z) or a distance from now (-24h, 7d)")
}
