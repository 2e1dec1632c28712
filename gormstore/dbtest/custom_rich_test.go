package dbtest

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// member is a table of the application's, to which sessions refer.
type member struct {
	ID   int64
	Name string `gorm:"size:40"`
}

// preferences is a column type of the application's, as those of gorm.io/datatypes.
type preferences map[string]string

func (p preferences) Value() (driver.Value, error) {
	if p == nil {
		return nil, nil
	}
	text, err := json.Marshal(p)
	return string(text), err
}

func (p *preferences) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*p = nil
	case string:
		return json.Unmarshal([]byte(v), p)
	case []byte:
		return json.Unmarshal(v, p)
	default:
		return fmt.Errorf("preferences cannot be read from a %T", src)
	}
	return nil
}

func (preferences) GormDataType() string { return "json" }

func (preferences) GormDBDataType(db *gorm.DB, _ *schema.Field) string {
	if db.Name() == "postgres" {
		return "jsonb"
	}
	return "json"
}

// place is embedded under a prefix.
type place struct {
	City string `gorm:"size:40;index"`
	Lat  *float64
}

// richSession has a column of each kind that GORM knows.
type richSession struct {
	gormstore.Base
	MemberID    *int64   `gorm:"uniqueIndex:,composite:member_device"`
	Member      *member  `gorm:"constraint:OnDelete:CASCADE"`
	Device      string   `gorm:"size:40;uniqueIndex:,composite:member_device"`
	Roles       []string `gorm:"serializer:json"`
	Preferences preferences
	Home        place   `gorm:"embedded;embeddedPrefix:home_"`
	Credit      float64 `gorm:"type:decimal(10,2);check:credit >= 0"`
	Token       []byte
	Trusted     bool
	LoggedInAt  *time.Time
	Plan        string `gorm:"size:20;default:free"`
}

// TableName has the prefix of the naming strategy, which may be a schema.
func (richSession) TableName(namer schema.Namer) string { return namer.TableName("rich_login") }

func (s *richSession) FillSession(_ context.Context, values core.Values) error {
	id, ok := values.Get("member").(int64)
	if !ok {
		return nil
	}
	lat, at := 59.33, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s.MemberID, s.LoggedInAt = &id, &at
	s.Device, _ = values.Get("device").(string)
	s.Roles = []string{"reader", `"quoted"`}
	s.Preferences = preferences{"theme": "dark", "name": "Ærø"}
	s.Home = place{City: "Søborg", Lat: &lat}
	s.Credit, s.Token, s.Trusted, s.Plan = 12.5, []byte{0, 0xff, '\''}, true, "gold"
	return nil
}

// richDB has the table of members, with one member in it.
func richDB(t testing.TB, d Database) *gorm.DB {
	t.Helper()
	if d.Name == SQLite.Name {
		d.params += "&_pragma=foreign_keys(1)"
	}
	db := d.Open(t, nil)
	addMembers(t, db)
	return db
}

// addMembers makes the table to which sessions refer.
func addMembers(t testing.TB, db *gorm.DB) {
	t.Helper()
	if err := db.Migrator().CreateTable(&member{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Create(&member{ID: 7, Name: "Ada"}).Error; err != nil {
		t.Fatal(err)
	}
}

// TestRichColumns: what FillSession fills is written by every kind of save that
// has the session's data, and what it leaves alone is empty again.
func TestRichColumns(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := richDB(t, d)
			store := migrated(t, db, gormstore.NewModel[richSession])
			full := func(when, key string) {
				t.Helper()
				got := row[richSession](t, db.Preload("Member"), key)
				if got.Member == nil || got.Member.Name != "Ada" {
					t.Errorf("%s: got member %v, want Ada", when, got.Member)
				}
				if !slices.Equal(got.Roles, []string{"reader", `"quoted"`}) || !maps.Equal(got.Preferences, preferences{"theme": "dark", "name": "Ærø"}) {
					t.Errorf("%s: got roles %q, preferences %q, want what FillSession set", when, got.Roles, got.Preferences)
				}
				if got.Home.City != "Søborg" || got.Home.Lat == nil || *got.Home.Lat != 59.33 || got.Device != "phone" {
					t.Errorf("%s: got home %+v, device %q, want what FillSession set", when, got.Home, got.Device)
				}
				if got.Credit != 12.5 || !bytes.Equal(got.Token, []byte{0, 0xff, '\''}) || !got.Trusted || got.Plan != "gold" {
					t.Errorf("%s: got credit %v, token %x, trusted %t, plan %q, want what FillSession set", when, got.Credit, got.Token, got.Trusted, got.Plan)
				}
				if want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC); got.LoggedInAt == nil || !got.LoggedInAt.Equal(want) {
					t.Errorf("%s: got logged in at %v, want %v", when, got.LoggedInAt, want)
				}
			}
			empty := func(when, key string) {
				t.Helper()
				got := row[richSession](t, db, key)
				if got.MemberID != nil || got.Device != "" || got.Roles != nil || got.Preferences != nil || got.Home != (place{}) || got.Credit != 0 || len(got.Token) > 0 || got.Trusted || got.LoggedInAt != nil {
					t.Errorf("%s: got %+v, want empty columns", when, got)
				}
			}
			loggedIn := func(key string) core.Record { return rec(t, key, "member", 7, "device", "phone") }
			create(t, store, loggedIn(key1))
			full("after Create", key1)
			if _, err := store.Update(t.Context(), rec(t, key1)); err != nil {
				t.Fatal(err)
			}
			empty("after the items were removed", key1)
			if _, err := store.Update(t.Context(), loggedIn(key1)); err != nil {
				t.Fatal(err)
			}
			full("after Update", key1)
			if err := store.Touch(t.Context(), core.Record{Key: key1, ExpireDate: time.Now().Add(9 * time.Hour)}); err != nil {
				t.Fatal(err)
			}
			full("after Touch", key1)
			if _, err := store.Rotate(t.Context(), key1, loggedIn(key2)); err != nil {
				t.Fatal(err)
			}
			full("after Rotate", key2)
			create(t, store, rec(t, key1))
			empty("after Create without items", key1)

			// The foreign key is the database's: nobody is logged in as a stranger, and a
			// member who leaves takes their sessions along.
			_, err := store.Update(t.Context(), rec(t, key1, "member", 99, "device", "phone"))
			if err == nil || errors.Is(err, core.ErrNotFound) || errors.Is(err, core.ErrConflict) {
				t.Errorf("Update that breaks a foreign key: got error %v, want the database's", err)
			}
			if err := db.Delete(&member{}, 7).Error; err != nil {
				t.Fatal(err)
			}
			if _, err := store.Load(t.Context(), key2); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("Load after the member was deleted: got %v, want ErrNotFound", err)
			}
			load(t, store, key1)
		})
	}
}
