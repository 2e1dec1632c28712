package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// table is the session table in its database.
type table struct {
	db   *gorm.DB
	name string
	user string // the user column, or ""
	catalogue
}

// openTable connects to the database and looks at the table, which must be there.
// The caller closes it.
func (a *app) openTable(ctx context.Context) (*table, error) {
	db, err := a.openDatabase(ctx, false)
	if err != nil {
		return nil, err
	}
	t := &table{db: db, name: a.tableName, user: a.userColumn}
	if t.catalogue, err = readCatalogue(ctx, db, t.name); err != nil {
		t.close()
		return nil, ended(ctx, err, "")
	}
	if len(t.columns) == 0 {
		t.close()
		return nil, a.errNoTable()
	}
	return t, nil
}

// openSessions is openTable for what reads sessions: the columns must be there.
func (a *app) openSessions(ctx context.Context) (*table, error) {
	t, err := a.openTable(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{keyColumn, dataColumn, expireColumn, t.user} {
		if name != "" && !t.has(name) {
			t.close()
			return nil, fmt.Errorf("the table %s has no column %s: \"djinn doctor\" says what else is wrong with it", t.name, name)
		}
	}
	return t, nil
}

func (t *table) close() { closeDatabase(t.db) }

// query begins one over the table.
func (t *table) query(ctx context.Context) *gorm.DB {
	return t.db.WithContext(ctx).Table(t.name)
}

// moment is a date of the database that may be NULL, or none: PostgreSQL's infinity
// for example. One odd row must not stop a listing.
type moment struct {
	time.Time
	ok bool
}

// Scan reads a column: sql.Scanner.
func (m *moment) Scan(src any) error {
	var d gormstore.DateTime
	m.ok = src != nil && d.Scan(src) == nil
	m.Time = d.UTC()
	return nil
}

// session is a row.
type session struct {
	Key             core.Secret
	Data            gormstore.Payload // if it was asked for
	Size            int64             // of the data, in bytes
	Expires         moment
	Created, Seen   moment
	User, IP, Agent sql.NullString
}

// publicID is the session's public name.
func (s *session) publicID() string { return core.PublicID(string(s.Key)) }

// live reports whether the session has not expired. A date that is none, such as
// infinity, does not pass.
func (s *session) live(now time.Time) bool { return !s.Expires.ok || s.Expires.After(now) }

// sizeOf is SQL for the length of a text column in bytes.
func (t *table) sizeOf(column string) string {
	switch t.db.Name() {
	case dialectSQLite:
		return "LENGTH(CAST(" + column + " AS BLOB))"
	default:
		return "OCTET_LENGTH(" + column + ")"
	}
}

// columnsOf are the columns of a session that this table has, as SQL, and where each
// is scanned to.
func (t *table) columnsOf(s *session, withData bool) (selects []string, dest []any) {
	add := func(expr string, to any) {
		selects = append(selects, expr)
		dest = append(dest, to)
	}
	add(t.quote(keyColumn), (*string)(&s.Key))
	add(t.sizeOf(t.quote(dataColumn)), &s.Size)
	add(t.quote(expireColumn), &s.Expires)
	if withData {
		add(t.quote(dataColumn), (*string)(&s.Data))
	}
	if t.has(t.user) {
		add(t.quote(t.user), &s.User)
	}
	for column, to := range map[string]any{ipColumn: &s.IP, agentColumn: &s.Agent, createdColumn: &s.Created, seenColumn: &s.Seen} {
		if t.has(column) {
			add(t.quote(column), to)
		}
	}
	return selects, dest
}

func (t *table) quote(column string) string { return t.db.Statement.Quote(column) }

// each calls do for each session that the query finds. The session is used again for
// the next row.
func (t *table) each(query *gorm.DB, withData bool, do func(*session) error) error {
	var s session
	selects, dest := t.columnsOf(&s, withData)
	exprs := make([]clause.Column, len(selects))
	for i, expr := range selects {
		exprs[i] = clause.Column{Name: expr, Raw: true}
	}
	return eachRow(query.Clauses(clause.Select{Columns: exprs}), func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		return do(&s)
	})
}

// errFound stops a search.
var errFound = errors.New("found")

// find looks for one session among those that the query finds.
func (t *table) find(query *gorm.DB, is func(*session) bool) (found *session, err error) {
	err = t.each(query, true, func(s *session) error {
		if !is(s) {
			return nil
		}
		row := *s
		found = &row
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return found, err
}

// byPublicID finds a session, live or expired; nil if there is none.
func (t *table) byPublicID(ctx context.Context, publicID string) (*session, error) {
	prefix, ok := core.PublicIDPrefix(publicID)
	if !ok {
		return nil, nil
	}
	query := t.query(ctx)
	if t.db.Name() == dialectSQLite { // where LIKE does not use the index
		query = query.Where(t.quote(keyColumn)+" >= ? AND "+t.quote(keyColumn)+" < ?", prefix, prefix+"~")
	} else {
		query = query.Where(t.quote(keyColumn)+" LIKE ?", prefix+"%")
	}
	return t.find(query, func(s *session) bool { return s.publicID() == publicID })
}

// byKey finds a session, live or expired; nil if there is none.
func (t *table) byKey(ctx context.Context, key core.Secret) (*session, error) {
	// The database may compare without regard to case.
	return t.find(t.query(ctx).Where(t.quote(keyColumn)+" = ?", string(key)), func(s *session) bool { return s.Key == key })
}

// userID is the ID in the form that the column gives it: an integer column finds 7
// for "07" too, but the row of that user in the store's table of users is called "7".
func (t *table) userID(id string) (string, error) {
	col, _ := t.column(t.user)
	if !isInteger(col.Type) {
		return id, nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return "", usageError("--user: the column %s holds integers (%s), and this is none", t.user, col.Type)
	}
	return strconv.FormatInt(n, 10), nil
}

// isInteger reports whether a column type is one: integer, bigint(20) unsigned, …
func isInteger(columnType string) bool {
	word, _, _ := strings.Cut(columnType, " ")
	word, _, _ = strings.Cut(word, "(")
	return slices.Contains([]string{"int", "integer", "bigint", "smallint", "tinyint", "mediumint"}, word)
}
