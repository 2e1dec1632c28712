package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/cookiestore"
	"github.com/djinn-go/djinn/core/filestore"
	"github.com/djinn-go/djinn/gormstore"
)

// What SESSION_ENGINE may be, under Django's names.
const (
	DB            = "db"
	Cache         = "cache"
	CachedDB      = "cached_db"
	File          = "file"
	SignedCookies = "signed_cookies"
)

// Engines are all of them.
var Engines = []string{DB, Cache, CachedDB, File, SignedCookies}

// openStore opens what the engine needs and sets Store and Where.
func (e *Env) openStore(ctx context.Context, s Settings, log io.Writer) error {
	if s.OwnTable && e.Engine != DB && e.Engine != CachedDB {
		return fmt.Errorf("SESSION_ENGINE %s: this program keeps its sessions in a table of its own: leave it out, or write %s or %s", e.Engine, DB, CachedDB)
	}
	switch e.Engine {
	case DB:
		return e.openTable(ctx, s, log)
	case Cache:
		cache, where, err := e.openCache(ctx, s.RedisURL)
		if err != nil {
			return err
		}
		if e.Store, err = cachestore.New(cache); err != nil {
			return err
		}
		e.Where = where
	case CachedDB:
		if err := e.openTable(ctx, s, log); err != nil {
			return err
		}
		cache, where, err := e.openCache(ctx, s.RedisURL)
		if err != nil {
			return err
		}
		e.cache = cache
		e.Where += ", cached " + where
		if e.Store != nil {
			e.Store, err = e.Cached(e.Store)
			return err
		}
	case File:
		return e.openFiles(s.FilePath)
	case SignedCookies:
		store, err := cookiestore.New()
		if err != nil {
			return fmt.Errorf("SESSION_ENGINE %s: %w", e.Engine, err)
		}
		e.Store, e.Where = store, "in the cookie itself, and nowhere else"
	default:
		return fmt.Errorf("there is no engine %q", e.Engine) // FromEnv knows the cure
	}
	return nil
}

// openTable opens the database and makes the session table if it is not there,
// unless the program has one of its own.
func (e *Env) openTable(ctx context.Context, s Settings, log io.Writer) (err error) {
	if e.db, e.Where, err = openDatabase(s.DatabaseURL, &sqlLog{out: log, printAll: s.LogSQL}); err != nil || s.OwnTable {
		return err
	}
	store, err := gormstore.New(e.db)
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		return fmt.Errorf("DATABASE_URL: the session table cannot be made (may this user create tables there?): %w", err)
	}
	e.Store = store
	return nil
}

// openFiles opens the directory.
func (e *Env) openFiles(dir string) error {
	dir = cmp.Or(dir, os.TempDir())
	store, err := filestore.New(dir)
	if errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("SESSION_ENGINE %s: %w", e.Engine, err)
	}
	if err != nil {
		return fmt.Errorf("SESSION_FILE_PATH: %w", err)
	}
	e.Store, e.Where = store, fmt.Sprintf("in the directory %q (SESSION_FILE_PATH)", dir)
	return nil
}
