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
	// before, if not nil, must be later than the expiry that is stored; or since
	// later than when the session was seen, if there is a column for that.
	before, since any
	seen          *schema.Field
	// user, if not nil, is a column that must hold owner.
	user  *schema.Field
	owner owner
}

// Build writes the condition: clause.Expression.
func (c live) Build(b clause.Builder) {
	exactly{c.dialect, c.key}.Build(b)
	_, _ = b.WriteString(" AND ")
	compare(b, expireCol, " > ", c.now)
	if c.before != nil {
		_, _ = b.WriteString(" AND (")
		compare(b, expireCol, " < ", c.before)
		if c.seen != nil {
			_, _ = b.WriteString(" OR ")
			compare(b, column(c.seen), " < ", c.since)
			_, _ = b.WriteString(" OR ")
			b.WriteQuoted(column(c.seen))
			_, _ = b.WriteString(" IS NULL")
		}
		_ = b.WriteByte(')')
	}
	if c.user != nil {
		_, _ = b.WriteString(" AND ")
		ofUser{c.dialect, column(c.user), c.owner}.Build(b)
	}
	if c.version != "" {
		_, _ = b.WriteString(" AND ")
		b.WriteQuoted(dataCol)
		c.dialect.equals(b, c.version)
	}
}

func compare(b clause.Builder, column clause.Column, operator string, value any) {
	b.WriteQuoted(column)
	_, _ = b.WriteString(operator)
	b.AddVar(b, value)
}

func column(f *schema.Field) clause.Column { return clause.Column{Name: f.DBName} }

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
	base   *Base
	rekey  bool            // write session_key too
	bare   bool            // write no session_data
	later  bool            // write expire_date only if it is later than what is there
	client []*schema.Field // and these of row
	extra  []*schema.Field // and these, if they are not empty or FillSession has filled them
	fills  bool
	seen   *schema.Field // and this one, if it is later than what is there
	row    any
}

// seeing adds the columns of the request that a session is seen in.
func (a *assignments) seeing(c *requestColumns) {
	a.client = []*schema.Field{c.clientIP, c.userAgent}
	a.seen = c.lastSeen
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
	expires := dialect(stmt.Name()).time(a.base.ExpireDate.Time)
	if a.later {
		assignLater(b, expireCol, expires)
	} else {
		assign(b, expireCol, expires)
	}
	for _, f := range a.client {
		value, _ := f.ValueOf(stmt.Context, reflect.ValueOf(a.row))
		_ = b.WriteByte(',')
		assign(b, column(f), value)
	}
	for _, f := range a.extra {
		if value, ok := a.value(stmt, f); ok {
			_ = b.WriteByte(',')
			assign(b, column(f), value)
		}
	}
	if a.seen != nil {
		_ = b.WriteByte(',')
		assignLater(b, column(a.seen), dialect(stmt.Name()).time(a.row.(requestModel).clientBase().LastSeen.Time))
	}
}

// assignLater leaves a moment alone that is later already: two nodes may write in
// another order than they looked at their clocks, which differ as well.
func assignLater(b clause.Builder, column clause.Column, value any) {
	b.WriteQuoted(column)
	_, _ = b.WriteString("=CASE WHEN ")
	compare(b, column, " > ", value)
	_, _ = b.WriteString(" THEN ")
	b.WriteQuoted(column)
	_, _ = b.WriteString(" ELSE ")
	b.AddVar(b, value)
	_, _ = b.WriteString(" END")
}

func assign(b clause.Builder, column clause.Column, value any) {
	b.WriteQuoted(column)
	_ = b.WriteByte('=')
	b.AddVar(b, value)
}

// value is what the row has in a column of the model, or the time if the column
// says when the row was updated. Without a FillSession what others wrote survives in
// the columns that are empty here, those that no hook has set. Where GORM's INSERT
// would take the default of an empty column from its tag, so does this; one that the
// database makes, a function's, is not for an update.
func (a assignments) value(stmt *gorm.Statement, f *schema.Field) (value any, ok bool) {
	rv := reflect.ValueOf(a.row)
	if f.AutoUpdateTime > 0 && !stmt.SkipHooks {
		if err := f.Set(stmt.Context, rv, autoTime(stmt.NowFunc(), f.AutoUpdateTime)); err != nil {
			_ = stmt.AddError(err)
		}
	}
	value, zero := f.ValueOf(stmt.Context, rv)
	if zero && !a.fills {
		return nil, false
	}
	if zero && f.HasDefaultValue {
		return f.DefaultValueInterface, f.DefaultValueInterface != nil
	}
	return value, true
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
