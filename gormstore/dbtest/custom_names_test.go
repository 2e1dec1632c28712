package dbtest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// otherSchema makes a schema (PostgreSQL) or database (MariaDB) beside the one of
// db, for t alone, and returns the prefix that puts a table into it. SQLite has
// none to offer: there it is a prefix of the table's name.
func otherSchema(t testing.TB, db *gorm.DB) (prefix string) {
	t.Helper()
	kind := map[string]string{"postgres": "SCHEMA", "mysql": "DATABASE"}[db.Name()]
	if kind == "" {
		return "app_"
	}
	name, cascade := unique(), map[string]string{"postgres": " CASCADE"}[db.Name()]
	if err := db.Exec("CREATE " + kind + " " + name).Error; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Exec("DROP " + kind + " " + name + cascade) })
	return name + "."
}

// inSchema is db with a naming strategy that puts tables into another schema, in
// which the members are.
func inSchema(t testing.TB, db *gorm.DB) *gorm.DB {
	t.Helper()
	other, err := gorm.Open(db.Dialector, &gorm.Config{
		NamingStrategy: schema.NamingStrategy{TablePrefix: otherSchema(t, db)},
		Logger:         logger.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, other)
	addMembers(t, other)
	return other
}

// Two tables whose names differ at the end alone, near the longest that the
// databases allow: 63 bytes on PostgreSQL, 64 characters on MariaDB.
type (
	longSession1 struct {
		gormstore.Base
		Device string `gorm:"size:40;index"`
	}
	longSession2 struct {
		gormstore.Base
		Device string `gorm:"size:40;index"`
	}
)

const longName = "sessions_of_the_customers_of_the_shop_in_the_old_town_of_oslo_"

func (longSession1) TableName() string { return longName + "1" }
func (longSession2) TableName() string { return longName + "2" }

// TestLongNames: each of two tables has its own indexes, under names that the
// database does not cut, and that AutoMigrate finds again.
func TestLongNames(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		for _, naming := range []schema.Namer{nil, schema.NamingStrategy{SingularTable: true}, schema.NamingStrategy{IdentifierMaxLength: 30}} {
			t.Run(fmt.Sprintf("%s/%+v", d.Name, naming), func(t *testing.T) {
				t.Parallel()
				db := d.Open(t, &gorm.Config{NamingStrategy: naming})
				one := migrated(t, db, gormstore.NewModel[longSession1])
				two := migrated(t, db, gormstore.NewModel[longSession2])
				create(t, one, rec(t, key1))
				create(t, two, rec(t, key2))
				if _, err := one.Load(t.Context(), key2); !errors.Is(err, core.ErrNotFound) {
					t.Errorf("Load from the other model: got %v, want ErrNotFound", err)
				}
				wantIndexes(t, db, &longSession1{}, &longSession2{})
				wantNoDDL(t, db, &longSession1{}, &longSession2{})
			})
		}
	}
}

// wantIndexes looks for what the tags ask for, in the database, one by one.
func wantIndexes(t testing.TB, db *gorm.DB, models ...any) {
	t.Helper()
	for _, model := range models {
		stmt := &gorm.Statement{DB: db}
		if err := stmt.Parse(model); err != nil {
			t.Fatal(err)
		}
		indexes := stmt.Schema.ParseIndexes()
		if len(indexes) < 2 {
			t.Errorf("indexes of %T: got %d, want 2 or more", model, len(indexes))
		}
		for _, index := range indexes {
			if !db.Migrator().HasIndex(model, index.Name) {
				t.Errorf("the table of %T has no index %s", model, index.Name)
			}
		}
	}
}

// wantNoDDL runs the user's own AutoMigrate twice, which must find nothing to do.
func wantNoDDL(t testing.TB, db *gorm.DB, models ...any) {
	t.Helper()
	r := record(db)
	for range 2 {
		if err := db.AutoMigrate(models...); err != nil {
			t.Errorf("AutoMigrate: got error %v, want none", err)
		}
	}
	for _, s := range r.statements() {
		if word, _, _ := strings.Cut(strings.ToUpper(s), " "); word == "ALTER" || word == "CREATE" || word == "DROP" {
			t.Errorf("AutoMigrate of what is there sent %s", s)
		}
	}
}

