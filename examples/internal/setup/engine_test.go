package setup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	const password = "pass%77ord-of-ours" // "password-of-ours" once decoded
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		settings       Settings
		variable, want string
	}{
		"no directory":      {Settings{Engine: File, FilePath: filepath.Join(dir, "none")}, "SESSION_FILE_PATH", "create it"},
		"a file":            {Settings{Engine: File, FilePath: file}, "SESSION_FILE_PATH", "not a directory"},
		"no Redis URL":      {Settings{Engine: Cache, RedisURL: "127.0.0.1:6379/" + password}, "REDIS_URL", "write redis://"},
		"a broken password": {Settings{Engine: Cache, RedisURL: "redis://:" + password + "%zz@h"}, "REDIS_URL", "as %XX"},
		"a wrong option":    {Settings{Engine: Cache, RedisURL: "redis://:" + password + "@h?" + password + "=1"}, "REDIS_URL", "write redis://"},
		"no Redis":          {Settings{Engine: Cache, RedisURL: "redis://u:" + password + "@127.0.0.1:1"}, "REDIS_URL", "is it running"},
		"no Redis, a table": {Settings{Engine: CachedDB, DatabaseURL: "sqlite:" + filepath.Join(dir, "db"), RedisURL: "redis://127.0.0.1:1"}, "REDIS_URL", "127.0.0.1:1"},
		"no table":          {Settings{Engine: CachedDB, DatabaseURL: "sqlite:"}, "DATABASE_URL", "names no file"},
		"unknown":           {Settings{Engine: "redis"}, "redis", "no engine"},
		"own table, files":  {Settings{Engine: File, FilePath: dir, OwnTable: true}, "SESSION_ENGINE", "write db or cached_db"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.settings.CookieName, tc.settings.SecretKey = "sessionid", "k"
			var log strings.Builder
			_, err := Open(t.Context(), tc.settings, &log)
			if err == nil || !strings.Contains(err.Error(), tc.variable) || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want an error about %s that says %q", err, tc.variable, tc.want)
			}
			if strings.Contains(err.Error()+log.String(), "ord-of-ours") {
				t.Errorf("the password is in the error or the log: %v", err)
			}
		})
	}
}

// TestFilesExpireAsTheCookie: a file that is as old as the cookie's age is gone,
// and its name begins with the cookie's.
func TestFilesExpireAsTheCookie(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env, err := Open(t.Context(), Settings{Engine: File, FilePath: dir, CookieName: "sid", SecretKey: "k"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	defer env.Close()
	m, err := core.New(env.Store, core.Config{SecretKey: env.SecretKey, CookieName: env.CookieName, CookieAge: env.CookieAge})
	if err != nil {
		t.Fatal(err)
	}
	s := m.Open(t.Context(), "")
	s.Set("a", 1)
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "sid"+s.Key())
	for age, want := range map[time.Duration]bool{0: true, env.CookieAge - time.Hour: true, env.CookieAge + time.Hour: false} {
		written := time.Now().Add(-age)
		if err := os.Chtimes(path, written, written); err != nil {
			t.Fatal(err)
		}
		if got := m.Open(t.Context(), s.Key()).Has("a"); got != want {
			t.Errorf("a file %v old is a session: %t, want %t", age, got, want)
		}
	}
}

// TestWhere: what is printed at the start says where, and no secret.
func TestWhere(t *testing.T) {
	t.Parallel()
	db := "sqlite:" + filepath.Join(t.TempDir(), "db")
	for engine, want := range map[string]string{
		"":            `the SQLite file "`,
		Cache:         "in the memory of this process",
		CachedDB:      "(DATABASE_URL), cached in the memory of this process",
		File:          "in the directory",
		SignedCookies: "in the cookie itself",
	} {
		env, err := Open(t.Context(), Settings{Engine: engine, DatabaseURL: db, FilePath: t.TempDir(), CookieName: "sessionid", SecretKey: "k"}, t.Output())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(env.Where, want) {
			t.Errorf("%s: got %q, want it to say %q", env.Engine, env.Where, want)
		}
		if got := env.DB() != nil; got != strings.HasSuffix(env.Engine, DB) {
			t.Errorf("%s: has a database: %t", env.Engine, got)
		}
		env.Close()
	}
}

// TestOwnTable: a program that brings its own table gets a database without
// Django's, and the cache that belongs in front of it.
func TestOwnTable(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{DB, CachedDB} {
		db := "sqlite:" + filepath.Join(t.TempDir(), "db")
		env, err := Open(t.Context(), Settings{Engine: engine, DatabaseURL: db, CookieName: "sessionid", SecretKey: "k", OwnTable: true}, t.Output())
		if err != nil {
			t.Fatal(err)
		}
		defer env.Close()
		if env.Store != nil || env.DB().Migrator().HasTable("django_session") {
			t.Errorf("%s: got a store (%t) or a table of Django's, want neither", engine, env.Store != nil)
		}
		own := must(memstore.New())
		if got, want := must(env.Cached(own)) == core.Store(own), engine == DB; got != want {
			t.Errorf("%s: the table is used as it is: %t, want %t", engine, got, want)
		}
	}
}
