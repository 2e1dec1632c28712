//go:build nightly

package clearload

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

const twoWeeks = 14 * 24 * time.Hour

// sessions are n new rows, the first of which expires at from or later and the last
// before from+within, at random moments. They come in the order of their expiry.
func sessions(n int, from time.Time, within time.Duration, data gormstore.Payload) []gormstore.DjangoSession {
	rows := make([]gormstore.DjangoSession, n)
	for i := range rows {
		rows[i] = gormstore.DjangoSession{
			SessionKey:  core.Secret(core.NewSessionKey()),
			SessionData: data,
			ExpireDate:  gormstore.DateTimeOf(from.Add(rand.N(within))),
		}
	}
	slices.SortFunc(rows, func(a, b gormstore.DjangoSession) int { return a.ExpireDate.Compare(b.ExpireDate.Time) })
	return rows
}

// keys of rows.
func keys(rows []gormstore.DjangoSession) []string {
	keys := make([]string, len(rows))
	for i, row := range rows {
		keys[i] = string(row.SessionKey)
	}
	return keys
}

// insert adds rows in the order of their keys: those that expire together are
// scattered over the table then, which is the hardest for who removes them.
func insert(t testing.TB, db *gorm.DB, rows ...gormstore.DjangoSession) {
	t.Helper()
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b gormstore.DjangoSession) int { return cmp.Compare(a.SessionKey, b.SessionKey) })
	if err := db.CreateInBatches(rows, 1000).Error; err != nil {
		t.Fatal(err)
	}
}

// settle lets the database finish what inserting left to do, so that it is not
// measured: statistics, and what waits to be written or purged.
func settle(t testing.TB, db *gorm.DB) {
	t.Helper()
	statements := map[string][]string{
		"sqlite":   {"ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"},
		"postgres": {"VACUUM ANALYZE django_session", "CHECKPOINT"},
		"mysql":    {"ANALYZE TABLE django_session", "FLUSH TABLES django_session FOR EXPORT", "UNLOCK TABLES"},
	}[db.Name()]
	err := db.Connection(func(tx *gorm.DB) error { // one connection: the lock belongs to it
		for _, s := range statements {
			if err := tx.Exec(s).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lost counts those of keys that are not in the table as living sessions.
func lost(t testing.TB, db *gorm.DB, keys []string) (n int) {
	t.Helper()
	var found []string
	live := db.Model(&gormstore.DjangoSession{}).Where("expire_date > ?", gormstore.DateTimeOf(time.Now()))
	if err := live.Pluck("session_key", &found).Error; err != nil {
		t.Fatal(err)
	}
	there := make(map[string]bool, len(found))
	for _, key := range found {
		there[key] = true
	}
	for _, key := range keys {
		if !there[key] {
			n++
		}
	}
	return n
}

// left counts the rows that expired before at.
func left(t testing.TB, db *gorm.DB, at time.Time) (n int64) {
	t.Helper()
	err := db.Model(&gormstore.DjangoSession{}).Where("expire_date < ?", gormstore.DateTimeOf(at)).Count(&n).Error
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// version is what the database calls itself.
func version(t testing.TB, db *gorm.DB) string {
	t.Helper()
	name := map[string]string{"sqlite": "SQLite ", "postgres": "", "mysql": "MariaDB or MySQL "}[db.Name()]
	query := map[string]string{"sqlite": "SELECT sqlite_version()"}[db.Name()]
	var v string
	if err := db.Raw(cmp.Or(query, "SELECT version()")).Scan(&v).Error; err != nil {
		t.Fatal(err)
	}
	v, _, _ = strings.Cut(v, " (") // PostgreSQL goes on with package, compiler and platform
	if server, _, ok := strings.Cut(v, "-MariaDB"); ok {
		return "MariaDB " + server
	}
	return name + v
}
