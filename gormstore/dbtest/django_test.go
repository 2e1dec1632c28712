package dbtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// djangoSite is a Django site on the database of a test.
type djangoSite struct {
	t        *testing.T
	python   string
	database string
}

const djangoSecret = "a SECRET_KEY that both sides have"

// newDjangoSite needs a Python with Django and the database's driver: the
// environment variable DJINN_PYTHON, or /usr/bin/python3.
func newDjangoSite(t *testing.T, db *gorm.DB) djangoSite {
	t.Helper()
	python := cmp.Or(os.Getenv("DJINN_PYTHON"), "/usr/bin/python3")
	imports := "import django" + map[string]string{"postgres": ", psycopg2", "mysql": ", MySQLdb"}[db.Name()]
	if out, err := exec.CommandContext(t.Context(), python, "-c", imports).CombinedOutput(); err != nil {
		Missing(t, python+" cannot run Django on "+db.Name()+": "+string(out)+err.Error())
	}
	var name string
	query := map[string]string{"sqlite": "SELECT file FROM pragma_database_list", "postgres": "SELECT CURRENT_SCHEMA()", "mysql": "SELECT DATABASE()"}[db.Name()]
	if err := db.Raw(query).Scan(&name).Error; err != nil {
		t.Fatal(err)
	}
	settings := map[string]any{
		"sqlite":   map[string]any{"ENGINE": "django.db.backends.sqlite3", "NAME": name},
		"postgres": map[string]any{"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": "5432", "USER": "postgres", "NAME": "test", "OPTIONS": map[string]any{"options": "-c search_path=" + name}},
		"mysql":    map[string]any{"ENGINE": "django.db.backends.mysql", "HOST": "127.0.0.1", "PORT": "3306", "USER": "root", "NAME": name},
	}[db.Name()]
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	return djangoSite{t, python, string(text)}
}

// run runs one action and decodes the last line it prints into result.
func (s djangoSite) run(result any, args ...string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), s.python, append([]string{"testdata/django_side.py", s.database, djangoSecret}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			s.t.Fatalf("Django, %q: %v\n%s", args, err, exit.Stderr)
		}
		s.t.Fatalf("Django, %q: %v", args, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), result); err != nil {
		s.t.Fatalf("Django, %q: printed %q: %v", args, out, err)
	}
}

func (s djangoSite) command(args ...string) {
	s.t.Helper()
	var done string
	s.run(&done, append([]string{"command"}, args...)...)
}

// TestDjango: a table that Go made serves Django, one that Django made serves Go,
// and each reads what the other wrote.
func TestDjango(t *testing.T) {
	t.Parallel()
	codec, err := core.DjangoCodec{SecretKey: djangoSecret}.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		for _, first := range []string{"Go", "Django"} {
			t.Run(d.Name+"/table made by "+first, func(t *testing.T) {
				t.Parallel()
				db := d.Open(t, nil)
				site := newDjangoSite(t, db)
				if first == "Django" {
					site.command("migrate")
				}
				store := migrated(t, db, gormstore.New)
				if first == "Go" {
					site.command("migrate", "--fake-initial")
				}
				site.command("makemigrations", "--check", "--dry-run")
				bothWays(t, store, site, codec)

				expired := rec(t, key2).WithCodec(codec)
				expired.ExpireDate = time.Now().Add(-time.Hour)
				create(t, store, expired)
				site.command("clearsessions")
				if n, err := store.ClearExpired(t.Context(), core.ClearOptions{}); n != 0 || err != nil {
					t.Errorf("ClearExpired after Django's clearsessions: got %d, %v, want 0, no error", n, err)
				}
				load(t, store, key1)
			})
		}
	}
}

func bothWays(t *testing.T, store core.Store, site djangoSite, codec core.Codec) {
	t.Helper()
	// Go creates, Django reads and changes, Go notices and reads.
	created := rec(t, key1, "count", 40, "name", "Zoë ☃").WithCodec(codec)
	created.ExpireDate = time.Now().Add(time.Hour).Truncate(time.Microsecond)
	create(t, store, created)
	version := load(t, store, key1).Version
	var items map[string]any
	var expiry time.Time
	site.run(&[]any{&items, &expiry}, "get", key1)
	if items["count"] != 40.0 || items["name"] != "Zoë ☃" || !expiry.Equal(created.ExpireDate) {
		t.Errorf("Django reads %v, expires %v; want count 40, name Zoë ☃, expires %v", items, expiry, created.ExpireDate)
	}
	var key string
	site.run(&key, "put", key1, "count", "41")
	if key != key1 {
		t.Errorf("Django saved under another key: it did not find the session that Go made")
	}
	stale := rec(t, key1, "count", 99).WithCodec(codec)
	stale.Version = version
	if _, err := store.Update(t.Context(), stale); !errors.Is(err, core.ErrConflict) {
		t.Errorf("Update with the version before Django's change: got %v, want ErrConflict", err)
	}
	wantCount(t, store, key1, codec, "41")

	// Django creates, Go reads and changes, Django reads.
	site.run(&key, "put", "", "count", "1")
	wantCount(t, store, key, codec, "1")
	next := rec(t, key, "count", 2).WithCodec(codec)
	next.Version = load(t, store, key).Version
	if _, err := store.Update(t.Context(), next); err != nil {
		t.Errorf("Update of Django's session: got error %v, want none", err)
	}
	site.run(&[]any{&items, &expiry}, "get", key)
	if items["count"] != 2.0 {
		t.Errorf("Django reads count %v, want 2", items["count"])
	}
}

func wantCount(t *testing.T, store core.Store, key string, codec core.Codec, want string) {
	t.Helper()
	values, err := load(t, store, key).Decode(codec)
	if err != nil {
		t.Fatalf("decode what Django wrote: %v", err)
	}
	if got, _ := values.Text("count"); got != want {
		t.Errorf("count: got %s, want %s", got, want)
	}
}
