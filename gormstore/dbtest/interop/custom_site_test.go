package interop

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
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
		store, err := gormstore.NewModel[accountSession](db, gormstore.WithClock(now))
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
		return cachestore.NewCachedDB(cache, durable, cachestore.CachedDBOptions{
			Options:      cachestore.Options{KeyPrefix: prefix, Now: now},
			CacheTimeout: 5 * time.Second, // so that a busy machine changes nothing
			OnError:      func(_ context.Context, err error) { t.Errorf("the cache failed: %v", err) },
		})
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
	cmd := exec.CommandContext(t.Context(), python(), "-W", "ignore", filepath.Join(dir, "serve.py"))
	cmd.Env = append(os.Environ(), "PYTHONPATH="+r.folder)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // killed with the test's context, if it has not ended by itself
	})
	p := &process{t: t, in: in, out: bufio.NewScanner(out)}
	p.out.Buffer(nil, 1<<20)
	if err := json.NewEncoder(in).Encode(settings); err != nil {
		t.Fatalf("Django does not start: %v", err)
	}
	return p
}

// side is one of the two programs. Its methods are visits of a browser.
type side interface {
	name() string
	// items returns the session's items as JSON.
	items(t *testing.T, b *browser) string
	// set changes items, given as a JSON object.
	set(t *testing.T, b *browser, items string)
	cycle(t *testing.T, b *browser)
	// user returns the name of who is logged in, or nothing.
	user(t *testing.T, b *browser) string
	login(t *testing.T, b *browser, name string)
	logout(t *testing.T, b *browser)
	// clear removes expired sessions.
	clear(t *testing.T)
	// account returns what the column account_id of a row holds, nil for NULL,
	// and whether there is such a row.
	account(t *testing.T, key string) (id *int64, found bool)
	// keysOf returns the keys of the rows that a query for an account finds.
	keysOf(t *testing.T, id *int64) []string
}

// nameOf is the user with that ID, or nothing.
func (c *custom) nameOf(id string) string {
	for name, user := range c.users {
		if user.ID == id {
			return name
		}
	}
	return ""
}

