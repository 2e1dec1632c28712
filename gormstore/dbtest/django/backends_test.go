package django

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/cookiestore"
	"github.com/djinn-go/djinn/core/filestore"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// backend is a way to keep sessions.
type backend struct {
	// name is what its subtests are called.
	name string
	// engine is Django's module, or what comes nearest.
	engine string
	// classes of Django's suite that it has to meet besides the mixin. Those of
	// one thing (the middleware, the command) run on one back end, as in Django.
	classes []string
	open    func(t testing.TB, c *clock) opened
	// stateless back ends keep the session in the cookie: nothing can be revoked,
	// and a key is a signed text.
	stateless bool
	// exempt are the requirements that it has no use for, with the reason.
	exempt map[string]string
}

// opened is a back end's store, and how a test looks behind it.
type opened struct {
	store core.Store
	// overwrite puts text in the place of what is stored under key.
	overwrite func(t testing.TB, key, text string)
	// notADict is what this back end reads well, and what is no session.
	// Empty: a signed list.
	notADict string

	table table              // of those that have one
	cache *cachestore.Memory // of those that have one
	dir   string             // of files
}

// backends: one more is one more line. What the time zone classes of Django's
// suite are about are the connections with odd zones here.
var backends = []backend{
	{"db_sqlite", "db", []string{dbClass, middlewareClass, baseClass}, openTable(dbtest.SQLite), false, nil},
	{"db_postgres", "db", []string{dbClass}, openTable(dbtest.Postgres), false, nil},
	{"db_mariadb", "db", []string{dbClass}, openTable(dbtest.MySQL), false, nil},
	{"db_mariadb_time_zones", "db", []string{dbClass}, openTable(dbtest.MySQLOddities), false, nil},
	{"model_sqlite", "db, custom model", []string{dbClass, modelClass}, openModel(dbtest.SQLite), false, nil},
	{"model_postgres", "db, custom model", []string{dbClass, modelClass}, openModel(dbtest.Postgres), false, nil},
	{"model_mariadb", "db, custom model", []string{dbClass, modelClass}, openModel(dbtest.MySQL), false, nil},
	{"cached_db", "cached_db", []string{cachedDBClass}, openCachedDB(dbtest.SQLite), false, nil},
	{"cached_db_time_zones", "cached_db", []string{cachedDBClass}, openCachedDB(dbtest.MySQLOddities), false, nil},
	{"file", "file", []string{fileClass}, openFile, false, nil},
	{"cache", "cache", []string{cacheClass, commandClass}, openCache, false, nil},
	{"signed_cookies", "signed_cookies", []string{cookieClass}, openCookie, true, nil},
	{"memory", "(none: one process)", nil, openMemory, false, memoryExempt},
}

const keepsValues = "it keeps values, so there is nothing to decode"

var memoryExempt = map[string]string{
	"test_decode_failure_logged_to_security": keepsValues,
	"test_decode_serializer_exception":       keepsValues,
}

// accountSession is the example of Django's documentation: who is logged in, in a
// column that is NULL for everybody else.
type accountSession struct {
	gormstore.Base
	AccountID *int64 `gorm:"index"`
}

func (s *accountSession) FillSession(_ context.Context, values core.Values) error {
	id, _ := values.Get("_auth_user_id").(string)
	if id == "" {
		return nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return fmt.Errorf("_auth_user_id is not a number")
	}
	s.AccountID = &n
	return nil
}

// table is how a test looks into a session table.
type table struct {
	row   func(t testing.TB, key string) gormstore.Base
	count func(t testing.TB) int64
	db    *gorm.DB
}

// tableOf looks at the table of model M; base takes the shared columns.
func tableOf[M any](db *gorm.DB, base func(M) gormstore.Base) table {
	return table{
		db: db,
		row: func(t testing.TB, key string) gormstore.Base {
			t.Helper()
			var m M
			if err := db.Where("session_key = ?", key).Take(&m).Error; err != nil {
				t.Fatalf("read the row: got %v, want none", err)
			}
			return base(m)
		},
		count: func(t testing.TB) (n int64) {
			t.Helper()
			if err := db.Model(new(M)).Count(&n).Error; err != nil {
				t.Fatal(err)
			}
			return n
		},
	}
}

