package main

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	drivermysql "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// kinds are the databases that tests run on.
var kinds = []string{dialectSQLite, dialectPostgres, dialectMySQL}

// onEach runs a test on each of them.
func onEach(t *testing.T, test func(*testing.T, *world)) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, kind))
		})
	}
}

// database is an empty one for one test.
type database struct {
	*gorm.DB
	kind     string
	url      string
	password string
	django   map[string]any // Django's DATABASES["default"]
}

// password is a word that no output has by chance, and that a URL writes in another
// way.
const password = "geheim/§42"

// openTestDatabase makes a database with a user whose password is a secret. The
// servers are those of package dbtest: DJINN_POSTGRES and DJINN_MYSQL name others.
func openTestDatabase(t *testing.T, kind string) *database {
	t.Helper()
	d := &database{kind: kind, password: password}
	name := "djinn_" + strings.ToLower(rand.Text()[:16])
	switch kind {
	case dialectSQLite:
		path := filepath.Join(t.TempDir(), "test.sqlite3")
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		d.url, d.password = "sqlite:"+path, ""
		d.django = map[string]any{"ENGINE": "django.db.backends.sqlite3", "NAME": path}
	case dialectPostgres:
		d.openPostgres(t, name)
	case dialectMySQL:
		d.openMySQL(t, name)
	}
	d.DB = open(t, d.url)
	if kind == dialectSQLite {
		d.exec(t, "PRAGMA journal_mode = WAL")
	}
	return d
}

func (d *database) openPostgres(t *testing.T, name string) {
	t.Helper()
	cfg, err := pgx.ParseConfig(cmp.Or(os.Getenv("DJINN_POSTGRES"), "host=127.0.0.1 port=5432 user=postgres dbname=test"))
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(cfg.User, cfg.Password), Host: fmt.Sprintf("%s:%d", cfg.Host, cfg.Port), Path: "/" + cfg.Database}
	admin(t, u.String(), []string{
		"CREATE ROLE " + name + " LOGIN PASSWORD '" + password + "'",
		"CREATE SCHEMA " + name + " AUTHORIZATION " + name,
	}, []string{"DROP SCHEMA " + name + " CASCADE", "DROP ROLE " + name})
	u.User = url.UserPassword(name, password)
	u.RawQuery = url.Values{"search_path": {name}, "application_name": {"djinn-test"}}.Encode()
	d.url = u.String()
	d.django = map[string]any{
		"ENGINE": "django.db.backends.postgresql", "HOST": cfg.Host, "PORT": fmt.Sprint(cfg.Port), "USER": name, "PASSWORD": password,
		"NAME": cfg.Database, "OPTIONS": map[string]string{"options": "-c search_path=" + name},
	}
}

func (d *database) openMySQL(t *testing.T, name string) {
	t.Helper()
	cfg, err := drivermysql.ParseDSN(cmp.Or(os.Getenv("DJINN_MYSQL"), "root@tcp(127.0.0.1:3306)") + "/test")
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{Scheme: "mysql", User: url.UserPassword(cfg.User, cfg.Passwd), Host: cfg.Addr, Path: "/test"}
	admin(t, u.String(), []string{
		"CREATE DATABASE " + name,
		"CREATE USER " + name + "@'%' IDENTIFIED BY '" + password + "'",
		"GRANT ALL ON " + name + ".* TO " + name + "@'%'",
	}, []string{"DROP DATABASE " + name, "DROP USER " + name + "@'%'"})
	u.User, u.Path = url.UserPassword(name, password), "/"+name
	d.url = u.String()
	host, port, _ := strings.Cut(cfg.Addr, ":")
	d.django = map[string]any{"ENGINE": "django.db.backends.mysql", "HOST": host, "PORT": port, "USER": name, "PASSWORD": password, "NAME": name}
}

