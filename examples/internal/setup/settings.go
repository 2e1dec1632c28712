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
	// DatabaseURL is sqlite:PATH, postgres://… or mysql://…. (DATABASE_URL)
	// Defaults to a SQLite file in the working directory.
	DatabaseURL string
	// CookieName is the name of the session's cookie. (SESSION_COOKIE_NAME)
	// Defaults to sessionid.
	CookieName string
	// SecretKey signs the sessions. (SECRET_KEY) Defaults to a development key
	// that everybody knows.
	SecretKey core.Secret
	// LogSQL prints each SQL statement, without its parameters. (DJINN_SQL=1)
	LogSQL bool
}

// laterEngines are Django's SESSION_ENGINEs that the examples cannot use yet.
var laterEngines = []string{"cache", "cached_db", "file", "signed_cookies"}

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
		Addr:        text("ADDR", "127.0.0.1:8080"),
		DatabaseURL: text("DATABASE_URL", "sqlite:djinn-example.sqlite3"),
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
	switch engine := text("SESSION_ENGINE", "db"); {
	case engine == "db":
		return s, nil
	case slices.Contains(laterEngines, engine):
		return Settings{}, fmt.Errorf("SESSION_ENGINE %q comes with the next release: leave it out, or write db", engine)
	default:
		return Settings{}, fmt.Errorf("SESSION_ENGINE %q is unknown: leave it out, or write db", engine)
	}
}
