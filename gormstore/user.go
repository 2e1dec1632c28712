package gormstore

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/djinn-go/djinn/core"
)

// A model that says whose a session is, by the tag djinn:"user" on a column, has a
// second table, <table>_users, with a row for each user who has ever logged in.
// A log-in, which is a save that makes a session a user's, holds that row's lock
// until its transaction ends, and so does a revocation of all sessions of the user
// while it writes down its moment there. So of the two one comes first: the
// revocation finds the session of the log-in, or the log-in finds the revocation and
// is refused if its request began before.

// ofUser is the condition of one user's sessions. On MySQL a text is compared by its
// bytes too: to most collations "bob", "Bob" and "bob " are one user.
type ofUser struct {
	dialect dialect
	column  clause.Column
	owner   owner
}

// Build writes the condition: clause.Expression.
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

// userTag on a field of a model marks the column that says whose session it is.
const userTag = "djinn"

// userField finds the field that is tagged.
func userField(name string, s *schema.Schema) (user *schema.Field, err error) {
	for _, f := range s.Fields {
		tag, ok := f.Tag.Lookup(userTag)
		switch {
		case !ok:
		case tag != "user":
			return nil, fmt.Errorf("gormstore: the field %s of the model %s has the tag djinn:%q: the only one there is is djinn:\"user\"", f.Name, name, tag)
		case f.DBName == "" || !f.Readable:
			return nil, fmt.Errorf("gormstore: the field %s of the model %s has the tag djinn:\"user\" and is no column that can be read: move the tag to the column with the user's ID", f.Name, name)
		case !f.Creatable || !f.Updatable:
			return nil, fmt.Errorf("gormstore: the field %s of the model %s has the tag djinn:\"user\" and a gorm tag that keeps log-ins from writing it: remove <- or ->", f.Name, name)
		case user != nil:
			return nil, fmt.Errorf("gormstore: the fields %s and %s of the model %s both have the tag djinn:\"user\": choose one", user.Name, f.Name, name)
		default:
			user = f
		}
	}
	return user, nil
}

// owner is whose session a row is: the value of the user column, and its text,
// which is the key in the table of users.
type owner struct {
	value  any
	text   string
	isText bool // the value is a string in Go too
}

// nobody tells whether the session is anonymous.
func (o owner) nobody() bool { return o.text == "" }

// maxUsersTable is how long the name of a table may be: PostgreSQL cuts longer ones, and
// MySQL refuses them soon after.
const maxUsersTable = 63

// usersTable is the name of the table of users.
func (m *model) usersTable() (string, error) {
	users := m.schema.Table + "_users"
	if name := users[strings.LastIndexByte(users, '.')+1:]; len(name) > maxUsersTable {
		return "", fmt.Errorf("gormstore: the table %s of the model %s needs a table of users beside it, whose name, %s, is longer than the %d bytes that databases allow: choose a shorter name",
			m.schema.Table, m.name, name, maxUsersTable)
	}
	return users, nil
}

// ownerOf reads a row. NULL and zero values are nobody.
func (m *model) ownerOf(row any) (owner, error) {
	if m.user == nil {
		return owner{}, nil
	}
	value, _ := m.user.ValueOf(context.Background(), reflect.ValueOf(row))
	text, err := plainText(value)
	if err != nil {
		return owner{}, fmt.Errorf("the column %s of the model %s: %w", m.user.DBName, m.name, err)
	}
	if text == "" {
		return owner{}, nil
	}
	return owner{value, text, m.user.IndirectFieldType.Kind() == reflect.String}, nil
}

// maxUserText is the width of user_id, in bytes.
const maxUserText = 191

// plainText is the text of a column's value as a database has it, "" for NULL and zero
// values. It does not ask a String method, which may hide what is not to be printed.
func plainText(value any) (string, error) {
	v, err := primitive(reflect.ValueOf(value))
	if err != nil || !v.IsValid() || v.IsZero() {
		return "", err
	}
	var text string
	switch {
	case v.CanInt():
		text = strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		text = strconv.FormatUint(v.Uint(), 10)
	case v.Kind() == reflect.String:
		text = v.String()
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		if v.Len() > 0 {
			text = "0x" + hex.EncodeToString(v.Bytes())
		}
	default:
		return "", fmt.Errorf("a %s cannot say whose a session is: use a number, a text, a UUID, or bytes", v.Type())
	}
	if len(text) > maxUserText {
		sum := sha256.Sum256([]byte(text))
		text = "sha256:" + hex.EncodeToString(sum[:])
	}
	return text, nil
}

// primitive is what a driver makes of v. It is not valid for NULL.
func primitive(v reflect.Value) (reflect.Value, error) {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if !v.IsValid() || v.IsZero() {
		return reflect.Value{}, nil
	}
	if valuer, ok := v.Interface().(driver.Valuer); ok {
		plain, err := valuer.Value()
		return reflect.ValueOf(plain), err
	}
	return v, nil
}

// owner is the one with that ID, of whatever type the caller has it.
func (s *Store[M]) owner(id any) (owner, error) {
	f := s.model.user
	if f == nil {
		return owner{}, fmt.Errorf("gormstore: the model %s does not say whose a session is: tag the column that holds the user's ID with djinn:\"user\"", s.model.name)
	}
	row := new(M)
	if text, ok := id.(string); ok { // as _auth_user_id has it, also where the column is a number
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && isInteger(f.IndirectFieldType) {
			id = n
		}
	}
	if err := f.Set(context.Background(), reflect.ValueOf(row), id); err != nil {
		return owner{}, s.notAnID(id)
	}
	o, err := s.model.ownerOf(row)
	switch {
	case err != nil:
		return owner{}, err
	case o.nobody():
		return owner{}, errors.New("gormstore: the user's ID is empty: pass one, sessions of nobody are not revoked by user")
	case isInteger(f.IndirectFieldType): // which GORM cuts and wraps around
		if text, err := plainText(id); err != nil || text != o.text {
			return owner{}, s.notAnID(id)
		}
	}
	return o, nil
}

