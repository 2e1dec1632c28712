// Package dbtest opens real databases for tests: SQLite, PostgreSQL and MariaDB
// or MySQL, each fresh and on its own, so that tests may run in parallel. The
// tests of gormstore live here, because this module may require drivers and
// gormstore itself must not.
package dbtest

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sqlite "github.com/glebarez/sqlite"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	_ "modernc.org/sqlite/lib" // the SQLite that the driver runs on; named here to choose its version
)

// Database is a kind of database, with the settings of a DSN that matter.
type Database struct {
	// Name is what subtests are called.
	Name string
	dsn  func(t testing.TB, d Database) gorm.Dialector
	// params are appended to the DSN.
	params string
}

// The databases. PostgreSQL is looked for at 127.0.0.1:5432 (user postgres,
// database test), MariaDB at 127.0.0.1:3306 (user root, database test); the
// environment variables DJINN_POSTGRES (a keyword=value DSN) and DJINN_MYSQL (up
// to the slash: user:password@tcp(host:port)) name others.
var (
	SQLite   = Database{Name: "sqlite", dsn: openSQLite, params: "_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=busy_timeout(10000)"}
	Postgres = Database{Name: "postgres", dsn: openPostgres}
	// MySQL has the DSN that GORM's documentation gives; the driver reports the
	// rows that an UPDATE changed.
	MySQL = Database{Name: "mysql", dsn: openMySQL, params: "charset=utf8mb4&parseTime=True&loc=Local"}
	// MySQLFoundRows reports the rows that an UPDATE found, as Django's driver.
	MySQLFoundRows = Database{Name: "mysql-found-rows", dsn: openMySQL, params: "parseTime=true&clientFoundRows=true"}
	// MySQLOddities has the settings that turn dates into something else.
	MySQLOddities = Database{Name: "mysql-oddities", dsn: openMySQL, params: "parseTime=true&loc=America%2FNew_York&interpolateParams=true&time_zone=%27%2B09%3A00%27"}
	// MySQLText leaves dates as text.
	MySQLText = Database{Name: "mysql-text", dsn: openMySQL, params: "parseTime=false"}
)

// All are the databases that every suite runs on.
var All = []Database{SQLite, Postgres, MySQL, MySQLFoundRows}

// Open opens an empty database of that kind, for t alone, which is removed when t
// ends. A server that does not answer skips the test with the reason, or fails
// it if the environment says DJINN_REQUIRE_SERVICES=1. Without a logger in cfg
// nothing is logged; cfg may be nil.
func (d Database) Open(t testing.TB, cfg *gorm.Config) *gorm.DB {
	t.Helper()
	if cfg == nil {
		cfg = &gorm.Config{}
	}
	if cfg.Logger == nil {
		cfg.Logger = logger.Discard
	}
	db, err := gorm.Open(d.dsn(t, d), cfg)
	if err != nil {
		Missing(t, d.Name+" does not answer: "+err.Error())
	}
	closeAfter(t, db)
	return db
}

// Missing ends a test that needs a service which is not there: it skips, unless
// DJINN_REQUIRE_SERVICES=1 says that nothing may be skipped.
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("DJINN_REQUIRE_SERVICES") == "1" {
		t.Fatal(why + " (and DJINN_REQUIRE_SERVICES=1)")
	}
	t.Skip(why)
}

func closeAfter(t testing.TB, db *gorm.DB) {
	t.Cleanup(func() {
		if conn, err := db.DB(); err == nil {
			_ = conn.Close()
		}
	})
}

// unique is a name that no other test has.
func unique() string { return "djinn_" + strings.ToLower(rand.Text()[:16]) }

// File opens the SQLite database at path, which may be shared with another
// program.
func File(t testing.TB, path string, cfg *gorm.Config) *gorm.DB {
	t.Helper()
	d := SQLite
	d.dsn = func(_ testing.TB, d Database) gorm.Dialector {
		return sqlite.Open("file:" + filepath.ToSlash(path) + "?" + d.params)
	}
	return d.Open(t, cfg)
}

func openSQLite(t testing.TB, d Database) gorm.Dialector {
	return sqlite.Open("file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "test.sqlite3")) + "?" + d.params)
}

func openPostgres(t testing.TB, _ Database) gorm.Dialector {
	dsn := cmp.Or(os.Getenv("DJINN_POSTGRES"), "host=127.0.0.1 port=5432 user=postgres dbname=test sslmode=disable")
	schema := unique()
	admin(t, "postgres", postgres.Open(dsn), "CREATE SCHEMA "+schema, "DROP SCHEMA "+schema+" CASCADE")
	return postgres.Open(dsn + " search_path=" + schema)
}

func openMySQL(t testing.TB, d Database) gorm.Dialector {
	server := cmp.Or(os.Getenv("DJINN_MYSQL"), "root@tcp(127.0.0.1:3306)")
	database := unique()
	admin(t, "mysql", mysql.Open(server+"/test"), "CREATE DATABASE "+database, "DROP DATABASE "+database)
	return mysql.Open(fmt.Sprintf("%s/%s?%s", server, database, d.params))
}

// admin runs one statement now and one when t has ended.
func admin(t testing.TB, name string, dialector gorm.Dialector, before, after string) {
	t.Helper()
	db, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		Missing(t, name+" does not answer: "+err.Error())
	}
	closeAfter(t, db)
	if err := db.Exec(before).Error; err != nil {
		Missing(t, name+": "+err.Error())
	}
	t.Cleanup(func() { db.Exec(after) })
}