// overwriteRow writes as somebody does who knows nothing of djinn.
func overwriteRow[M any](db *gorm.DB) func(t testing.TB, key, text string) {
	return func(t testing.TB, key, text string) {
		t.Helper()
		done := db.Model(new(M)).Where("session_key = ?", key).UpdateColumn("session_data", gormstore.Payload(text))
		if done.Error != nil || done.RowsAffected != 1 {
			t.Fatalf("overwrite the row: %d rows, %v", done.RowsAffected, done.Error)
		}
	}
}

func migrate[M any](t testing.TB, store *gormstore.Store[M], err error) *gormstore.Store[M] {
	t.Helper()
	if err == nil {
		err = store.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func openTable(d dbtest.Database) func(testing.TB, *clock) opened {
	return func(t testing.TB, _ *clock) opened {
		db := d.Open(t, nil)
		store, err := gormstore.New(db)
		return opened{
			store:     migrate(t, store, err),
			overwrite: overwriteRow[gormstore.DjangoSession](db),
			table:     tableOf(db, func(s gormstore.DjangoSession) gormstore.Base { return gormstore.Base(s) }),
		}
	}
}

func openModel(d dbtest.Database) func(testing.TB, *clock) opened {
	return func(t testing.TB, _ *clock) opened {
		db := d.Open(t, nil)
		store, err := gormstore.NewModel[accountSession](db)
		return opened{
			store:     migrate(t, store, err),
			overwrite: overwriteRow[accountSession](db),
			table:     tableOf(db, func(s accountSession) gormstore.Base { return s.Base }),
		}
	}
}

// cacheEntry is where Django's cache keeps a session, prefix and version included.
func cacheEntry(engine, key string) string { return ":1:django.contrib.sessions." + engine + key }

func openCachedDB(d dbtest.Database) func(testing.TB, *clock) opened {
	return func(t testing.TB, c *clock) opened {
		o := openTable(d)(t, c)
		o.cache = must(cachestore.NewMemory())
		o.store = must(cachestore.NewCachedDB(o.cache, o.store))
		overwrite := o.overwrite
		o.overwrite = func(t testing.TB, key, text string) {
			t.Helper()
			overwrite(t, key, text)
			if _, err := o.cache.Delete(t.Context(), cacheEntry("cached_db", key)); err != nil {
				t.Fatal(err)
			}
		}
		return o
	}
}

func openCache(_ testing.TB, c *clock) opened {
	cache := must(cachestore.NewMemory())
	return opened{
		store: must(cachestore.New(cache)),
		cache: cache,
		overwrite: func(t testing.TB, key, text string) {
			t.Helper()
			entry := cacheEntry("cache", key)
			item, found, err := cache.Get(t.Context(), entry)
			if err != nil || !found {
				t.Fatalf("the entry to overwrite: found %t, %v", found, err)
			}
			item.Value = text
			if err := cache.Set(t.Context(), entry, item); err != nil {
				t.Fatal(err)
			}
		},
		notADict: "\x80\x04]\x94.", // the pickle of a list
	}
}

func openFile(t testing.TB, c *clock) opened {
	dir := t.TempDir()
	store, err := filestore.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	return opened{
		store: store,
		dir:   dir,
		overwrite: func(t testing.TB, key, text string) {
			t.Helper()
			path := filepath.Join(dir, "sessionid"+key)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, c.Now(), c.Now()); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func openCookie(t testing.TB, c *clock) opened {
	store, err := cookiestore.New()
	if err != nil {
		t.Fatal(err)
	}
	return opened{store: store}
}

// openMemory opens a memstore, whose records are values: there is no text to overwrite.
func openMemory(_ testing.TB, c *clock) opened {
	return opened{store: must(memstore.New())}
}
