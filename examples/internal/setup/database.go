package setup

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/glebarez/sqlite"
	drivermysql "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// openDatabase opens the database at that URL, and says where it is. Neither that
// nor an error contains the password.
func openDatabase(rawURL string, log *sqlLog) (db *gorm.DB, where string, err error) {
	dialector, password, err := dialectorFor(rawURL)
	if err != nil {
		return nil, "", fmt.Errorf("DATABASE_URL: %w", err)
	}
	db, err = gorm.Open(dialector, &gorm.Config{Logger: log})
	if err != nil {
		return nil, "", fmt.Errorf("DATABASE_URL: cannot open the %s database (%s): %w",
			dialector.Name(), cures[dialector.Name()], hide(err, password))
	}
	return db, "in " + place(rawURL) + " (DATABASE_URL)", nil
}

// place is a database URL that dialectorFor accepts, without user, password and
// parameters.
func place(rawURL string) string {
	scheme, rest, _ := strings.Cut(rawURL, ":")
	if scheme == "sqlite" {
		return fmt.Sprintf("the SQLite file %q", rest)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return "the " + scheme + " database"
	}
	return fmt.Sprintf("the %s database %q at %s", scheme, strings.Trim(u.Path, "/"), u.Host)
}

var cures = map[string]string{
	"sqlite":   "does the directory exist, and may this program write there?",
	"postgres": "is the server running, and do host, port, user, password and database exist as written?",
	"mysql":    "is the server running, and do host, port, user, password and database exist as written?",
}

// dialectorFor reads a database URL.
func dialectorFor(rawURL string) (d gorm.Dialector, password string, err error) {
	scheme, rest, _ := strings.Cut(rawURL, ":")
	switch scheme {
	case "sqlite":
		if rest == "" {
			return nil, "", errors.New("sqlite: names no file: write sqlite:PATH, for example sqlite:djinn-example.sqlite3")
		}
		return sqlite.Open(sqliteDSN(rest)), "", nil
	case "postgres", "postgresql", "mysql":
	default:
		return nil, "", errors.New("write sqlite:PATH, postgres://user:password@host:5432/database or mysql://user:password@host:3306/database")
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") == "" {
		// The parser's own words quote the URL, and with it the password.
		return nil, "", fmt.Errorf("this is no complete URL: write %s://user:password@host:port/database, and special characters of the password as %%XX", scheme)
	}
	password, _ = u.User.Password()
	if scheme == "mysql" {
		d, err = mysqlDialector(u)
		return d, password, err
	}
	return postgres.Open(rawURL), password, nil
}

// sqliteDSN lets readers and a writer work side by side (WAL), makes writers wait
// for each other rather than fail (busy_timeout), and takes the write lock when a
// transaction begins, since one that begins as a reader cannot wait for it.
func sqliteDSN(path string) string {
	// In a file: URI these characters have a meaning of their own.
	path = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + path + "?_pragma=busy_timeout(4000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate"
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
	return mysql.New(mysql.Config{DSNConfig: cfg}), nil
}

// hide takes the password out of a driver's error.
func hide(err error, password string) error {
	if password == "" || !strings.Contains(err.Error(), password) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), password, "[password]"))
}
