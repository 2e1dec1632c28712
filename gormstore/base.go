package gormstore

import (
	"context"
	"fmt"
	"log/slog"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/djinn-go/djinn/core"
)

// The columns of Base.
const (
	keyColumn    = "session_key"
	dataColumn   = "session_data"
	expireColumn = "expire_date"
)

// Base holds the columns of every session table, Django's AbstractBaseSession.
// Embed it by value, add columns, and give the struct to [NewModel]:
//
//	type AccountSession struct {
//		gormstore.Base
//		AccountID *int64 `gorm:"index"`
//	}
//
// Key and data do not print, whatever the verb; convert with string(…) where
// their text is needed.
type Base struct {
	// SessionKey is the value of the cookie, and the primary key.
	SessionKey core.Secret `gorm:"column:session_key;type:varchar(40);primaryKey;not null"`
	// SessionData is the text that the Manager's Codec made of the items.
	SessionData Payload `gorm:"column:session_data;not null"`
	// ExpireDate is the moment from which the session is gone.
	ExpireDate DateTime `gorm:"column:expire_date;not null;index"`
}

// AfterFind is GORM's hook. It makes the expiry a time in UTC, whatever loc the
// DSN of a MySQL database names. A model with an AfterFind of its own calls it:
// s.Base.AfterFind(tx).
func (b *Base) AfterFind(tx *gorm.DB) error {
	if dialect(tx.Name()) == mysql {
		b.ExpireDate = b.ExpireDate.wallClockUTC()
	} else {
		b.ExpireDate.Time = b.ExpireDate.UTC()
	}
	return nil
}

func (b *Base) sessionBase() *Base { return b }

// DjangoSession is a row of Django's table django_session.
type DjangoSession struct {
	// SessionKey is the value of the cookie, and the primary key.
	SessionKey core.Secret `gorm:"column:session_key;type:varchar(40);primaryKey;not null"`
	// SessionData is the text that the Manager's Codec made of the items.
	SessionData Payload `gorm:"column:session_data;not null"`
	// ExpireDate is the moment from which the session is gone. The index has the
	// name that Django gives it, so that AutoMigrate does not make a second one.
	ExpireDate DateTime `gorm:"column:expire_date;not null;index:django_session_expire_date_a5c62663"`
}

// TableName is Django's, whatever the naming strategy.
func (DjangoSession) TableName() string { return "django_session" }

// AfterFind is GORM's hook, see [Base.AfterFind].
func (s *DjangoSession) AfterFind(tx *gorm.DB) error { return s.sessionBase().AfterFind(tx) }

// The two types differ in tags alone, which a conversion ignores.
func (s *DjangoSession) sessionBase() *Base { return (*Base)(s) }

// Model is a pointer to a struct that embeds [Base], or to [DjangoSession]. It has an
// unexported method, so that the compiler refuses every other type.
type Model interface{ sessionBase() *Base }

// SessionFiller is a [Model] that fills its own columns from the session, as
// Django's create_model_instance does.
type SessionFiller interface {
	// FillSession is called on a new, zero struct, whose Base is set, before every
	// INSERT and UPDATE of a session's data, with the context of the request, of
	// which core.ClientInfoFrom tells who sent it. All columns of the model are written
	// then: one that FillSession leaves alone becomes zero or NULL. Columns that GORM
	// sets (autoCreateTime, autoUpdateTime) and those whose tag forbids it
	// (<-:create, ->) are left to GORM.
	//
	// The columns of a [ClientBase] are filled already. For a model with one it is
	// called before a touch too, which writes no others.
	//
	// An error fails the save, with nothing written: 503, or 403 if it wraps
	// core.ErrRefused. It is printed: do not quote the session in it.
	FillSession(ctx context.Context, values core.Values) error
}

// Payload is the text of a session. It does not print; convert it with string(p).
type Payload string

// Format prints a placeholder for every verb.
func (Payload) Format(f fmt.State, verb rune) { core.Secret("").Format(f, verb) }

// LogValue is what slog prints: a placeholder.
func (Payload) LogValue() slog.Value { return core.Secret("").LogValue() }

// MarshalText keeps the payload out of JSON and the like: a placeholder.
func (Payload) MarshalText() ([]byte, error) { return core.Secret("").MarshalText() }

// GormDBDataType is the column type that Django uses for a TextField.
func (Payload) GormDBDataType(db *gorm.DB, _ *schema.Field) string {
	if dialect(db.Name()) == mysql {
		return "longtext"
	}
	return "text"
}
