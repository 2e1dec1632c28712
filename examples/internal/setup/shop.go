package setup

import (
	"fmt"
	"io"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
)

// ShopSettings are what a program reads from the environment that opens its database
// itself.
type ShopSettings struct {
	// Addr is where to listen. (ADDR)
	Addr string
	// Dialector is that of the database at DATABASE_URL, for gorm.Open: a SQLite file in
	// the working directory if there is none.
	Dialector gorm.Dialector
	// GORM are settings for gorm.Open: a logger that prints statements if DJINN_SQL is 1.
	GORM *gorm.Config
	// SecretKey signs the sessions. (SECRET_KEY)
	SecretKey core.Secret
	// CookieName is the name of the session's cookie. (SESSION_COOKIE_NAME)
	CookieName string
}

// Shop reads the settings with getenv, for example os.Getenv. Its error says which
// variable is wrong and what to write instead. Warnings, and statements, go to log.
func Shop(getenv func(name string) string, log io.Writer) (ShopSettings, error) {
	s, err := FromEnv(getenv)
	if err != nil {
		return ShopSettings{}, err
	}
	if s.Engine != DB {
		return ShopSettings{}, fmt.Errorf("SESSION_ENGINE %s: this program keeps its sessions in a table: leave it out, or run ./examples/tour, which knows all engines", s.Engine)
	}
	dialector, _, err := dialectorFor(s.DatabaseURL)
	if err != nil {
		return ShopSettings{}, fmt.Errorf("DATABASE_URL: %w", err)
	}
	warnOfKey(s.SecretKey, log)
	return ShopSettings{
		Addr: s.Addr, Dialector: dialector, GORM: &gorm.Config{Logger: &sqlLog{out: log, printAll: s.LogSQL}},
		SecretKey: s.SecretKey, CookieName: s.CookieName,
	}, nil
}
