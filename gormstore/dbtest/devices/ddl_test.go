package devices

import (
	"slices"
	"strings"
	"testing"

	"github.com/glebarez/sqlite"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// creating are the statements of DDL that were sent.
func (r *recorder) creating() (statements []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, query := range r.sent {
		if strings.HasPrefix(query, "CREATE") {
			statements = append(statements, query)
		}
	}
	r.sent = nil
	return statements
}

// TestDDL: what DDL prints is what Migrate runs; and whoever runs it in another way has
// tables that Migrate finds right, in which users log in.
func TestDDL(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		statements, err := gormstore.DDL[device](db)
		if err != nil || len(statements) < 2 {
			t.Fatalf("DDL: got %q, %v, want the statements for two tables", statements, err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range statements {
			if _, err := pool.ExecContext(t.Context(), statement); err != nil {
				t.Errorf("%s: got %v, want nil", statement, err)
			}
		}
		recorded, r := record(t, db)
		store := migrated(t, recorded)
		if ran := r.creating(); len(ran) > 0 {
			t.Errorf("Migrate runs %q, want nothing: the tables are there", ran)
		}
		newSite(t, store).login(t)
		wantLive(t, "after the plain statements", store, 1)
		for _, table := range []string{"device_sessions", "device_sessions_users"} {
			if err := db.Exec("DROP TABLE " + table).Error; err != nil {
				t.Fatal(err)
			}
		}
		r.creating()
		migrated(t, recorded)
		if ran := r.creating(); !slices.Equal(ran, statements) {
			t.Errorf("Migrate runs\n%q, want what DDL prints:\n%q", ran, statements)
		}
	})
}

// TestDDLWithoutServer: DDL needs a dialect and nobody who listens.
func TestDDLWithoutServer(t *testing.T) {
	t.Parallel()
	for name, dialector := range map[string]gorm.Dialector{
		"sqlite":   sqlite.Open("file:nowhere?mode=memory"),
		"postgres": postgres.New(postgres.Config{DSN: "host=127.0.0.1 port=1 user=nobody dbname=nothing sslmode=disable"}),
		"mysql":    mysql.New(mysql.Config{DSN: "nobody@tcp(127.0.0.1:1)/nothing", SkipInitializeWithVersion: true}),
	} {
		db, err := gorm.Open(dialector, &gorm.Config{DryRun: true, DisableAutomaticPing: true, Logger: logger.Discard})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		statements, err := gormstore.DDL[device](db)
		all := strings.Join(statements, ";\n")
		for _, want := range []string{"device_sessions", "session_key", "last_seen", "account_id", "device_sessions_users", "revoked_at"} {
			if err != nil || !strings.Contains(all, want) {
				t.Errorf("%s: got %s, %v, want %s in it", name, all, err, want)
			}
		}
	}
}

// TestQualifiedTables: a model in a schema or database that its name tells has its table
// of users there.
func TestQualifiedTables(t *testing.T) {
	t.Parallel()
	for d, name := range map[*dbtest.Database]string{&dbtest.Postgres: "current_schema()", &dbtest.MySQL: "database()"} {
		db := d.Open(t, nil)
		var prefix string
		if err := db.Raw("SELECT " + name).Scan(&prefix).Error; err != nil {
			t.Fatal(err)
		}
		db, err := gorm.Open(db.Dialector, &gorm.Config{Logger: logger.Discard, NamingStrategy: schema.NamingStrategy{TablePrefix: prefix + "."}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if pool, err := db.DB(); err == nil {
				_ = pool.Close()
			}
		})
		store := migrated(t, db)
		migrated(t, db) // the second time there is nothing to do
		s := newSite(t, store)
		cookie := s.login(t)
		if got := publicIDs(t, store, store.OfUser(42)); len(got) != 1 || got[0] != core.PublicID(cookie) {
			t.Errorf("Sessions: got %q, want the one", got)
		}
		var users int64
		if err := db.Table(prefix + ".device_sessions_users").Count(&users).Error; err != nil || users != 1 {
			t.Errorf("got %d users, %v, want 1", users, err)
		}
		if n, err := store.RevokeUser(t.Context(), 42); n != 1 || err != nil {
			t.Errorf("%s: RevokeUser: got %d, %v, want 1", d.Name, n, err)
		}
	}
}

// longModel has the longest name that leaves room for the table of users.
type longModel struct {
	gormstore.Base
	AccountID int64 `gorm:"index" djinn:"user"`
}

// TableName has 57 bytes.
func (longModel) TableName() string { return "l" + strings.Repeat("o", 54) + "ng" }

// tooLongModel has one byte more.
type tooLongModel struct {
	gormstore.Base
	AccountID int64 `gorm:"index" djinn:"user"`
}

// TableName has 58 bytes.
func (tooLongModel) TableName() string { return "l" + strings.Repeat("o", 55) + "ng" }

// TestLongTables: a name that a database would cut is refused.
func TestLongTables(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		for range 2 {
			store, err := gormstore.NewModel[longModel](db)
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := gormstore.NewModel[tooLongModel](db); !says(err, "shorter name") {
			t.Errorf("got %v, want an error with the cure", err)
		}
	})
}

// TestUsersTableTaken: a table of the program's that has the name already is not taken
// for the table of users.
func TestUsersTableTaken(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		if err := db.Exec("CREATE TABLE device_sessions_users (device_session_id int, user_id int)").Error; err != nil {
			t.Fatal(err)
		}
		if err := open(t, db).Migrate(t.Context()); !says(err, "device_sessions_users") || !says(err, "rename") {
			t.Errorf("Migrate: got %v, want an error that names the table and the cure", err)
		}
	})
}
