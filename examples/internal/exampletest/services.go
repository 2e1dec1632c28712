package exampletest

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Missing ends a test that needs something which is not there: it skips, unless
// DJINN_REQUIRE_SERVICES=1 says that nothing may be skipped.
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("DJINN_REQUIRE_SERVICES") == "1" {
		t.Fatal(why + " (and DJINN_REQUIRE_SERVICES=1)")
	}
	t.Skip(why)
}

// databases are the values of DATABASE_URL to test with. Each is a new, empty
// database of the test's own.
var databases = map[string]func(testing.TB) string{
	"sqlite": func(t testing.TB) string {
		return "sqlite:" + filepath.Join(t.TempDir(), "a file with spaces & #.sqlite3")
	},
	"postgres": func(t testing.TB) string {
		const server = "postgres://postgres@127.0.0.1:5432/test?sslmode=disable"
		schema := unique()
		admin(t, postgres.Open(server), "CREATE SCHEMA "+schema, "DROP SCHEMA "+schema+" CASCADE")
		return server + "&search_path=" + schema
	},
	"mysql": func(t testing.TB) string {
		database := unique()
		admin(t, mysql.Open("root@tcp(127.0.0.1:3306)/test"), "CREATE DATABASE "+database, "DROP DATABASE "+database)
		return "mysql://root@127.0.0.1:3306/" + database
	},
}

// unique is a name that no other test has.
func unique() string { return "djinn_example_" + strings.ToLower(rand.Text()[:12]) }

// admin executes one statement now and one when the test has ended.
func admin(t testing.TB, dialector gorm.Dialector, before, after string) {
	t.Helper()
	db, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		Missing(t, dialector.Name()+" does not answer: "+err.Error())
	}
	if err := db.Exec(before).Error; err != nil {
		t.Fatalf("%s: %v", before, err)
	}
	t.Cleanup(func() {
		if err := db.Exec(after).Error; err != nil {
			t.Errorf("%s: %v", after, err)
		}
		if pool, err := db.DB(); err == nil {
			_ = pool.Close()
		}
	})
}
