package setup

import (
	"strings"
	"testing"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestFromEnv(t *testing.T) {
	t.Parallel()
	got, err := FromEnv(env())
	want := Settings{Addr: "127.0.0.1:8080", Engine: DB, DatabaseURL: "sqlite:djinn-example.sqlite3", CookieName: "sessionid", SecretKey: developmentKey}
	if err != nil || got != want {
		t.Errorf("nothing set: got %+v, %v, want %+v", got, err, want)
	}
	got, err = FromEnv(env("ADDR", ":9", "DATABASE_URL", "sqlite:x", "SESSION_ENGINE", "cached_db", "SESSION_FILE_PATH", "d",
		"REDIS_URL", "redis://h", "SESSION_COOKIE_NAME", "sid", "SECRET_KEY", " s ", "DJINN_SQL", "1"))
	want = Settings{Addr: ":9", Engine: CachedDB, DatabaseURL: "sqlite:x", RedisURL: "redis://h", FilePath: "d", CookieName: "sid", SecretKey: " s ", LogSQL: true}
	if err != nil || got != want {
		t.Errorf("all set: got %+v, %v, want %+v", got, err, want)
	}
}

// TestEngineNames: Django's settings name the module.
func TestEngineNames(t *testing.T) {
	t.Parallel()
	for _, engine := range Engines {
		for _, name := range []string{engine, "django.contrib.sessions.backends." + engine} {
			if got, err := FromEnv(env("SESSION_ENGINE", name)); err != nil || got.Engine != engine {
				t.Errorf("SESSION_ENGINE=%s: got %q, %v, want %q", name, got.Engine, err, engine)
			}
		}
	}
}

func TestFromEnvSaysTheCure(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, value, want string }{
		{"ADDR", "8080", "write host:port"},
		{"SESSION_ENGINE", "redis", "write one of db, cache, cached_db, file, signed_cookies"},
		{"SESSION_ENGINE", "django.contrib.sessions.backends.redis", "is unknown"},
	} {
		_, err := FromEnv(env(tc.name, tc.value))
		if err == nil || !strings.Contains(err.Error(), tc.name) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s=%s: got %v, want an error that says %q", tc.name, tc.value, err, tc.want)
		}
	}
}