func (s *Store[M]) notAnID(id any) error {
	return fmt.Errorf("gormstore: this %T cannot be a value of the column %s: pass the user's ID", id, s.model.user.DBName)
}

func isInteger(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64
}

// login runs save, which makes the session under key (none, if it is new) one of the
// user's, unless it is that already, in a transaction that holds the user's lock.
func (s *Store[M]) login(ctx context.Context, o owner, key string, save func(*gorm.DB) error) error {
	var evicted []string
	err := s.write(ctx, true, func(db *gorm.DB) (err error) {
		evicted = nil
		if err := s.lockUser(db, o); err != nil {
			return err
		}
		if key != "" {
			his, err := s.isOwnedBy(db, key, o)
			if err != nil {
				return err
			}
			if his {
				return save(db)
			}
		}
		if err := s.checkRevoked(ctx, db, o); err != nil {
			return err
		}
		if evicted, err = s.makeRoom(db, o); err != nil {
			return err
		}
		return save(db)
	})
	s.changed(ctx, evicted) // also after an error: a commit may have come through
	return err
}

// isOwnedBy tells whether the session is the user's already: a save is no log-in
// then.
func (s *Store[M]) isOwnedBy(db *gorm.DB, key string, o owner) (bool, error) {
	var n int64
	err := s.current(db).Model(new(M)).
		Clauses(live{dialect: s.dialect, key: key, now: s.dialect.time(s.settings.Now()), user: s.model.user, owner: o}).
		Count(&n).Error
	return n > 0, err
}

// lockUser makes others who log the user in, or revoke, wait for the end of the
// transaction.
func (s *Store[M]) lockUser(db *gorm.DB, o owner) error {
	insert := "INSERT INTO " + db.Statement.Quote(s.model.users) + " (user_id) VALUES (?) "
	if s.dialect == mysql {
		return db.Exec(insert+"ON DUPLICATE KEY UPDATE user_id = user_id", o.text).Error
	}
	return db.Exec(insert+"ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id", o.text).Error
}

// noteRevocation writes down that all sessions of the user end now, by the clock of
// the database, which all nodes share; on SQLite, by that of this machine. The caller
// holds the user's lock, so that a later moment is never overwritten by an earlier one.
func (s *Store[M]) noteRevocation(db *gorm.DB, o owner) error {
	insert := "INSERT INTO " + db.Statement.Quote(s.model.users) + " (user_id, revoked_at) "
	switch s.dialect {
	case mysql:
		return db.Exec(insert+"VALUES (?, UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE revoked_at = UTC_TIMESTAMP(6)", o.text).Error
	case postgres:
		return db.Exec(insert+"VALUES (?, clock_timestamp()) ON CONFLICT (user_id) DO UPDATE SET revoked_at = clock_timestamp()", o.text).Error
	default:
		return db.Exec(insert+"VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET revoked_at = excluded.revoked_at",
			o.text, s.dialect.time(time.Now())).Error
	}
}

// requestUser stands for a user in core.SinceRequestBegan.
type requestUser struct{ table, user string }

func (s *Store[M]) request(o owner) requestUser { return requestUser{s.model.users, o.text} }

// maxClockReads bounds how often checkRevoked asks for the time.
const maxClockReads = 20

// maxClockStep is how far in the future a revocation may lie. One further off was noted by
// a clock that has been set back since, and would keep the user out until then.
const maxClockStep = time.Minute

// checkRevoked refuses a log-in whose request began before the user's sessions were
// revoked last. Moments of two clocks do not compare, so it compares how long ago
// each was. The question takes time itself; when that leaves it open which was first,
// it is asked again, and in the end the answer is no.
func (s *Store[M]) checkRevoked(ctx context.Context, db *gorm.DB, o owner) error {
	if _, ok := core.SinceRequestBegan(ctx, s.request(o)); !ok {
		return nil
	}
	for range maxClockReads {
		least, _ := core.SinceRequestBegan(ctx, s.request(o))
		revoked, ago, err := s.revokedAgo(db, o)
		if err != nil {
			return err
		}
		most, _ := core.SinceRequestBegan(ctx, s.request(o))
		switch {
		case !revoked, ago > most, ago < -maxClockStep:
			return nil
		case ago < least:
			return core.ErrNotFound
		}
	}
	return core.ErrNotFound
}

// revokedAgo tells how long ago the user's sessions were revoked last, if ever.
func (s *Store[M]) revokedAgo(db *gorm.DB, o owner) (revoked bool, ago time.Duration, err error) {
	column := map[dialect]string{
		mysql:    "TIMESTAMPDIFF(MICROSECOND, revoked_at, UTC_TIMESTAMP(6))",
		postgres: "(EXTRACT(EPOCH FROM clock_timestamp() - revoked_at) * 1000000)::bigint",
		sqlite:   "CAST(revoked_at AS TEXT)",
	}[s.dialect]
	rows, err := s.current(db).Table(s.model.users).Select(column).Where("user_id = ? AND revoked_at IS NOT NULL", o.text).Rows()
	if err != nil {
		return false, 0, err
	}
	defer rows.Close()
	if !rows.Next() {
		return false, 0, rows.Err()
	}
	if s.dialect == sqlite {
		var at DateTime
		err = rows.Scan(&at)
		return true, time.Since(at.Time), err
	}
	var micros int64
	err = rows.Scan(&micros)
	return true, time.Duration(micros) * time.Microsecond, err
}
