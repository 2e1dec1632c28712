package gormstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// DateTime is a moment as Django's DateTimeField keeps it: microseconds, UTC, in
// the column type and the text form that Django uses on each database. It is the
// type of [Base.ExpireDate] and may be used for columns of your own.
//
// Use it in conditions too, db.Where("expire_date > ?", gormstore.Now()): a bare
// time.Time is written by the driver, which on SQLite gives a text that does not
// compare, and on MySQL the wall clock of the DSN's loc.
type DateTime struct{ time.Time }

// Now is the current moment, cut to microseconds.
func Now() DateTime { return DateTimeOf(time.Now()) }

// DateTimeOf is t in UTC, cut to microseconds and to the years 1 to 9999, which
// is what the databases and Python can hold.
func DateTimeOf(t time.Time) DateTime { return DateTime{normalize(t)} }

const (
	// djangoLayout is what Django writes on SQLite, up to the fraction, which it
	// leaves out when it is zero.
	djangoLayout = "2006-01-02 15:04:05"
	mysqlLayout  = "2006-01-02 15:04:05.000000"
)

var (
	minTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	maxTime = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
)

func normalize(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Microsecond)
	switch {
	case t.Before(minTime):
		return minTime
	case t.After(maxTime):
		return maxTime
	}
	return t
}

// djangoText is t as Django writes it on SQLite. Such texts sort as the moments
// do, with and without a fraction.
func djangoText(t time.Time) string {
	if t.Nanosecond() == 0 {
		return t.Format(djangoLayout)
	}
	return t.Format(mysqlLayout)
}

// errNotDate: a column holds what no DateTime can be.
var errNotDate = errors.New("not a date and time that Django writes (" + mysqlLayout + ")")

// parseText reads what a database gives as text: Django's form, and the forms in
// which SQLite drivers write a time.Time. Without an offset it is UTC.
func parseText(s string) (time.Time, error) {
	for _, layout := range []string{djangoLayout, time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700 MST", time.DateOnly} {
		// Parse accepts a fraction of a second after any layout's seconds.
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("gormstore: %q is %w", s, errNotDate)
}

// Scan reads a column: sql.Scanner.
func (d *DateTime) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = DateTime{}
	case time.Time:
		*d = DateTime{v}
	case string:
		t, err := parseText(v)
		*d = DateTime{t}
		return err
	case []byte:
		t, err := parseText(string(v))
		*d = DateTime{t}
		return err
	default:
		return fmt.Errorf("gormstore: a column of type %T is %w", src, errNotDate)
	}
	return nil
}

// Value is the moment in UTC for use without GORM: driver.Valuer.
func (d DateTime) Value() (driver.Value, error) { return normalize(d.Time), nil }

// GormValue writes the moment in the form of the statement's database.
func (d DateTime) GormValue(_ context.Context, db *gorm.DB) clause.Expr {
	return clause.Expr{SQL: "?", Vars: []any{dialect(db.Name()).time(d.Time)}}
}

// GormDataType tells GORM that this is a time.
func (DateTime) GormDataType() string { return string(schema.Time) }

// GormDBDataType is the column type that Django uses.
func (DateTime) GormDBDataType(db *gorm.DB, _ *schema.Field) string {
	switch dialect(db.Name()) {
	case mysql:
		return "datetime(6)"
	case postgres:
		return "timestamptz"
	default:
		return "datetime"
	}
}

// wallClockUTC undoes the loc of a MySQL DSN: the column holds a wall clock in
// UTC, which the driver has taken for one in loc. It does nothing the second
// time.
func (d DateTime) wallClockUTC() DateTime {
	t := d.Time
	return DateTime{time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)}
}
