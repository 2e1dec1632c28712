package gormstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
)

// maxKey is the width of session_key.
const maxKey = 40

// storable reports whether key can be in the table at all. What cannot, such as a
// NUL, which PostgreSQL answers with an error, is not looked for.
func storable(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

// Load is one SELECT of two columns by primary key. The Version of the record is
// its text, so that Update notices every other writer, Django too.
func (s *Store[M]) Load(ctx context.Context, key string) (core.Record, error) {
	if !storable(key) {
		return core.Record{}, core.ErrNotFound
	}
	found, err := s.read(s.latest(s.statement(ctx), transactionFrom(ctx) != nil), key)
	if errors.Is(err, errNotDate) {
		return s.unreadable(key, found.data, err), nil
	}
	if err != nil {
		return core.Record{}, s.fail(err, key)
	}
	return core.Record{
		Key: key, Encoded: found.data, Version: found.data,
		ExpireDate: found.expireDate.UTC(), LastSeen: found.lastSeen.Time,
	}, nil
}

// unreadable is the record of a session whose expiry is no date, PostgreSQL's
// infinity for example. The database takes it for a later moment than now, and
// answers well: an error would be a 503 for this visitor for ever.
func (s *Store[M]) unreadable(key, data string, cause error) core.Record {
	rec := core.Record{Key: key, Encoded: data, Version: data, ExpireDate: maxTime}
	return rec.WithDecode(func(core.Codec) (core.Values, error) {
		return core.Values{}, fmt.Errorf("%w: %w (correct its %s, or delete the row)", core.ErrUndecodable, s.fail(cause, key, data), expireColumn)
	})
}

// live is the condition of one session that has not expired.
func (s *Store[M]) live(key string) live {
	return live{exactly{s.dialect, key}, s.dialect.time(s.settings.Now())}
}

// found is what Load reads of a row.
type found struct {
	data                 string
	expireDate, lastSeen DateTime
}

// read finds a live session, or ErrNotFound. With errNotDate it gives the data.
func (s *Store[M]) read(db *gorm.DB, key string) (row found, err error) {
	rows, err := db.Model(new(M)).
		Clauses(s.columns(), s.live(key)).
		Rows()
	if err != nil {
		return found{}, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return found{}, err
		}
		return found{}, core.ErrNotFound
	}
	var data sql.NullString // NULL in a table made by hand: no items, as ""
	dest := []any{&data, &row.expireDate, &row.lastSeen}
	if s.model.client == nil {
		dest = dest[:2]
	}
	err = rows.Scan(dest...)
	row.data = data.String
	return row, err
}

// columns is the SELECT clause of read.
func (s *Store[M]) columns() clause.Select {
	sql := dataColumn + ", " + s.dialect.readTime(expireColumn)
	if s.model.client != nil {
		sql += ", " + s.dialect.readTime(s.model.client.lastSeen.DBName)
	}
	return clause.Select{Expression: clause.Expr{SQL: sql}}
}
