package setup

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenDatabaseErrors(t *testing.T) {
	t.Parallel()
	const password = "pass%77ord-of-ours" // "password-of-ours" once decoded
	for url, want := range map[string]string{
		"":        "write sqlite:PATH",
		"sqlite:": "names no file",
		"sqlite:" + filepath.Join(t.TempDir(), "no", "such", "dir.sqlite3"): "does the directory exist",
		"oracle://u:" + password + "@h/d":                                   "write sqlite:PATH",
		"postgres://u:" + password + "@/d":                                  "no complete URL",
		"postgres://u:" + password + "%zz@h/d":                              "special characters",
		"postgres://u:" + password + "@127.0.0.1:1/d":                       "is the server running",
		"postgres://u:" + password + "@127.0.0.1:1/d?sslmode=wrong":         "cannot open the postgres database",
		"mysql://u:" + password + "@127.0.0.1:1/d":                          "is the server running",
		"mysql://u:" + password + "@127.0.0.1:1/d?timeout=soon":             "not for the mysql driver",
		"mysql://u:" + password + "@127.0.0.1:1":                            "no complete URL",
	} {
		var log strings.Builder
		_, _, err := openDatabase(url, &sqlLog{out: &log})
		if log.Len() > 0 {
			t.Errorf("%s: got %q in the log, want it in the error alone", url, log.String())
		}
		if err == nil {
			t.Errorf("%s: got no error", url)
			continue
		}
		if !strings.Contains(err.Error(), "DATABASE_URL") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error that says %q", url, err, want)
		}
		if strings.Contains(err.Error(), "ord-of-ours") {
			t.Errorf("the error contains the password: %v", err)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"sqlite:a b.sqlite3":                          `the SQLite file "a b.sqlite3"`,
		"postgres://u:s3cret@db.example:5432/x?a=s3c": `the postgres database "x" at db.example:5432`,
		"mysql://u:s3cret@db.example/x":               `the mysql database "x" at db.example`,
	} {
		if got := place(url); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestHide(t *testing.T) {
	t.Parallel()
	talkative := errors.New("cannot log in with s3cret")
	if got := hide(talkative, "s3cret").Error(); got != "cannot log in with [password]" {
		t.Errorf("got %q, want it without the password", got)
	}
	if got := hide(talkative, "").Error(); got != talkative.Error() {
		t.Errorf("without a password: got %q, want the error as it was", got)
	}
}

func TestSQLLog(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	db, _, err := openDatabase("sqlite:"+filepath.Join(t.TempDir(), "db"), &sqlLog{out: &log, printAll: true})
	if err != nil {
		t.Fatal(err)
	}
	defer (&Env{db: db}).Close()
	db.Exec("SELECT ?", "s3cret")
	db.Exec("SELECT ? FROM nowhere", "s3cret")
	got := log.String()
	if !strings.Contains(got, ": SELECT ?\n") || !strings.Contains(got, "sql failed") {
		t.Errorf("got %q, want both statements, and that one failed", got)
	}
	if strings.Contains(got, "s3cret") {
		t.Errorf("got %q, want no parameters", got)
	}
}

func TestSQLiteSettings(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "100% odd?#.sqlite3")
	db, _, err := openDatabase("sqlite:"+path, &sqlLog{out: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer (&Env{db: db}).Close()
	for pragma, want := range map[string]string{"journal_mode": "wal", "busy_timeout": "4000", "synchronous": "1"} {
		var got string
		if err := db.Raw("PRAGMA " + pragma).Scan(&got).Error; err != nil || got != want {
			t.Errorf("PRAGMA %s: got %q, %v, want %q", pragma, got, err, want)
		}
	}
	if matches, err := filepath.Glob(filepath.Join(filepath.Dir(path), "100%*")); err != nil || len(matches) == 0 || matches[0] != path {
		t.Errorf("got files %q, want %q: the name is taken to the letter", matches, path)
	}
}
