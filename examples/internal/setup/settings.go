package setup

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/djinn-go/djinn/core"
)

// developmentKey signs the sessions of somebody who tries the examples out. It is
// in a public repository, so that it protects nothing.
const developmentKey core.Secret = "djinn-examples-insecure-development-key-do-not-deploy"

// Settings are what the programs read from the environment.
type Settings struct {
	// Addr is where to listen. (ADDR) Defaults to 127.0.0.1:8080.
	Addr string
	// Engine is where the sessions live, one of the Engines. (SESSION_ENGINE)
	// Defaults to db.
	Engine string
	// DatabaseURL is sqlite:PATH, postgres://… or mysql://…, for the engines db and
	// cached_db. (DATABASE_URL) Defaults to a SQLite file in the working directory.
	DatabaseURL string
	// RedisURL is redis://…, rediss://… or unix://…, for the engines cache and
	// cached_db. (REDIS_URL) Defaults to none: the cache is in the process.
	RedisURL string
	// FilePath is the directory for the engine file. (SESSION_FILE_PATH) Defaults
	// to the one for temporary files, as in Django.
	FilePath string
	// CookieName is the name of the session's cookie. (SESSION_COOKIE_NAME)
	// Defaults to sessionid.
	CookieName string
	// SecretKey signs the sessions. (SECRET_KEY) Defaults to a development key
	// that everybody knows.
	SecretKey core.Secret
	// LogSQL prints each SQL statement, without its parameters. (DJINN_SQL=1)
	LogSQL bool
	// OwnTable is set by a program that brings its own session table: see
	// [Env.Cached]. Its engines are db and cached_db.
	OwnTable bool
}

// FromEnv reads the settings with getenv, for example os.Getenv. Its error says
// which variable is wrong and what to write instead.
func FromEnv(getenv func(name string) string) (Settings, error) {
	text := func(name, def string) string {
		if v := strings.TrimSpace(getenv(name)); v != "" {
			return v
		}
		return def
	}
	s := Settings{
		Addr: text("ADDR", "127.0.0.1:8080"),
		// Django's settings name the module.
		Engine:      strings.TrimPrefix(text("SESSION_ENGINE", DB), "django.contrib.sessions.backends."),
		DatabaseURL: text("DATABASE_URL", "sqlite:djinn-example.sqlite3"),
		RedisURL:    text("REDIS_URL", ""),
		FilePath:    text("SESSION_FILE_PATH", ""),
		CookieName:  text("SESSION_COOKIE_NAME", "sessionid"),
		SecretKey:   developmentKey,
		LogSQL:      getenv("DJINN_SQL") == "1",
	}
	if key := getenv("SECRET_KEY"); key != "" { // to the letter: Django signs with it
		s.SecretKey = core.Secret(key)
	}
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return Settings{}, fmt.Errorf("ADDR %q: write host:port, for example 127.0.0.1:8080 or :8080", s.Addr)
	}
	if !slices.Contains(Engines, s.Engine) {
		return Settings{}, fmt.Errorf("SESSION_ENGINE %q is unknown: leave it out, or write one of %s", s.Engine, strings.Join(Engines, ", "))
	}
	return s, nil
}
