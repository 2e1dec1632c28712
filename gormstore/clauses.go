package gormstore

import (
	"reflect"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

var (
	keyCol    = clause.Column{Name: keyColumn}
	dataCol   = clause.Column{Name: dataColumn}
	expireCol = clause.Column{Name: expireColumn}
)

// live is the condition of one session that has not expired. It is a type of its
// own, and not text with question marks, because GORM parses and copies those
// for every statement.
type live struct {
	dialect dialect
	key     string
	now     any
	// version, if not empty, must be the text that is stored.
	version string
	// before, if not nil, must be later than the expiry that is stored.
	before any
}

// Build writes the condition: clause.Expression.
func (c live) Build(b clause.Builder) {
	exactly{c.dialect, c.key}.Build(b)
	compareExpiry(b, " > ", c.now)
	if c.before != nil {
		compareExpiry(b, " < ", c.before)
	}
	if c.version != "" {
		_, _ = b.WriteString(" AND ")
		b.WriteQuoted(dataCol)
		c.dialect.equals(b, c.version)
	}
}

func compareExpiry(b clause.Builder, operator string, value any) {
	_, _ = b.WriteString(" AND ")
	b.WriteQuoted(expireCol)
	_, _ = b.WriteString(operator)
	b.AddVar(b, value)
}

// exactly is the condition of one key, expired or not.
type exactly struct {
	dialect dialect
	key     string
}

// Build writes the condition: clause.Expression.
func (c exactly) Build(b clause.Builder) {
	b.WriteQuoted(keyCol)
	c.dialect.equals(b, c.key)
}

// assignments is the SET clause of an update: the base's columns and the model's.
// GORM makes its own from a struct, but that one cannot change a primary key, and
// leaves out zeros. The values are read when the statement is built, so that
// what a BeforeUpdate hook sets is in it.
type assignments struct {
	base  *Base
	rekey bool            // write session_key too
	bare  bool            // write expire_date alone
	extra []*schema.Field // and these of row
	row   any
}

// Name is the clause's: clause.Interface.
func (assignments) Name() string { return "SET" }

// MergeClause replaces what was there: clause.Interface.
func (a assignments) MergeClause(c *clause.Clause) { c.Expression = a }

// Build writes the clause: clause.Expression.
func (a assignments) Build(b clause.Builder) {
	stmt := b.(*gorm.Statement)
	if a.rekey {
		assign(b, keyCol, string(a.base.SessionKey))
		_ = b.WriteByte(',')
	}
	if !a.bare {
		assign(b, dataCol, string(a.base.SessionData))
		_ = b.WriteByte(',')
	}
	assign(b, expireCol, dialect(stmt.Name()).time(a.base.ExpireDate.Time))
	for _, f := range a.extra {
		_ = b.WriteByte(',')
		assign(b, clause.Column{Name: f.DBName}, a.value(stmt, f))
	}
}

func assign(b clause.Builder, column clause.Column, value any) {
	b.WriteQuoted(column)
	_ = b.WriteByte('=')
	b.AddVar(b, value)
}

// value is what the row has in a column of the model, or the time if the column
// says when the row was updated.
func (a assignments) value(stmt *gorm.Statement, f *schema.Field) any {
	rv := reflect.ValueOf(a.row)
	if f.AutoUpdateTime > 0 && !stmt.SkipHooks {
		if err := f.Set(stmt.Context, rv, autoTime(stmt.NowFunc(), f.AutoUpdateTime)); err != nil {
			_ = stmt.AddError(err)
		}
	}
	v, _ := f.ValueOf(stmt.Context, rv)
	return v
}

// autoTime is now in the unit of an autoUpdateTime column.
func autoTime(now time.Time, unit schema.TimeType) any {
	switch unit {
	case schema.UnixNanosecond:
		return now.UnixNano()
	case schema.UnixMillisecond:
		return now.UnixMilli()
	case schema.UnixSecond:
		return now.Unix()
	default:
		return now
	}
}
