package setup

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/redis/go-redis/v9"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
)

// cookieAge is Django's default, and what the page speaks of: two weeks.
const cookieAge = 14 * 24 * time.Hour

// Env is what a program gets to build its routes with.
type Env struct {
	// Store is where the sessions are kept; nil with Settings.OwnTable.
	Store core.Store
	// Engine is the kind of Store, one of the Engines, and Where says where it
	// keeps the sessions, without a password.
	Engine, Where string
	// SecretKey, CookieName and CookieAge are settings for core.Config.
	SecretKey  core.Secret
	CookieName string
	CookieAge  time.Duration

	db    *gorm.DB         // nil for engines without a table
	cache cachestore.Cache // nil for engines without a cache
	redis *redis.Client    // nil without REDIS_URL
}

// Open opens what the engine needs and, in a database, makes the session table if
// it is not there. What the user should know, and SQL statements if asked for, go
// to log. Close the Env when the server has stopped.
func Open(ctx context.Context, s Settings, log io.Writer) (*Env, error) {
	warnOfKey(s.SecretKey, log)
	env := &Env{
		Engine:     cmp.Or(s.Engine, DB),
		SecretKey:  s.SecretKey,
		CookieName: s.CookieName,
		CookieAge:  cookieAge,
	}
	if err := env.openStore(ctx, s, log); err != nil {
		env.Close()
		return nil, err
	}
	return env, nil
}

// warnOfKey says so if the key is one that everybody knows.
func warnOfKey(key core.Secret, log io.Writer) {
	if key == developmentKey {
		fmt.Fprint(log, "WARNING: SECRET_KEY is not set. The sessions are signed with a development key that everybody knows:\n"+
			"WARNING: fine for a look around, never for a server that others can reach. Set SECRET_KEY to 50 random characters.\n")
	}
}

// DB is the database, for tables of a program's own; nil if the engine has none.
// The Env closes it.
func (e *Env) DB() *gorm.DB { return e.db }

// Cached returns the store for core.New of a program that has its own table:
// table itself, or with the cache in front of it if the engine is cached_db.
func (e *Env) Cached(table core.Store) (core.Store, error) {
	if e.cache == nil {
		return table, nil
	}
	return cachestore.NewCachedDB(e.cache, table)
}

// Close closes the database and the connections to Redis.
func (e *Env) Close() {
	if e.redis != nil {
		_ = e.redis.Close() // nothing is under way any more
	}
	if e.db == nil {
		return
	}
	if pool, err := e.db.DB(); err == nil {
		_ = pool.Close()
	}
}
