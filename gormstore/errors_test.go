package gormstore

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The errors of drivers, in the shapes that they have.
type (
	// MySQLError has the name of the driver's type, which is what is looked for.
	MySQLError struct {
		Number  uint16
		Message string
	}
	pgError     string
	sqliteError int
)

func (e *MySQLError) Error() string { return fmt.Sprintf("Error %d: %s", e.Number, e.Message) }
func (e pgError) Error() string {
	return `invalid input syntax for type integer: "abc" (SQLSTATE ` + string(e) + ")"
}
func (e pgError) SQLState() string  { return string(e) }
func (e sqliteError) Error() string { return "constraint failed" }
func (e sqliteError) Code() int     { return int(e) }

func TestKindOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		dialect dialect
		err     error
		want    kind
	}{
		{mysql, &MySQLError{Number: 1062}, kindDuplicate},
		{mysql, &MySQLError{Number: 1213}, kindDeadlock},
		{mysql, &MySQLError{Number: 1205}, kindBusy},
		{mysql, &MySQLError{Number: 1146}, kindNoTable},
		{mysql, &MySQLError{Number: 1064}, kindOther},
		{mysql, errors.Join(errors.New("a"), fmt.Errorf("b: %w", &MySQLError{Number: 1213})), kindDeadlock},
		{mysql, errors.New("Error 1213"), kindOther},
		{postgres, pgError("23505"), kindDuplicate},
		{postgres, pgError("40P01"), kindDeadlock},
		{postgres, pgError("40001"), kindDeadlock},
		{postgres, pgError("55P03"), kindBusy},
		{postgres, pgError("42P01"), kindNoTable},
		{postgres, pgError("22P02"), kindQuotes},
		{postgres, &MySQLError{Number: 1062}, kindOther},
		{sqlite, sqliteError(1555), kindDuplicate},
		{sqlite, sqliteError(2067), kindDuplicate},
		{sqlite, sqliteError(5), kindBusy},
		{sqlite, sqliteError(517), kindBusy},
		{sqlite, sqliteError(6), kindBusy},
		{sqlite, sqliteError(787), kindOther},
		{sqlite, errors.New("database is locked"), kindBusy},
		{sqlite, errors.New("UNIQUE constraint failed: django_session.session_key"), kindDuplicate},
		{sqlite, errors.New("SQL logic error: no such table: django_session (1)"), kindNoTable},
	}
	for _, tt := range tests {
		if got := tt.dialect.kindOf(tt.err); got != tt.want {
			t.Errorf("%s, %v: got kind %d, want %d", tt.dialect, tt.err, got, tt.want)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	duplicate := &MySQLError{1062, "Duplicate entry 'the-key-of-alice' for key 'PRIMARY'"}
	for _, tt := range []struct {
		dialect dialect
		err     error
		secret  string
	}{
		{mysql, duplicate, "the-key-of-alice"},
		{postgres, pgError("22P02"), "abc"},
	} {
		got := tt.dialect.mask(fmt.Errorf("save: %w", tt.err))
		if strings.Contains(fmt.Sprintf("%v %+v", got, got), tt.secret) {
			t.Errorf("mask: got %q, want no %q in it", got, tt.secret)
		}
		if !errors.Is(got, tt.err) {
			t.Errorf("mask: got %v, which does not wrap the driver's error", got)
		}
	}
	syntax := error(&MySQLError{1064, "You have an error near 'FROM'"})
	if got := mysql.mask(syntax); got != syntax {
		t.Errorf("mask of an error without values: got %v, want it as it was", got)
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	s, err := New(dummyDB(t, "sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	const key = "key1aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	got := s.fail(errors.New("cannot bind "+key), "", "x", key)
	if want := "gormstore: cannot bind [redacted]"; got.Error() != want {
		t.Errorf("fail: got %q, want %q", got, want)
	}
}
