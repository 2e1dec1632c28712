package devices

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"weak"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// TestDevices: the list of a user's sessions has what the requests told, and no key
// and no payload.
func TestDevices(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		cookies := []string{s.login(t), s.login(t), s.login(t)}
		s.loginAs(t, 43)
		want := make([]string, len(cookies))
		for i, c := range cookies {
			want[i] = core.PublicID(c)
		}
		slices.Sort(want)
		if got := publicIDs(t, store, store.OfUser(42)); !slices.Equal(got, want) {
			t.Fatalf("public IDs: got %q, want %q", got, want)
		}
		for row, err := range store.Sessions(t.Context(), store.OfUser(42)) {
			if err != nil {
				t.Fatal(err)
			}
			if row.ClientIP != "192.0.2.1" || row.UserAgent != "M?zilla/5.0" || *row.AccountID != 42 ||
				time.Since(row.LastSeen.Time).Abs() > time.Minute || time.Since(row.CreatedAt.Time).Abs() > time.Minute {
				t.Errorf("row: got %+v, want what the request told", row)
			}
			if row.SessionData != "" {
				t.Error("row: got session_data, want none")
			}
			text, err := json.Marshal(row)
			printed := fmt.Sprintf("%v %+v %#v %s", row, row, row, text)
			if err != nil || strings.Contains(printed, string(row.SessionKey)) {
				t.Errorf("the row prints its key, or does not print: %v", err)
			}
		}
	})
}

// TestExpiredInvisible: what has expired is not listed, counted, found or revoked.
func TestExpiredInvisible(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		cookie := s.login(t)
		past := gormstore.DateTimeOf(time.Now().Add(-time.Second))
		if err := db.Model(&device{}).Where("session_key = ?", cookie).UpdateColumn("expire_date", past).Error; err != nil {
			t.Fatal(err)
		}
		if got := publicIDs(t, store); len(got) != 0 {
			t.Errorf("Sessions: got %d, want none", len(got))
		}
		wantLive(t, "expired", store, 0)
		if _, err := store.ByPublicID(t.Context(), core.PublicID(cookie)); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("ByPublicID: got %v, want ErrNotFound", err)
		}
		if err := store.Revoke(t.Context(), core.PublicID(cookie)); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("Revoke: got %v, want ErrNotFound", err)
		}
	})
}

// oneConnection makes everything go over a single connection.
func oneConnection(t testing.TB, db *gorm.DB) {
	t.Helper()
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
}

// TestManySessions: a user's many sessions are listed with the memory of a page,
// over one connection, which the body of the loop may use.
func TestManySessions(t *testing.T) {
	n := 10_000
	switch {
	case testing.Short() || raceDetector:
		n = 3_000
	case os.Getenv("DJINN_FULL") == "1": // at night
		n = 100_000
	}
	t.Parallel()
	for _, d := range []dbtest.Database{dbtest.SQLite, dbtest.Postgres, dbtest.MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			db := d.Open(t, nil)
			oneConnection(t, db)
			store := migrated(t, db)
			insert(t, db, "many", n)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			listed, most, held := 0, uint64(0), 0
			var seen []weak.Pointer[device]
			start := time.Now()
			for row, err := range store.Sessions(ctx, store.OfUser(42)) {
				if err != nil {
					t.Fatal(err)
				}
				seen = append(seen, weak.Make(row))
				if listed++; listed%(n/5) == 1 {
					runtime.GC()
					runtime.ReadMemStats(&after)
					most, held = max(most, after.HeapAlloc), max(held, reachable(seen))
				}
				if listed == n/2 {
					if err := store.Revoke(ctx, row.PublicID(), store.OfUser(42)); err != nil {
						t.Errorf("Revoke inside the loop: got %v, want nil", err)
					}
				}
			}
			if listed != n {
				t.Errorf("got %d rows, want %d", listed, n)
			}
			grown := int64(most) - int64(before.HeapAlloc)
			t.Logf("%d rows in %v, %d of those seen held at once, heap grown by %d kB", n, time.Since(start), held, grown/1024)
			if held > 1000 { // two pages
				t.Errorf("got %d of the rows seen in memory at once, want those of a page or two", held)
			}
			if grown > 16<<20 { // 100,000 rows take about 19 MB; other tests run beside
				t.Errorf("the heap grew by %d kB, want less than all rows take", grown/1024)
			}
		})
	}
}

