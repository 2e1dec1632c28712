package interop

import (
	"context"
	"crypto/rand"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/cookiestore"
	"github.com/djinn-go/djinn/core/filestore"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// engine is a place for sessions that both sides know.
type engine struct {
	name string
	// module is what Python needs for it.
	module string
	// open makes a new place for t alone: what Django's settings say of it, and
	// the store of it in Go for a clock.
	open func(t *testing.T) (settings map[string]any, store func(now func() time.Time) (core.Store, error))
}

var (
	onSQLite   = engine{"SQLite", "sqlite3", onDatabase(dbtest.SQLite)}
	onPostgres = engine{"PostgreSQL", "psycopg2", onDatabase(dbtest.Postgres)}
	onMariaDB  = engine{"MariaDB", "MySQLdb", onDatabase(dbtest.MySQL)}
	inFiles    = engine{"file", "sqlite3", openFiles}
	inCookie   = engine{"cookie", "sqlite3", openCookie}
	inCache    = engine{"cache", "redis", openCache}
	inCachedDB = engine{"cached_db", "redis", openCachedDB}
)

var (
	databases = []engine{onSQLite, onPostgres, onMariaDB}
	engines   = append(databases[:3:3], inFiles, inCookie, inCache, inCachedDB)
)

// settingsOf are Django's for a database that a test has opened.
func settingsOf(t *testing.T, db *gorm.DB) map[string]any {
	t.Helper()
	query := map[string]string{"sqlite": "SELECT file FROM pragma_database_list", "postgres": "SELECT CURRENT_SCHEMA()", "mysql": "SELECT DATABASE()"}
	var name string
	if err := db.Raw(query[db.Name()]).Scan(&name).Error; err != nil {
		t.Fatal(err)
	}
	database := map[string]any{
		"sqlite":   map[string]any{"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": map[string]any{"timeout": 20}},
		"postgres": map[string]any{"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": "5432", "USER": "postgres", "NAME": "test", "OPTIONS": map[string]any{"options": "-c search_path=" + name}},
		"mysql":    map[string]any{"ENGINE": "django.db.backends.mysql", "HOST": "127.0.0.1", "PORT": "3306", "USER": "root", "NAME": name},
	}
	return map[string]any{
		"SESSION_ENGINE": "django.contrib.sessions.backends.db",
		"DATABASES":      map[string]any{"default": database[db.Name()]},
	}
}

// usersOnly are settings of a site that keeps its users in a database and its
// sessions elsewhere.
func usersOnly(backend string) map[string]any {
	return map[string]any{
		"SESSION_ENGINE": "django.contrib.sessions.backends." + backend,
		"DATABASES":      map[string]any{"default": map[string]any{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
	}
}

func onDatabase(d dbtest.Database) func(*testing.T) (map[string]any, func(func() time.Time) (core.Store, error)) {
	return func(t *testing.T) (map[string]any, func(func() time.Time) (core.Store, error)) {
		db := d.Open(t, nil)
		return settingsOf(t, db), func(func() time.Time) (core.Store, error) {
			return gormstore.New(db)
		}
	}
}

func openFiles(t *testing.T) (map[string]any, func(func() time.Time) (core.Store, error)) {
	dir := t.TempDir()
	settings := usersOnly("file")
	settings["SESSION_FILE_PATH"] = dir
	return settings, func(func() time.Time) (core.Store, error) {
		return filestore.New(dir)
	}
}

func openCookie(*testing.T) (map[string]any, func(func() time.Time) (core.Store, error)) {
	return usersOnly("signed_cookies"), func(func() time.Time) (core.Store, error) {
		return cookiestore.New()
	}
}

func openCache(t *testing.T) (map[string]any, func(func() time.Time) (core.Store, error)) {
	cache, prefix := onRedis(t)
	settings := usersOnly("cache")
	settings["CACHES"] = redisCache(prefix)
	return settings, func(func() time.Time) (core.Store, error) {
		return cachestore.New(cache, cachestore.WithKeyPrefix(prefix))
	}
}

func openCachedDB(t *testing.T) (map[string]any, func(func() time.Time) (core.Store, error)) {
	cache, prefix := onRedis(t)
	settings, rows := onSQLite.open(t)
	settings["SESSION_ENGINE"] = "django.contrib.sessions.backends.cached_db"
	settings["CACHES"] = redisCache(prefix)
	return settings, func(now func() time.Time) (core.Store, error) {
		durable, err := rows(now)
		if err != nil {
			return nil, err
		}
		return must(cachestore.NewCachedDB(cache, durable, cachestore.WithKeyPrefix(prefix), cachestore.WithCacheTimeout(5*time.Second), // a long timeout, so that a busy machine changes nothing
			cachestore.WithOnError(func(_ context.Context, err error) { t.Errorf("the cache failed: %v", err) }))), nil
	}
}

// redisDB is a database of the server that no other package's tests use.
const redisDB = 11

func redisCache(prefix string) map[string]any {
	return map[string]any{"default": map[string]any{
		"BACKEND":    "django.core.cache.backends.redis.RedisCache",
		"LOCATION":   "redis://127.0.0.1:6379/11",
		"KEY_PREFIX": prefix,
	}}
}

// onRedis returns a cache and a prefix for t alone, whose entries go when t ends.
func onRedis(t *testing.T) (cachestore.Cache, string) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", DB: redisDB})
	t.Cleanup(func() { _ = client.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		dbtest.Missing(t, "no Redis server answers on 127.0.0.1:6379: "+err.Error())
	}
	if out, err := exec.CommandContext(ctx, python(), "-c", "import redis").CombinedOutput(); err != nil {
		dbtest.Missing(t, python()+" has no Redis client for Django: install Debian's python3-redis: "+string(out))
	}
	prefix := rand.Text()
	t.Cleanup(func() {
		ctx := context.Background()
		for entries := client.Scan(ctx, 0, prefix+"*", 0).Iterator(); entries.Next(ctx); {
			client.Del(ctx, entries.Val())
		}
	})
	return rediscache.New(client), prefix
}
