package gormstore

import (
	"errors"
	"reflect"
	"regexp"
	"strings"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
)

// kind is what the store needs to know about a driver's error.
type kind int

const (
	kindOther     kind = iota
	kindDuplicate      // a primary key or unique index refused the row
	kindDeadlock       // rolled back, may be tried again
	kindBusy           // a lock was not granted in time, may be tried again
	kindNoTable
	kindQuotes // the text quotes a value
)

// kindOf looks at the code of a driver's error, without importing any driver.
func (d dialect) kindOf(err error) kind {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return kindDuplicate
	}
	switch d {
	case mysql:
		return mysqlKind(mysqlNumber(err))
	case postgres:
		var e interface{ SQLState() string }
		if errors.As(err, &e) {
			return postgresKind(e.SQLState())
		}
	case sqlite:
		return sqliteKind(err)
	}
	return kindOther
}

func mysqlKind(number uint64) kind {
	switch number {
	case 1062, 1586:
		return kindDuplicate
	case 1213:
		return kindDeadlock
	case 1205:
		return kindBusy
	case 1146:
		return kindNoTable
	case 1292, 1366, 1367, 1411:
		return kindQuotes
	}
	return kindOther
}

// mysqlNumber finds the number in a *mysql.MySQLError. The driver's type has no
// method that tells it, and importing the driver for it would make everybody
// download it.
func mysqlNumber(err error) (number uint64) {
	walk(err, func(err error) bool {
		v := reflect.Indirect(reflect.ValueOf(err))
		if v.Kind() != reflect.Struct || v.Type().Name() != "MySQLError" {
			return false
		}
		f := v.FieldByName("Number")
		if !f.IsValid() || !f.CanUint() {
			return false
		}
		number = f.Uint()
		return true
	})
	return number
}

func postgresKind(state string) kind {
	switch {
	case state == "23505":
		return kindDuplicate
	case state == "40P01", state == "40001":
		return kindDeadlock
	case state == "55P03":
		return kindBusy
	case state == "42P01":
		return kindNoTable
	case strings.HasPrefix(state, "22"): // data exception: invalid input "…"
		return kindQuotes
	}
	return kindOther
}

// sqliteKind reads the extended result code where the driver has a method for it,
// and SQLite's own texts, which are the same in all drivers.
func sqliteKind(err error) kind {
	var e interface{ Code() int }
	if errors.As(err, &e) {
		switch code := e.Code(); {
		case code == 1555, code == 2067: // primary key, unique
			return kindDuplicate
		case code&0xff == 5, code&0xff == 6: // busy, locked
			return kindBusy
		}
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "UNIQUE constraint failed"):
		return kindDuplicate
	case strings.Contains(text, "database is locked"), strings.Contains(text, "table is locked"):
		return kindBusy
	case strings.Contains(text, "no such table"):
		return kindNoTable
	}
	return kindOther
}

// walk visits err and what it wraps until visit says that it has found its error.
func walk(err error, visit func(error) bool) bool {
	for err != nil {
		if visit(err) {
			return true
		}
		switch w := err.(type) {
		case interface{ Unwrap() error }:
			err = w.Unwrap()
		case interface{ Unwrap() []error }:
			for _, err := range w.Unwrap() {
				if walk(err, visit) {
					return true
				}
			}
			return false
		default:
			return false
		}
	}
	return false
}

// dbError is a driver's error with another text. Unwrap gives the driver's own,
// for errors.As; print the outer one.
type dbError struct {
	text string
	err  error
}

func (e *dbError) Error() string { return e.text }
func (e *dbError) Unwrap() error { return e.err }

const redacted = "[redacted]"

// quoted finds the values that MySQL and PostgreSQL quote in their messages.
var quoted = regexp.MustCompile(`'[^']*'|"[^"]*"`)

// mask hides what a driver quotes, in the errors that quote values: MySQL's 1062
// has the key in it. Every other error comes back as it is.
func (d dialect) mask(err error) error {
	if err == nil || d == sqlite { // SQLite names columns and no values
		return err
	}
	switch d.kindOf(err) {
	case kindDuplicate, kindQuotes:
		text := err.Error()
		if masked := quoted.ReplaceAllLiteralString(text, redacted); masked != text {
			return &dbError{masked, err}
		}
	}
	return err
}

// fail is an error of the database as the store returns it: it quotes none of the
// secrets and, where there is one, says the cure.
func (d dialect) fail(err error, secrets ...string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, core.ErrNotFound), errors.Is(err, core.ErrConflict), errors.Is(err, core.ErrExists), errors.Is(err, core.ErrRefused):
		return err
	}
	text := d.mask(err).Error()
	for _, secret := range secrets {
		if len(secret) >= 8 { // shorter ones are no keys, and would tear the text apart
			text = strings.ReplaceAll(text, secret, redacted)
		}
	}
	if d.kindOf(err) == kindNoTable {
		text += " (create the table with Store.Migrate, or with Django's migrate)"
	}
	if !strings.HasPrefix(text, "gormstore: ") { // the store's own have said so
		text = "gormstore: " + text
	}
	return &dbError{text, err}
}