// reachable is how many of the rows something still holds, after a collection.
func reachable(rows []weak.Pointer[device]) int {
	n := 0
	for _, row := range rows {
		if row.Value() != nil {
			n++
		}
	}
	return n
}

// label is a table to join with.
type label struct {
	ID        int64
	AccountID int64
	Name      string
	// ExpireDate makes the base's column ambiguous in a join.
	ExpireDate gormstore.DateTime
}

// TestScopes: the scopes of a query all hold, however they are written, and the store's
// own conditions with them.
func TestScopes(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		mine, other := core.PublicID(s.login(t)), core.PublicID(s.loginAs(t, 43))
		gone := s.login(t)
		past := gormstore.DateTimeOf(time.Now().Add(-time.Second))
		if err := db.Model(&device{}).Where("session_key = ?", gone).UpdateColumn("expire_date", past).Error; err != nil {
			t.Fatal(err)
		}
		if err := db.AutoMigrate(&label{}); err != nil {
			t.Fatal(err)
		}
		for _, l := range []label{{1, 42, "mine", past}, {2, 43, "other", past}} {
			if err := db.Create(&l).Error; err != nil {
				t.Fatal(err)
			}
		}
		or := func(db *gorm.DB) *gorm.DB { return db.Where("1 = 0").Or("1 = 1") }
		rawOr := func(db *gorm.DB) *gorm.DB { return db.Where("1 = 0\nOR\n1 = 1") }
		onlyOr := func(db *gorm.DB) *gorm.DB { return db.Or("1 = 1") }
		nested := func(scopes ...gormstore.Scope) gormstore.Scope {
			return func(db *gorm.DB) *gorm.DB { return db.Scopes(scopes...) }
		}
		joined := func(db *gorm.DB) *gorm.DB {
			return db.Joins("JOIN labels ON labels.account_id = device_sessions.account_id").Where("labels.name = ?", "mine")
		}
		both := []string{mine, other}
		slices.Sort(both)
		for name, test := range map[string]struct {
			scopes []gormstore.Scope
			want   []string
		}{
			"none":                    {nil, both},
			"an Or":                   {[]gormstore.Scope{or}, both},
			"an Or after the user":    {[]gormstore.Scope{store.OfUser(42), or}, []string{mine}},
			"an Or before the user":   {[]gormstore.Scope{or, store.OfUser(42)}, []string{mine}},
			"an Or as text":           {[]gormstore.Scope{rawOr, store.OfUser(42)}, []string{mine}},
			"an Or and nothing else":  {[]gormstore.Scope{store.OfUser(42), onlyOr}, []string{mine}},
			"a nested Or":             {[]gormstore.Scope{store.OfUser(42), nested(or)}, []string{mine}},
			"a nested Or alone":       {[]gormstore.Scope{nested(onlyOr)}, both},
			"two nested":              {[]gormstore.Scope{nested(nested(store.OfUser(42)), or)}, []string{mine}},
			"a join":                  {[]gormstore.Scope{joined}, []string{mine}},
			"a join and a user":       {[]gormstore.Scope{joined, store.OfUser(43)}, nil},
			"a Select":                {[]gormstore.Scope{func(db *gorm.DB) *gorm.DB { return db.Select("client_ip") }}, both},
			"an Unscoped":             {[]gormstore.Scope{func(db *gorm.DB) *gorm.DB { return db.Unscoped() }}, both},
			"an order and a limit":    {[]gormstore.Scope{func(db *gorm.DB) *gorm.DB { return db.Order("account_id DESC").Limit(1) }}, []string{other}},
			"an order, another limit": {[]gormstore.Scope{func(db *gorm.DB) *gorm.DB { return db.Order("account_id").Limit(1) }}, []string{mine}},
		} {
			if got := publicIDs(t, store, test.scopes...); !slices.Equal(got, test.want) {
				t.Errorf("%s: got %q, want %q", name, got, test.want)
			}
			if n, err := store.Count(t.Context(), test.scopes...); name != "an order and a limit" && name != "an order, another limit" &&
				(err != nil || n != int64(len(test.want))) {
				t.Errorf("%s: Count: got %d, %v, want %d", name, n, err, len(test.want))
			}
			_, err := store.ByPublicID(t.Context(), mine, test.scopes...)
			if found := err == nil; name != "an order and a limit" && found != slices.Contains(test.want, mine) || !found && !errors.Is(err, core.ErrNotFound) {
				t.Errorf("%s: ByPublicID: got %v, want it found: %t", name, err, slices.Contains(test.want, mine))
			}
			_, err = store.ByPublicID(t.Context(), core.PublicID(gone), test.scopes...)
			if !errors.Is(err, core.ErrNotFound) {
				t.Errorf("%s: ByPublicID of an expired one: got %v, want ErrNotFound", name, err)
			}
		}
	})
}

