package dbtest

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// deadlocks are the errors by which the drivers say that a statement was rolled
// back to end a deadlock.
var deadlocks = map[string]error{
	"mysql":    &mysql.MySQLError{Number: 1213, Message: "Deadlock found when trying to get lock; try restarting transaction"},
	"postgres": &pgconn.PgError{Code: "40P01", Message: "deadlock detected"},
}

// failing makes the next n statements that begin with word fail with err.
func (r *recorder) failing(n int, word string, err error) {
	r.before = func(query string) error {
		if n > 0 && strings.HasPrefix(query, word) {
			n--
			return err
		}
		return nil
	}
}

// TestDeadlock: the victim of a deadlock is tried again, with its transaction if
// it has one, a bounded number of times.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			r := record(db)
			plain := migrated(t, db, gormstore.New)
			hooked := migrated(t, db, gormstore.NewModel[hookedSession])
			create(t, plain, rec(t, key1))
			create(t, hooked, rec(t, key1))
			fill(t, db, 5, "2000-01-01")
			deadlock := deadlocks[db.Name()]
			update := func(s core.Store) func() error {
				return func() error { _, err := s.Update(t.Context(), rec(t, key1, "n", 1)); return err }
			}
			clear := func() error { _, err := plain.ClearExpired(t.Context(), core.ClearOptions{}); return err }
			for _, tt := range []struct {
				name, word, want string
				times            int
				run              func() error
				err              error
			}{
				{"update", "UPDATE", "UPDATE UPDATE", 1, update(plain), nil},
				{"update in a transaction", "UPDATE", "BEGIN UPDATE ROLLBACK BEGIN UPDATE COMMIT", 1, update(hooked), nil},
				{"clear", "DELETE", "SELECT DELETE DELETE", 1, clear, nil},
				{"without end", "UPDATE", "UPDATE UPDATE UPDATE UPDATE UPDATE", 100, update(plain), deadlock},
			} {
				r.reset()
				r.failing(tt.times, tt.word, deadlock)
				if err := tt.run(); !errors.Is(err, tt.err) {
					t.Errorf("%s: got error %v, want %v", tt.name, err, tt.err)
				}
				if got := r.reset(); got != tt.want {
					t.Errorf("%s: got statements %q, want %q", tt.name, got, tt.want)
				}
			}
			r.before = nil
			inUsersTransaction(t, db, deadlock)
		})
	}
}

// inUsersTransaction: the database has rolled back all of it, so that the user has
// to know.
func inUsersTransaction(t *testing.T, db *gorm.DB, deadlock error) {
	t.Helper()
	tx := db.Begin()
	defer tx.Rollback()
	store, err := gormstore.New(tx)
	if err != nil {
		t.Fatal(err)
	}
	r := tx.Statement.ConnPool.(*recordedTx).recorder
	r.reset()
	r.failing(1, "UPDATE", deadlock)
	if _, err := store.Update(t.Context(), rec(t, key1)); !errors.Is(err, deadlock) {
		t.Errorf("a deadlock in the user's transaction: got error %v, want %v", err, deadlock)
	}
	if got := r.reset(); got != "UPDATE" {
		t.Errorf("a deadlock in the user's transaction: got statements %q, want one UPDATE", got)
	}
}

// TestBusy: clearing waits for a busy SQLite, a request leaves that to the
// busy_timeout of the DSN.
func TestBusy(t *testing.T) {
	t.Parallel()
	db := SQLite.Open(t, nil)
	r := record(db)
	store := migrated(t, db, gormstore.New)
	create(t, store, rec(t, key1))
	fill(t, db, 5, "2000-01-01")
	busy := errors.New("database is locked (5) (SQLITE_BUSY)")
	r.failing(1, "DELETE", busy)
	if n, err := store.ClearExpired(t.Context(), core.ClearOptions{}); n != 5 || err != nil {
		t.Errorf("ClearExpired of a busy database: got %d, %v, want 5, no error", n, err)
	}
	r.failing(1, "UPDATE", busy)
	if _, err := store.Update(t.Context(), rec(t, key1)); !errors.Is(err, busy) {
		t.Errorf("Update of a busy database: got error %v, want %v", err, busy)
	}
}
