package dbtest

import (
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/gormstore"
)

type (
	siteSession struct {
		gormstore.Base
		LogExpireDate time.Time `gorm:"index"`
	}
	siteLogSession struct{ gormstore.Base }
	tooLongSession struct{ gormstore.Base }
)

func (siteSession) TableName() string    { return "session" }
func (siteLogSession) TableName() string { return "session_log" }
func (tooLongSession) TableName() string { return longName + "longer" }

// TestNamesClash: where index names are one namespace, two of GORM's can be one:
// of the column log_expire_date of session, and expire_date of session_log. GORM
// then leaves the second out and says nothing.
func TestNamesClash(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			migrated(t, db, gormstore.NewModel[siteSession])
			store, err := gormstore.NewModel[siteLogSession](db)
			if err != nil {
				t.Fatal(err)
			}
			err = store.Migrate(t.Context())
			switch {
			case d.Name == MySQL.Name: // a namespace for each table
				if err != nil {
					t.Errorf("Migrate: got error %v, want none", err)
				}
			case err == nil || !strings.Contains(err.Error(), "idx_session_log_expire_date"):
				t.Errorf("Migrate without an index: got error %v, want one that names it", err)
			}
		})
	}
}

// TestTableNameTooLong: PostgreSQL would cut the name, so that two can be one table.
func TestTableNameTooLong(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			store, err := gormstore.NewModel[tooLongSession](d.Open(t, nil))
			if err == nil {
				err = store.Migrate(t.Context())
			}
			if d.Name == SQLite.Name {
				if err != nil {
					t.Errorf("got error %v, want none", err)
				}
			} else if err == nil || !strings.Contains(err.Error(), tooLongSession{}.TableName()) {
				t.Errorf("got error %v, want one that names the table", err)
			}
		})
	}
}
