package gormstore

import (
	"reflect"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// Conditions and assignments are types of their own, each of one thing, and not text
// with question marks, because GORM parses and copies those for every statement.

var (
	keyCol    = clause.Column{Name: keyColumn}
	dataCol   = clause.Column{Name: dataColumn}
	expireCol = clause.Column{Name: expireColumn}
)

func column(f *schema.Field) clause.Column { return clause.Column{Name: f.DBName} }

func compare(b clause.Builder, column clause.Column, operator string, value any) {
	b.WriteQuoted(column)
	_, _ = b.WriteString(operator)
	b.AddVar(b, value)
}

// and holds if both do. It takes types and not interfaces, so that both are allocated
// as one.
type and[A, B clause.Expression] struct {
	a A
	b B
}

// Build writes the condition: clause.Expression, as all of the following.
func (c and[A, B]) Build(b clause.Builder) {
	c.a.Build(b)
	_, _ = b.WriteString(" AND ")
	c.b.Build(b)
}

// exactly is the condition of one key, expired or not.
type exactly struct {
	dialect dialect
	key     string
}

func (c exactly) Build(b clause.Builder) {
	b.WriteQuoted(keyCol)
	c.dialect.equals(b, c.key)
}

// live is the condition of one session that has not expired.
type live struct {
	exactly
	now any
}

func (c live) Build(b clause.Builder) {
	c.exactly.Build(b)
	_, _ = b.WriteString(" AND ")
	compare(b, expireCol, " > ", c.now)
}

// unchanged is the condition that the text is still that.
type unchanged struct {
	dialect dialect
	text    string
}

func (c unchanged) Build(b clause.Builder) {
	b.WriteQuoted(dataCol)
	c.dialect.equals(b, c.text)
}

// expiresBefore is the condition that the expiry is earlier than that.
type expiresBefore struct{ at any }

func (c expiresBefore) Build(b clause.Builder) { compare(b, expireCol, " < ", c.at) }

// orSeenBefore holds if the first condition does, or if the session was last seen
// before that moment, or never.
type orSeenBefore struct {
	first clause.Expression
	seen  *schema.Field
	at    any
}

func (c orSeenBefore) Build(b clause.Builder) {
	_ = b.WriteByte('(')
	c.first.Build(b)
	_, _ = b.WriteString(" OR ")
	compare(b, column(c.seen), " < ", c.at)
	_, _ = b.WriteString(" OR ")
	b.WriteQuoted(column(c.seen))
	_, _ = b.WriteString(" IS NULL)")
}

// ofUser is the condition of one user's sessions. On MySQL a text is compared by its
// bytes too: to most collations "bob", "Bob" and "bob " are one user.
type ofUser struct {
	dialect dialect
	column  clause.Column
	owner   owner
}

func (c ofUser) Build(b clause.Builder) {
	compare(b, c.column, " = ", c.owner.value) // uses the index
	if c.dialect != mysql || !c.owner.isText {
		return
	}
	_, _ = b.WriteString(" AND CAST(CONVERT(")
	b.WriteQuoted(c.column)
	_, _ = b.WriteString(" USING utf8mb4) AS BINARY) = CAST(CONVERT(")
	b.AddVar(b, c.owner.value)
	_, _ = b.WriteString(" USING utf8mb4) AS BINARY)")
}

// assignments is the SET clause of an update. GORM makes its own from a struct, but
// that one cannot change a primary key, and leaves out zeros. The values are read when
// the statement is built, so that what a BeforeUpdate hook sets is in it.
type assignments []assignment

// assignment is of one column or several of a row.
type assignment interface{ write(w *setWriter) }

// Name is the clause's: clause.Interface.
func (assignments) Name() string { return "SET" }

// MergeClause replaces what was there: clause.Interface.
func (a assignments) MergeClause(c *clause.Clause) { c.Expression = a }

// Build writes the clause: clause.Expression.
func (a assignments) Build(b clause.Builder) {
	w := &setWriter{stmt: b.(*gorm.Statement)}
	for _, each := range a {
		each.write(w)
	}
}

// setWriter writes assignments with commas between them.
type setWriter struct {
	stmt *gorm.Statement
	n    int
}

func (w *setWriter) begin(column clause.Column) {
	if w.n++; w.n > 1 {
		_ = w.stmt.WriteByte(',')
	}
	w.stmt.WriteQuoted(column)
	_ = w.stmt.WriteByte('=')
}

func (w *setWriter) assign(column clause.Column, value any) {
	w.begin(column)
	w.stmt.AddVar(w.stmt, value)
}

// assignLater leaves a moment alone that is later already: two nodes may write in
// another order than they looked at their clocks, which differ as well.
func (w *setWriter) assignLater(column clause.Column, value any) {
	w.begin(column)
	_, _ = w.stmt.WriteString("CASE WHEN ")
	compare(w.stmt, column, " > ", value)
	_, _ = w.stmt.WriteString(" THEN ")
	w.stmt.WriteQuoted(column)
	_, _ = w.stmt.WriteString(" ELSE ")
	w.stmt.AddVar(w.stmt, value)
	_, _ = w.stmt.WriteString(" END")
}

func (w *setWriter) time(d DateTime) any { return dialect(w.stmt.Name()).time(d.Time) }

// setKey writes session_key.
type setKey struct{ base *Base }

func (a setKey) write(w *setWriter) { w.assign(keyCol, string(a.base.SessionKey)) }

// setData writes session_data.
type setData struct{ base *Base }

func (a setData) write(w *setWriter) { w.assign(dataCol, string(a.base.SessionData)) }

// setExpiry writes expire_date.
type setExpiry struct{ base *Base }

func (a setExpiry) write(w *setWriter) { w.assign(expireCol, w.time(a.base.ExpireDate)) }

// setLaterExpiry writes expire_date unless it is later already.
type setLaterExpiry struct{ base *Base }

func (a setLaterExpiry) write(w *setWriter) { w.assignLater(expireCol, w.time(a.base.ExpireDate)) }

// setClient writes what a request tells of its client.
type setClient struct {
	columns *clientColumns
	row     any
}

func (a setClient) write(w *setWriter) {
	for _, f := range []*schema.Field{a.columns.clientIP, a.columns.userAgent} {
		value, _ := f.ValueOf(w.stmt.Context, reflect.ValueOf(a.row))
		w.assign(column(f), value)
	}
	w.assignLater(column(a.columns.lastSeen), w.time(a.row.(clientModel).clientBase().LastSeen))
}

// setExtra writes the model's own columns: all of them if FillSession has filled them,
// otherwise those that are not empty.
type setExtra struct {
	fields []*schema.Field
	filled bool
	row    any
}

func (a setExtra) write(w *setWriter) {
	for _, f := range a.fields {
		if value, ok := a.value(w.stmt, f); ok {
			w.assign(column(f), value)
		}
	}
}

// value is what the row has in a column of the model, or the time if the column
// says when the row was updated. Without a FillSession what others wrote survives in
// the columns that are empty here, those that no hook has set. Where GORM's INSERT
// would take the default of an empty column from its tag, so does this; one that the
// database makes, a function's, is not for an update.
func (a setExtra) value(stmt *gorm.Statement, f *schema.Field) (value any, ok bool) {
	rv := reflect.ValueOf(a.row)
	if f.AutoUpdateTime > 0 && !stmt.SkipHooks {
		if err := f.Set(stmt.Context, rv, autoTime(stmt.NowFunc(), f.AutoUpdateTime)); err != nil {
			_ = stmt.AddError(err)
		}
	}
	value, zero := f.ValueOf(stmt.Context, rv)
	if zero && !a.filled {
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
