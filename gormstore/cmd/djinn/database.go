package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/glebarez/sqlite"
	drivermysql "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite/lib" // the SQLite that the driver runs on; named here to choose its version
)

// The names that GORM's dialectors have.
const (
	dialectSQLite   = "sqlite"
	dialectPostgres = "postgres"
	dialectMySQL    = "mysql"
)

// connectTimeout is how long a server may take to accept a connection.
const connectTimeout = 10 * time.Second

const urlForms = "write sqlite:PATH, postgres://user:password@host:5432/database or mysql://user:password@host:3306/database"

var openCures = map[string]string{
	dialectSQLite:   "does the file exist, and may this program read it? \"djinn migrate\" creates it",
	dialectPostgres: "is the server running, and do host, port, user, password and database exist as written?",
	dialectMySQL:    "is the server running, and do host, port, user, password and database exist as written?",
}

// openDatabase connects to DATABASE_URL. create makes a SQLite file that is not
// there; otherwise a misspelt name would become an empty database.
func (a *app) openDatabase(ctx context.Context, create bool) (*gorm.DB, error) {
	rawURL := a.getenv("DATABASE_URL")
	if rawURL == "" {
		return nil, usageError("DATABASE_URL is not set: %s", urlForms)
	}
	if path, ok := strings.CutPrefix(rawURL, "sqlite:"); ok && path != "" && !create {
		if _, err := os.Stat(path); err != nil { // SQLite's own error says "out of memory"
			return nil, fmt.Errorf("cannot open the sqlite database of DATABASE_URL (%s): %w", openCures[dialectSQLite], err)
		}
	}
	dialector, err := dialectorFor(rawURL, create)
	if err != nil {
		return nil, usageError("DATABASE_URL: %w", err)
	}
	db, err := connect(ctx, dialector, &gorm.Config{
		Logger:               logger.Discard, // errors are returned, and statements are nobody's business
		NamingStrategy:       a.names(),
		NowFunc:              a.now,
		DisableAutomaticPing: true,
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ended(ctx, err, " before the database answered")
		}
		return nil, fmt.Errorf("cannot open the %s database of DATABASE_URL (%s): %w", dialector.Name(), openCures[dialector.Name()], err)
	}
	return db, nil
}

// connect gives up on a server that takes the connection and then says nothing, for
// which the drivers wait without end. What waits there ends with the program.
func connect(ctx context.Context, dialector gorm.Dialector, cfg *gorm.Config) (*gorm.DB, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, connectTimeout, fmt.Errorf("no answer within %s", connectTimeout))
	defer cancel()
	type opened struct {
		db  *gorm.DB
		err error
	}
	done := make(chan opened, 1)
	go func() {
		db, err := gorm.Open(dialector, cfg)
		if err == nil {
			err = ping(ctx, db)
		}
		done <- opened{db, err}
	}()
	select {
	case o := <-done:
		return o.db, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func ping(ctx context.Context, db *gorm.DB) error {
	conn, err := db.DB()
	if err != nil {
		return err
	}
	if err := conn.PingContext(ctx); err != nil {
		return err
	}
	// A ping does not make SQLite open the file.
	return db.WithContext(ctx).Exec("SELECT 1").Error
}

func closeDatabase(db *gorm.DB) {
	if conn, err := db.DB(); err == nil {
		_ = conn.Close() // the program is about to end
	}
}

// dialectorFor reads a database URL. Its errors quote nothing of it.
func dialectorFor(rawURL string, create bool) (gorm.Dialector, error) {
	scheme, rest, _ := strings.Cut(rawURL, ":")
	switch scheme {
	case "sqlite":
		if rest == "" {
			return nil, errors.New("sqlite: names no file: write sqlite:PATH")
		}
		return sqlite.Open(sqliteDSN(rest, create)), nil
	case "postgres", "postgresql", "mysql":
	default:
		return nil, errors.New(urlForms)
	}
	u, err := url.Parse(rawURL)
	// PostgreSQL's host may be a parameter: the directory of a socket.
	local := err == nil && scheme != "mysql" && u.Query().Get("host") != ""
	if err != nil || u.Host == "" && !local || strings.Trim(u.Path, "/") == "" {
		// The parser's own words quote the URL, and with it the password.
		return nil, fmt.Errorf("this is no complete URL: write %s://user:password@host:port/database, and special characters of the password as %%XX", scheme)
	}
	if scheme == "mysql" {
		return mysqlDialector(u)
	}
	query := u.Query()
	query.Set("connect_timeout", cmp.Or(query.Get("connect_timeout"), strconv.Itoa(int(connectTimeout.Seconds()))))
	// A space is %20 here: libpq, and the driver since 5.13, takes a plus for a plus.
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return postgres.Open(u.String()), nil
}

// sqliteDSN makes writers wait for each other rather than fail (busy_timeout), and
// takes the write lock when a transaction begins, since one that begins as a reader
// cannot wait for it. The journal mode is in the file, and the site's to choose.
func sqliteDSN(path string, create bool) string {
	mode := "rw"
	if create {
		mode = "rwc"
	}
	// In a file: URI these characters have a meaning of their own.
	path = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + path + "?mode=" + mode + "&_pragma=busy_timeout(4000)&_txlock=immediate"
}

// mysqlDialector turns a URL into the driver's own settings.
func mysqlDialector(u *url.URL) (gorm.Dialector, error) {
	cfg, err := drivermysql.ParseDSN("/?" + u.RawQuery) // what follows the ? are the driver's parameters
	if err != nil {
		return nil, fmt.Errorf("the part after the question mark is not for the mysql driver: %w", err)
	}
	cfg.Net, cfg.Addr = "tcp", u.Host
	if u.Port() == "" {
		cfg.Addr = u.Host + ":3306"
	}
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.DBName = strings.Trim(u.Path, "/")
	cfg.ParseTime, cfg.Loc = true, time.UTC
	cfg.Timeout = cmp.Or(cfg.Timeout, connectTimeout)
	return mysql.New(mysql.Config{DSNConfig: cfg}), nil
}