// id is what the column holds for a user; nil for nobody.
func (c *custom) id(t *testing.T, name string) *int64 {
	t.Helper()
	if name == "" {
		return nil
	}
	n, err := strconv.ParseInt(c.users[name].ID, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return &n
}

type djangoSide struct{ *custom }

// reply is Django's answer to a visit.
type reply struct {
	Status    int
	Items     string
	User      string
	Exception string
	Sent      *struct{ Value string }
}

// visit lets the browser ask Django for a view; without an engine, under the site's own
// SESSION_ENGINE.
func (c *custom) visit(t *testing.T, b *browser, engine, view, text string) (answer reply) {
	t.Helper()
	c.process.call(t, "visit", visitOf(b, engine, view, text), &answer)
	if answer.Status != http.StatusOK {
		t.Fatalf("Django, /%s: status %d (%s), want 200", view, answer.Status, answer.Exception)
	}
	if answer.Sent != nil {
		b.cookie = answer.Sent.Value
	}
	return answer
}

func visitOf(b *browser, engine, view, text string) arguments {
	return arguments{"engine": engine, "view": view, "cookie": b.cookie, "text": text}
}

func (s *djangoSide) name() string { return "Django" }

func (s *djangoSide) items(t *testing.T, b *browser) string {
	t.Helper()
	return s.visit(t, b, "", "items", "").Items
}

func (s *djangoSide) set(t *testing.T, b *browser, items string) {
	t.Helper()
	s.visit(t, b, "", "edit", items)
}

func (s *djangoSide) cycle(t *testing.T, b *browser) { t.Helper(); s.visit(t, b, "", "cycle", "") }

func (s *djangoSide) user(t *testing.T, b *browser) string {
	t.Helper()
	return s.nameOf(s.visit(t, b, "", "user", "").User)
}

func (s *djangoSide) login(t *testing.T, b *browser, name string) {
	t.Helper()
	s.visit(t, b, "", "login", name)
}

func (s *djangoSide) logout(t *testing.T, b *browser) { t.Helper(); s.visit(t, b, "", "logout", "") }

func (s *djangoSide) clear(t *testing.T) { t.Helper(); s.process.call(t, "clearsessions", nil, nil) }

// row is a row as Django's ORM reads it.
type row struct {
	SessionKey string `json:"session_key"`
	AccountID  *int64 `json:"account_id"`
	Note, Kind *string
}

func (c *custom) rows(t *testing.T, conditions arguments) (found []row) {
	t.Helper()
	c.process.call(t, "rows", conditions, &found)
	return found
}

func (s *djangoSide) account(t *testing.T, key string) (*int64, bool) {
	t.Helper()
	found := s.rows(t, arguments{"model": customModel, "session_key": key})
	if len(found) == 0 {
		return nil, false
	}
	return found[0].AccountID, true
}

func (s *djangoSide) keysOf(t *testing.T, id *int64) (keys []string) {
	t.Helper()
	condition := arguments{"model": customModel, "account_id": id}
	if id == nil {
		condition = arguments{"model": customModel, "account_id__isnull": true}
	}
	for _, r := range s.rows(t, condition) {
		keys = append(keys, r.SessionKey)
	}
	return keys
}

type goSide struct{ *custom }

func (s *goSide) name() string { return "Go" }

func (s *goSide) items(t *testing.T, b *browser) string { t.Helper(); return s.http.items(t, b) }

func (s *goSide) set(t *testing.T, b *browser, items string) {
	t.Helper()
	s.http.edit(t, b, edit{Set: items})
}

func (s *goSide) cycle(t *testing.T, b *browser) { t.Helper(); s.http.edit(t, b, edit{Cycle: true}) }

func (s *goSide) user(t *testing.T, b *browser) (name string) {
	t.Helper()
	a := s.http.auth(t)
	lookup := func(_ context.Context, id string) (string, string, error) {
		found := s.nameOf(id)
		if found == "" {
			return "", "", auth.ErrNoUser
		}
		return found, s.users[found].Password, nil
	}
	s.http.visit(t, b, func(ctx context.Context, session *core.Session) {
		var err error
		if name, _, err = auth.GetUser(ctx, a, session, lookup); err != nil {
			t.Errorf("Go, GetUser: %v", err)
		}
	})
	return name
}

func (s *goSide) login(t *testing.T, b *browser, name string) {
	t.Helper()
	a, user := s.http.auth(t), s.users[name]
	s.http.visit(t, b, func(_ context.Context, session *core.Session) {
		if err := a.Login(session, auth.User{ID: user.ID, PasswordHash: user.Password}); err != nil {
			t.Errorf("Go, Login: %v", err)
		}
	})
}

func (s *goSide) logout(t *testing.T, b *browser) { t.Helper(); s.http.logout(t, b) }

func (s *goSide) clear(t *testing.T) {
	t.Helper()
	if _, err := s.http.manager(t).ClearExpired(t.Context(), core.ClearOptions{}); err != nil {
		t.Errorf("Go, ClearExpired: %v", err)
	}
}

func (s *goSide) account(t *testing.T, key string) (*int64, bool) {
	t.Helper()
	var found accountSession
	err := s.db.Where("session_key = ?", key).Take(&found).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		t.Fatal(err)
	}
	return found.AccountID, err == nil
}

func (s *goSide) keysOf(t *testing.T, id *int64) (keys []string) {
	t.Helper()
	// A map, for which GORM writes IS NULL where a value is nil.
	var found []accountSession
	if err := s.db.Where(map[string]any{"account_id": id}).Find(&found).Error; err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		keys = append(keys, string(f.SessionKey))
	}
	return keys
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