// TestNamingStrategies: table and index names are the user's, the base's columns
// keep Django's.
func TestNamingStrategies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		naming schema.Namer
		table  string
	}{
		{"singular", schema.NamingStrategy{SingularTable: true}, "audited_session"},
		{"prefix", schema.NamingStrategy{TablePrefix: "auth_"}, "auth_audited_sessions"},
		{"as in Go", schema.NamingStrategy{NoLowerCase: true, SingularTable: true}, "auditedSession"},
		{"replaced", schema.NamingStrategy{NameReplacer: strings.NewReplacer("audited", "Web")}, "web_sessions"},
		{"reserved word", schema.NamingStrategy{SingularTable: true, NameReplacer: strings.NewReplacer("auditedSession", "Order")}, "order"},
	}
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		for _, tt := range tests {
			t.Run(d.Name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				db := d.Open(t, &gorm.Config{NamingStrategy: tt.naming})
				store := migrated(t, db, gormstore.NewModel[auditedSession])
				everyStatement(t, store)
				if !db.Migrator().HasTable(tt.table) {
					tables, _ := db.Migrator().GetTables()
					t.Errorf("tables: got %q, want %s", tables, tt.table)
				}
				for _, column := range []string{"session_key", "session_data", "expire_date"} {
					if !db.Migrator().HasColumn(&auditedSession{}, column) {
						t.Errorf("the table %s has no column %s", tt.table, column)
					}
				}
				wantNoDDL(t, db, &auditedSession{})
			})
		}
	}
}

// everyStatement lets a store send one of each.
func everyStatement[M any](t testing.TB, store *gormstore.Store[M]) {
	t.Helper()
	create(t, store, rec(t, key1))
	version := load(t, store, key1).Version
	next := rec(t, key1, "n", 1)
	next.Version = version
	if _, err := store.Update(t.Context(), next); err != nil {
		t.Errorf("Update: got error %v, want none", err)
	}
	if _, err := store.Update(t.Context(), next); !errors.Is(err, core.ErrConflict) {
		t.Errorf("Update with an old version: got %v, want ErrConflict", err)
	}
	if err := store.Touch(t.Context(), core.Record{Key: key1, ExpireDate: time.Now().Add(9 * time.Hour)}); err != nil {
		t.Errorf("Touch: got error %v, want none", err)
	}
	if _, err := store.Rotate(t.Context(), key1, rec(t, key2)); err != nil {
		t.Errorf("Rotate: got error %v, want none", err)
	}
	if existed, err := store.Delete(t.Context(), key2); !existed || err != nil {
		t.Errorf("Delete: got %t, %v, want true and no error", existed, err)
	}
	if _, err := store.Load(t.Context(), key2); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Load after Delete: got %v, want ErrNotFound", err)
	}
	expired := rec(t, "expired-session")
	expired.ExpireDate = time.Now().Add(-time.Hour)
	create(t, store, expired)
	if _, err := store.ClearExpired(t.Context(), core.ClearOptions{}); err != nil {
		t.Errorf("ClearExpired: got error %v, want none", err)
	}
}

// TestTwoSchemas: one model in two schemas, or under two prefixes, is two stores,
// each with indexes of its own.
func TestTwoSchemas(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			first := richDB(t, d)
			second := inSchema(t, first)
			one := migrated(t, first, gormstore.NewModel[richSession])
			two := migrated(t, second, gormstore.NewModel[richSession])
			wantIndexes(t, first, &richSession{})
			if d.Name != MySQL.Name { // whose databases but the DSN's GORM's Migrator does not look into
				wantIndexes(t, second, &richSession{})
			}
			create(t, one, rec(t, key1))
			if _, err := two.Load(t.Context(), key1); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("Load from the other schema: got %v, want ErrNotFound", err)
			}
			everyStatement(t, two)
			load(t, one, key1)
			if err := two.Migrate(t.Context()); err != nil {
				t.Errorf("Migrate again: got error %v, want none", err)
			}
			if d.Name != MySQL.Name {
				if err := second.AutoMigrate(&richSession{}); err != nil {
					t.Errorf("AutoMigrate: got error %v, want none", err)
				}
				wantIndexes(t, second, &richSession{})
				load(t, one, key1)
			}
		})
	}
}