// TestNestedScopes: an order, a limit or a Select in a scope that a scope adds counts as
// one of the scope itself.
func TestNestedScopes(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		first, last := core.PublicID(s.loginAs(t, 41)), core.PublicID(s.loginAs(t, 42))
		nested := func(scope gormstore.Scope) gormstore.Scope {
			return func(db *gorm.DB) *gorm.DB { return db.Scopes(func(db *gorm.DB) *gorm.DB { return db.Scopes(scope) }) }
		}
		both := []string{first, last}
		slices.Sort(both)
		for name, test := range map[string]struct {
			scope gormstore.Scope
			want  []string
		}{
			"order":  {func(db *gorm.DB) *gorm.DB { return db.Order("account_id DESC").Limit(1) }, []string{last}},
			"limit":  {func(db *gorm.DB) *gorm.DB { return db.Order("account_id").Limit(1) }, []string{first}},
			"offset": {func(db *gorm.DB) *gorm.DB { return db.Order("account_id").Limit(1).Offset(1) }, []string{last}},
			"select": {func(db *gorm.DB) *gorm.DB { return db.Select("client_ip") }, both},
		} {
			if got := publicIDs(t, store, nested(test.scope)); !slices.Equal(got, test.want) {
				t.Errorf("%s: got %q, want %q", name, got, test.want)
			}
			if name == "select" {
				continue
			}
			if n, err := store.RevokeAll(t.Context(), store.OfUser(42), nested(test.scope)); n != 0 || err == nil {
				t.Errorf("%s: RevokeAll: got %d, %v, want 0 and an error", name, n, err)
			}
		}
		if n, err := store.Count(t.Context()); n != 2 || err != nil {
			t.Errorf("after all: got %d live sessions, %v, want 2", n, err)
		}
	})
}

// TestNestedScopesOfAnotherStatement: a scope that a scope adds holds, too, if it works
// on a copy of the statement it is given, as everything after WithContext does.
func TestNestedScopesOfAnotherStatement(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		mine, other := core.PublicID(s.loginAs(t, 42)), core.PublicID(s.loginAs(t, 43))
		copied := func(db *gorm.DB) *gorm.DB {
			return db.WithContext(db.Statement.Context).Where("account_id = ?", 42)
		}
		for name, scope := range map[string]gormstore.Scope{
			"one level":  func(db *gorm.DB) *gorm.DB { return db.Scopes(copied) },
			"two levels": func(db *gorm.DB) *gorm.DB { return db.Scopes(func(db *gorm.DB) *gorm.DB { return db.Scopes(copied) }) },
			"the first of two": func(db *gorm.DB) *gorm.DB {
				return db.Scopes(copied, func(db *gorm.DB) *gorm.DB { return db.Where("1 = 1") })
			},
		} {
			if got := publicIDs(t, store, scope); !slices.Equal(got, []string{mine}) {
				t.Errorf("%s: got %q, want %q", name, got, mine)
			}
			if n, err := store.RevokeAll(t.Context(), scope, store.OfUser(43)); n != 0 || err != nil {
				t.Errorf("%s: RevokeAll of another user's: got %d, %v, want 0, nil", name, n, err)
			}
		}
		foreign := func(*gorm.DB) *gorm.DB { return db.Where("account_id = ?", 42) }
		lost := func(db *gorm.DB) *gorm.DB { return db.Scopes(foreign) }
		if n, err := store.RevokeAll(t.Context(), lost, store.OfUser(43)); n != 0 || err == nil || !strings.Contains(err.Error(), "db.Scopes") {
			t.Errorf("RevokeAll with a scope that leaves the statement: got %d, %v, want 0 and an error that says so", n, err)
		}
		if _, err := store.ByPublicID(t.Context(), other); err != nil {
			t.Errorf("the other user's session: got %v, want it alive", err)
		}
	})
}

