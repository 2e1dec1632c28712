package interop

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// accountSession is Go's model of the table of testdata/custom/accounts.
type accountSession struct {
	gormstore.Base
	AccountID *int64 `gorm:"index"`
}

func (accountSession) TableName() string { return "accounts_customsession" }

func (s *accountSession) FillSession(_ context.Context, values core.Values) error {
	s.AccountID = accountID(values)
	return nil
}

// accountID is what Python's int makes of who is logged in, nil where it raises.
func accountID(values core.Values) *int64 {
	switch id := values.Get("_auth_user_id").(type) {
	case string:
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			return &n
		}
	case int64:
		return &id
	}
	return nil
}

// customModel is the Django model of that table.
const customModel = "accounts.CustomSession"

// custom is a Django site with a session model of its own, and a Go program that has
// the same model.
type custom struct {
	release release
	cached  bool // there is a cache in front of the table
	byGo    bool // Go made the tables
	db      *gorm.DB
	process *process
	http    *goSite
	cache   func(core.Store, func() time.Time) core.Store // puts it in front of a store
	users   map[string]account                            // by name
	django  side
	golang  side
}

// customEngine is a column of the page.
type customEngine struct {
	name     string
	module   string // what Python needs
	database dbtest.Database
	cached   bool
}

var customEngines = []customEngine{
	{onSQLite.name, onSQLite.module, dbtest.SQLite, false},
	{onPostgres.name, onPostgres.module, dbtest.Postgres, false},
	{onMariaDB.name, onMariaDB.module, dbtest.MySQL, false},
	{inCachedDB.name, inCachedDB.module, dbtest.SQLite, true},
}

// openCustom starts both sides on a new database, whose tables one of them makes and
// the other accepts.
func openCustom(t *testing.T, r release, e customEngine, byGo bool) *custom {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), python(), "-c", "import "+e.module).CombinedOutput(); err != nil {
		dbtest.Missing(t, python()+" cannot import "+e.module+": install Debian's python3-psycopg2, python3-mysqldb and python3-redis: "+string(out))
	}
	db := e.database.Open(t, nil)
	settings := settingsOf(t, db)
	settings["SECRET_KEY"], settings["SESSION_ENGINE"] = secretKey, "accounts.models"
	c := &custom{release: r, cached: e.cached, byGo: byGo, db: db, users: map[string]account{}}
	c.cache = func(store core.Store, _ func() time.Time) core.Store { return store }
	if e.cached {
		settings["SESSION_ENGINE"], settings["CACHES"], c.cache = cachedByRedis(t)
	}
	c.process = startProject(t, r, "testdata/custom", settings)
	c.http = &goSite{key: secretKey, place: &place{store: func(now func() time.Time) (core.Store, error) {
		store, err := gormstore.NewModel[accountSession](db)
		return c.cache(store, now), err
	}}}
	c.django, c.golang = &djangoSide{c}, &goSide{c}
	if byGo {
		migrateModel[accountSession](t, db)
		migrateModel[deviceSession](t, db)
	}
	c.process.call(t, "migrate", arguments{"fake_initial": byGo}, nil)
	migrateModel[accountSession](t, db)
	for _, name := range []string{"jasmine", "aladdin"} {
		var user account
		c.process.call(t, "create_user", arguments{"name": name}, &user)
		c.users[name] = user
	}
	return c
}

// cachedByRedis is what Django's settings say of a cache, and the same in Go.
func cachedByRedis(t *testing.T) (engine string, caches any, wrap func(core.Store, func() time.Time) core.Store) {
	t.Helper()
	cache, prefix := onRedis(t)
	return "accounts.cached", redisCache(prefix), func(durable core.Store, now func() time.Time) core.Store {
		return must(cachestore.NewCachedDB(cache, durable, cachestore.WithKeyPrefix(prefix), cachestore.WithCacheTimeout(5*time.Second), // a long timeout, so that a busy machine changes nothing
			cachestore.WithOnError(func(_ context.Context, err error) { t.Errorf("the cache failed: %v", err) })))
	}
}

// migrateModel is what a program does when it starts.
func migrateModel[M any, P interface {
	*M
	gormstore.Model
}](t *testing.T, db *gorm.DB) *gormstore.Store[M] {
	t.Helper()
	store, err := gormstore.NewModel[M, P](db)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

// startProject starts a copy of the Django project in that folder, so that it may
// write its migrations; its serve.py is what talks.
func startProject(t *testing.T, r release, folder string, settings map[string]any) *process {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return startScript(t, r, filepath.Join(dir, "serve.py"), settings)
}

// wantAccount: both sides find in the row whose session it is, and by that the row.
func (c *custom) wantAccount(t *testing.T, b *browser, name string) {
	t.Helper()
	want := c.id(t, name)
	for _, s := range []side{c.django, c.golang} {
		id, found := s.account(t, b.cookie)
		if !found {
			t.Errorf("%s finds no row of %s's session", s.name(), cmp.Or(name, "nobody"))
			continue
		}
		if show(id) != show(want) {
			t.Errorf("%s finds account_id %s, want %s", s.name(), show(id), show(want))
		}
		if !slices.Contains(s.keysOf(t, want), b.cookie) {
			t.Errorf("%s does not find the session by account_id = %s", s.name(), show(want))
		}
	}
}

// wantGone: neither side has a row of the browser's session, nor takes its cookie.
func (c *custom) wantGone(t *testing.T, b *browser) {
	t.Helper()
	for _, s := range []side{c.django, c.golang} {
		if _, found := s.account(t, b.cookie); found {
			t.Errorf("%s finds a row of the session that is gone", s.name())
		}
		if got := s.items(t, copyOf(b)); got != "{}" {
			t.Errorf("%s reads %s from the session that is gone", s.name(), got)
		}
	}
}

func show(id *int64) string {
	if id == nil {
		return "NULL"
	}
	return fmt.Sprint(*id)
}
