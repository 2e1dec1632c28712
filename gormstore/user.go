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

	"gorm.io/gorm/schema"
)

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

// nobody reports whether the session is anonymous.
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
	text, err := columnText(value)
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

// columnText is the text of a column's value as a database has it, "" for NULL and zero
// values. It does not ask a String method, which may hide what is not to be printed.
func columnText(value any) (string, error) {
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
		value, err := valuer.Value()
		return reflect.ValueOf(value), err
	}
	return v, nil
}

// owner is the one with that ID, of whatever type the caller has it.
func (m *model) owner(id any) (owner, error) {
	f := m.user
	if f == nil {
		return owner{}, fmt.Errorf("gormstore: the model %s does not say whose a session is: tag the column that holds the user's ID with djinn:\"user\"", m.name)
	}
	row := reflect.New(m.schema.ModelType)
	if text, ok := id.(string); ok { // as _auth_user_id has it, also where the column is a number
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && isInteger(f.IndirectFieldType) {
			id = n
		}
	}
	if err := f.Set(context.Background(), row, id); err != nil {
		return owner{}, m.notAnID(id)
	}
	o, err := m.ownerOf(row.Interface())
	switch {
	case err != nil:
		return owner{}, err
	case o.nobody():
		return owner{}, errors.New("gormstore: the user's ID is empty: pass one, sessions of nobody are not revoked by user")
	case isInteger(f.IndirectFieldType): // which GORM cuts and wraps around
		if text, err := columnText(id); err != nil || text != o.text {
			return owner{}, m.notAnID(id)
		}
	}
	return o, nil
}

func (m *model) notAnID(id any) error {
	return fmt.Errorf("gormstore: this %T cannot be a value of the column %s: pass the user's ID", id, m.user.DBName)
}

func isInteger(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64
}
