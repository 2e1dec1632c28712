package setup

import (
	"context"
	"fmt"
	"io"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// Env is what a program gets to build its routes with.
type Env struct {
	// Store is where the sessions are kept.
	Store core.Store
	// SecretKey and CookieName are settings for core.Config.
	SecretKey  core.Secret
	CookieName string

	db *gorm.DB
}

// Open opens the database and makes the session table if it is not there. What
// the user should know, and SQL statements if asked for, go to log. Close the Env
// when the server has stopped.
func Open(ctx context.Context, s Settings, log io.Writer) (*Env, error) {
	if s.SecretKey == developmentKey {
		fmt.Fprint(log, "WARNING: SECRET_KEY is not set. The sessions are signed with a development key that everybody knows:\n"+
			"WARNING: fine for a look around, never for a server that others can reach. Set SECRET_KEY to 50 random characters.\n")
	}
	db, err := openDatabase(s.DatabaseURL, &sqlLog{out: log, printAll: s.LogSQL})
	if err != nil {
		return nil, err
	}
	env := &Env{SecretKey: s.SecretKey, CookieName: s.CookieName, db: db}
	store, err := gormstore.New(db)
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		env.Close()
		return nil, fmt.Errorf("DATABASE_URL: the session table cannot be made (may this user create tables there?): %w", err)
	}
	env.Store = store
	return env, nil
}

// DB is the database, for tables of a program's own. The Env closes it.
func (e *Env) DB() *gorm.DB { return e.db }

// Close closes the database.
func (e *Env) Close() {
	if pool, err := e.db.DB(); err == nil {
		_ = pool.Close() // nothing is under way any more
	}
}
