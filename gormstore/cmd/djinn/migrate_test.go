package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMigrate(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w.run(t, "migrate", "--json").want(t, 0, `{"table":"django_session","created":true}`, "")
		w.run(t, "migrate", "--json").want(t, 0, `{"table":"django_session","created":false}`, "")
		w.run(t, "migrate", "--table", "shop_session", "--user-column", "login").want(t, 0, "created the table shop_session\n", "")
		w.exec(t, "ALTER TABLE django_session DROP COLUMN session_data")
		w.run(t, "migrate").want(t, exitFailed, "", "the column session_data is missing")
	})
}

// What --sql prints is what migrate runs, for every kind of database, and without
// any.
func TestMigrateSQL(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		for _, args := range [][]string{{}, {"--table", "shop_session"}, {"--table", "shop_session_of_users", "--user-column", "login"}} {
			offline := &world{database: &database{}}
			printed := offline.run(t, append([]string{"migrate", "--sql", "--dialect", w.kind}, args...)...)
			printed.want(t, 0, "CREATE TABLE", "")
			if got := w.run(t, append([]string{"migrate", "--sql"}, args...)...); got.out != printed.out {
				t.Errorf("got %q by DATABASE_URL, and %q by --dialect", got.out, printed.out)
			}
			for _, statement := range strings.SplitAfter(strings.TrimSpace(printed.out), ";\n") {
				w.exec(t, statement)
			}
			w.run(t, append([]string{"migrate"}, args...)...).want(t, 0, "is there, and as it should be", "")
		}
	})
}

func TestMigrateMistakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite)
	w.run(t, "migrate", "--dialect", "mysql").want(t, exitUsage, "", "--dialect is for --sql")
	w.run(t, "migrate", "--sql", "--dialect", "oracle").want(t, exitUsage, "", "--dialect wants sqlite, postgres or mysql")
	w.with("DATABASE_URL", "").run(t, "migrate", "--sql").want(t, exitUsage, "", "--dialect wants sqlite, postgres or mysql")
}

// Only migrate makes a file that is not there.
func TestMigrateCreatesTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new 100%?.sqlite3")
	w := &world{database: &database{}, env: map[string]string{"DATABASE_URL": "sqlite:" + path, "SECRET_KEY": secretKey}}
	for _, command := range []string{"list", "stats", "doctor", "clearsessions", "show"} {
		w.runWith(t, strings.Repeat("k", 32), command).want(t, exitFailed, "", "does the file exist")
		if _, err := os.Stat(path); err == nil {
			t.Fatalf("%s created the file", command)
		}
	}
	w.run(t, "migrate").want(t, 0, "created the table", "")
	w.run(t, "stats").want(t, 0, "0 sessions", "")
}
