package gormstore

import (
	"fmt"
	"time"

	"gorm.io/gorm/clause"
)

// dialect is the name by which a GORM dialector calls itself.
type dialect string

const (
	sqlite   dialect = "sqlite"
	postgres dialect = "postgres"
	mysql    dialect = "mysql"
)

// check refuses a database whose time type and text comparison nobody has looked
// at.
func (d dialect) check() error {
	switch d {
	case sqlite, postgres, mysql:
		return nil
	}
	return fmt.Errorf("gormstore: the database %q is not supported: use SQLite, PostgreSQL, MySQL or MariaDB", string(d))
}

// time is t as a parameter. Text, where the driver's own form of a time.Time
// depends on its settings: on SQLite it does not compare with what Django wrote,
// on MySQL it is a wall clock in the DSN's loc.
func (d dialect) time(t time.Time) any {
	t = normalize(t)
	switch d {
	case sqlite:
		return djangoText(t)
	case mysql:
		return t.Format(mysqlLayout)
	default:
		return t
	}
}

// readTime is what to select to read a date: its text, where the driver (SQLite's
// and MySQL's) turns dates into time.Time in ways that depend on its settings.
func (d dialect) readTime(column string) string {
	switch d {
	case sqlite:
		return "CAST(" + column + " AS TEXT)"
	case mysql:
		return "CAST(" + column + " AS CHAR)"
	default:
		return column
	}
}

// equals writes " = " and the text, compared by bytes: on MySQL the comparison is
// one by collation otherwise, where case and trailing spaces do not count. The
// cast is on the parameter and not on the column, where it would put the index
// out of use.
func (d dialect) equals(b clause.Builder, text string) {
	if d != mysql {
		_, _ = b.WriteString(" = ")
		b.AddVar(b, text)
		return
	}
	_, _ = b.WriteString(" = CAST(")
	b.AddVar(b, text)
	_, _ = b.WriteString(" AS BINARY)")
}