// open opens a database as the command does. A server that is not there skips
// the test with the reason, or fails it if DJINN_REQUIRE_SERVICES=1.
func open(t *testing.T, databaseURL string) *gorm.DB {
	t.Helper()
	dialector, err := dialectorFor(databaseURL, false)
	if err != nil {
		t.Fatal(err)
	}
	db, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		missing(t, "the database does not answer: "+err.Error())
	}
	t.Cleanup(func() { closeDatabase(db) })
	return db
}

// missing ends a test that needs what is not there.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("DJINN_REQUIRE_SERVICES") == "1" {
		t.Fatal(why + " (and DJINN_REQUIRE_SERVICES=1)")
	}
	t.Skip(why)
}

// admin runs statements now, and others when the test has ended.
func admin(t *testing.T, databaseURL string, before, after []string) {
	t.Helper()
	db := open(t, databaseURL)
	for _, statement := range before {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, statement := range after {
			db.Exec(statement)
		}
	})
}

// exec runs statements.
func (d *database) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if err := d.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
}

// rows counts those of a table.
func (d *database) rows(t *testing.T, table string) (n int64) {
	t.Helper()
	if err := d.Table(table).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// migrate creates the table as Django does.
func (w *world) migrate(t *testing.T) *world {
	t.Helper()
	w.run(t, "migrate").want(t, 0, "created the table django_session", "")
	return w
}

// seed is a session to put into the table.
type seed struct {
	key     string // drawn if empty
	items   string // as JSON; some items of a shop if empty
	signing string // the key; SECRET_KEY if empty
	data    string // in place of items that are signed
	signed  time.Time
	expires time.Time
	columns map[string]any // further ones
}

const someItems = `{"_auth_user_id":"42","_auth_user_hash":"5ecre7hash","cart":[1,2]}`

// plant inserts a session and returns its key. From then on neither the key nor the
// data may be printed.
func (w *world) plant(t *testing.T, table string, s seed) string {
	t.Helper()
	s.key = cmp.Or(s.key, core.NewSessionKey())
	if s.signed.IsZero() {
		s.signed = time.Now().Add(-time.Hour)
	}
	if s.data == "" {
		s.data = sign(t, cmp.Or(s.signing, secretKey), "", cmp.Or(s.items, someItems), s.signed)
	}
	values := map[string]any{keyColumn: s.key, dataColumn: s.data, expireColumn: gormstore.DateTimeOf(s.expires)}
	for name, value := range s.columns {
		values[name] = value
	}
	if err := w.Table(table).Create(values).Error; err != nil {
		t.Fatal(err)
	}
	w.secrets = append(w.secrets, s.key, s.data, "5ecre7hash")
	return s.key
}

// sign makes session data.
func sign(t *testing.T, key, salt, items string, at time.Time) string {
	t.Helper()
	values, err := core.ParseValues(items)
	if err != nil {
		t.Fatal(err)
	}
	codec, err := core.DjangoCodec{SecretKey: core.Secret(key), Salt: salt, Now: func() time.Time { return at }}.New()
	if err != nil {
		t.Fatal(err)
	}
	text, err := codec.Encode(values)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// fill inserts n sessions that expire then, fast.
func (w *world) fill(t *testing.T, n int, expires time.Time) {
	t.Helper()
	data := sign(t, secretKey, "", someItems, time.Now().Add(-time.Hour))
	rows := make([]map[string]any, n)
	for i := range rows {
		rows[i] = map[string]any{keyColumn: core.NewSessionKey(), dataColumn: data, expireColumn: gormstore.DateTimeOf(expires)}
	}
	for chunk := range slices.Chunk(rows, 1000) {
		if err := w.Table(djangoTable).Create(chunk).Error; err != nil {
			t.Fatal(err)
		}
	}
}

// djangoSettings are those of a Django that has sessions and nothing else.
func (d *database) djangoSettings(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"DATABASES": map[string]any{"default": d.django}, "INSTALLED_APPS": []string{"django.contrib.sessions"}, "USE_TZ": true, "SECRET_KEY": secretKey})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