// TestSessionsFail: an error ends the iteration, is printable and comes once.
func TestSessionsFail(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		recorded, r := record(t, db)
		store := open(t, recorded)
		insert(t, db, "fail", 600)
		pages := 0
		r.set(&r.before, func(query string) error {
			if strings.HasPrefix(query, "SELECT") {
				if pages++; pages == 2 {
					return errors.New("the cable is out")
				}
			}
			return nil
		})
		rows, failures := 0, 0
		for row, err := range store.Sessions(t.Context(), store.OfUser(42)) {
			if err != nil {
				failures++
				if row != nil || strings.Count(err.Error(), "gormstore: ") != 1 || !strings.Contains(err.Error(), "the cable is out") {
					t.Errorf("got %v, %v; want no row and the driver's error", row, err)
				}
				continue
			}
			rows++
		}
		if rows != 500 || failures != 1 {
			t.Errorf("got %d rows and %d errors, want 500 and 1", rows, failures)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		rows = 0
		for _, err := range store.Sessions(ctx, store.OfUser(42)) {
			if rows++; rows == 500 {
				cancel()
			}
			if rows == 501 && !errors.Is(err, context.Canceled) {
				t.Errorf("after the context's end: got error %v, want context.Canceled", err)
			}
		}
		if rows != 501 {
			t.Errorf("got %d turns of the loop, want 501", rows)
		}
		for _, err := range store.Sessions(t.Context(), store.OfUser("nobody's name")) {
			if err == nil || strings.Count(err.Error(), "gormstore: ") != 1 {
				t.Errorf("a user of a wrong type: got error %v, want one with one prefix", err)
			}
		}
	})
}

// TestTimesInAnyZone: rows have the right times whatever zone the DSN names, from
// Sessions and from the program's own queries.
func TestTimesInAnyZone(t *testing.T) {
	t.Parallel()
	for _, d := range []dbtest.Database{dbtest.SQLite, dbtest.Postgres, dbtest.MySQL, dbtest.MySQLOddities, dbtest.MySQLText} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			moment := time.Date(2026, 3, 8, 7, 30, 0, 123456000, time.UTC) // does not exist in New York's wall clock at 2:30
			store := migrated(t, db)
			s := newSite(t, store, func(c *core.Config) { c.Now = func() time.Time { return moment } })
			cookie := s.login(t)
			want := fmt.Sprint(moment, moment, moment.Add(14*24*time.Hour))
			for row, err := range store.Sessions(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if got := fmt.Sprint(row.CreatedAt.Time, row.LastSeen.Time, row.ExpireDate.Time); got != want {
					t.Errorf("Sessions: got %s, want %s", got, want)
				}
			}
			var row device
			if err := db.Take(&row, "session_key = ?", cookie).Error; err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(row.CreatedAt.Time, row.LastSeen.Time, row.ExpireDate.Time); got != want {
				t.Errorf("db.Take: got %s, want %s", got, want)
			}
			a := s.visit(cookie, func(s *core.Session, _ *http.Request) { s.MarkModified() })
			if a.status != http.StatusOK {
				t.Errorf("a touch: got status %d, want 200", a.status)
			}
		})
	}
}

// TestNullColumns: rows whose extra columns are all NULL, as Django leaves them, are
// listed, saved and touched.
func TestNullColumns(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store, func(c *core.Config) { c.TouchInterval = -1 })
		cookie := s.login(t)
		err := db.Exec("UPDATE device_sessions SET client_ip = NULL, user_agent = NULL, created_at = NULL, last_seen = NULL").Error
		if err != nil {
			t.Fatal(err)
		}
		row, err := store.ByPublicID(t.Context(), core.PublicID(cookie), store.OfUser(42))
		if err != nil || row.ClientIP != "" || row.UserAgent != "" || !row.CreatedAt.IsZero() || !row.LastSeen.IsZero() || row.SessionData == "" {
			t.Errorf("ByPublicID: got %+v, %v, want zero values and the data", row, err)
		}
		for what, change := range map[string]func(*core.Session, *http.Request){
			"touch": func(s *core.Session, _ *http.Request) { s.MarkModified() },
			"save":  func(s *core.Session, _ *http.Request) { s.Set("x", 1) },
		} {
			if err := db.Exec("UPDATE device_sessions SET last_seen = NULL").Error; err != nil {
				t.Fatal(err)
			}
			if a := s.visit(cookie, change); a.status != http.StatusOK {
				t.Errorf("%s: got status %d, want 200", what, a.status)
			}
			row, err := store.ByPublicID(t.Context(), core.PublicID(cookie))
			if err != nil || row.LastSeen.IsZero() {
				t.Errorf("%s: got last_seen %v, %v, want now", what, row.LastSeen, err)
			}
		}
	})
}
