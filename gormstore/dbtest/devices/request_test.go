package devices

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// rowOf is the session of that cookie.
func rowOf(t testing.TB, store *deviceStore, cookie string) *device {
	t.Helper()
	row, err := store.ByPublicID(t.Context(), core.PublicID(cookie))
	if err != nil {
		t.Fatalf("ByPublicID: got %v, want nil", err)
	}
	return row
}

// TestRequestColumns: whatever a browser or a proxy says, it is stored or left out, and
// never an error; also in a table that holds Latin-1.
func TestRequestColumns(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		if db.Name() == "mysql" {
			if err := db.Exec("ALTER TABLE device_sessions CONVERT TO CHARACTER SET latin1").Error; err != nil {
				t.Fatal(err)
			}
		}
		forwarded := newSite(t, store, func(c *core.Config) {
			c.ClientIP = func(r *http.Request) string {
				first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-For"), ",")
				return first
			}
		})
		for name, test := range map[string]struct{ header, agent, wantIP, wantAgent string }{
			"as usual":             {"203.0.113.7, 10.0.0.1", "Mozilla/5.0 (X11)", "203.0.113.7", "Mozilla/5.0 (X11)"},
			"IPv6":                 {"2001:DB8:0::1", "curl", "2001:db8::1", "curl"},
			"with a zone":          {"fe80::1%eth0", "curl", "fe80::1", "curl"},
			"mapped":               {"::ffff:203.0.113.7", "curl", "203.0.113.7", "curl"},
			"with a port":          {"[2001:db8::1]:443", "curl", "2001:db8::1", "curl"},
			"nothing":              {"", "", "192.0.2.1", ""},
			"junk":                 {"unknown", "\x00\x01", "", "??"},
			"a script":             {"<script>alert(1)</script>", "<script>", "", "<script>"},
			"10 kB":                {strings.Repeat("1", 10_000), strings.Repeat("語", 10_000), "", strings.Repeat("?", 255)},
			"10 kB of two kinds":   {"203.0.113.7", "Mozilla " + strings.Repeat("é", 10_000), "203.0.113.7", "Mozilla " + strings.Repeat("?", 247)},
			"invalid UTF-8":        {"\xff\xfe", "a\xff\xfeb", "", "a??b"},
			"the longest address":  {"2001:0db8:1111:2222:3333:4444:192.168.100.100", "x", "2001:db8:1111:2222:3333:4444:c0a8:6464", "x"},
			"a line break, quotes": {"'; DROP TABLE x; --", "a\r\nb'\"", "", "a??b'\""},
		} {
			a := forwarded.visit("", logIn(42), func(r *http.Request) {
				r.Header["X-Forwarded-For"] = []string{test.header}
				r.Header["User-Agent"] = []string{test.agent}
			})
			if a.status != http.StatusOK {
				t.Errorf("%s: got status %d, want 200", name, a.status)
				continue
			}
			if row := rowOf(t, store, a.cookie); row.ClientIP != test.wantIP || row.UserAgent != test.wantAgent {
				t.Errorf("%s: got %q and %q, want %q and %q", name, row.ClientIP, row.UserAgent, test.wantIP, test.wantAgent)
			}
		}
	})
}

// TestLastSeen: it moves with every save and touch, by the throttle of TouchInterval,
// and never backwards, though the clocks of two nodes differ; created_at stays.
func TestLastSeen(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		start := time.Now().Truncate(time.Second).UTC()
		now := start
		clock := func() time.Time { return now }
		node := func(behind time.Duration, db *gorm.DB) (*deviceStore, site) {
			clock := func() time.Time { return now.Add(-behind) }
			store := migrated(t, db)
			return store, newSite(t, store, func(c *core.Config) {
				c.Now, c.SaveEveryRequest, c.TouchInterval = clock, true, time.Minute
			})
		}
		store, s := node(0, db)
		_, slow := node(time.Hour, secondNode(t, db))
		a := s.visit("", logIn(42))
		want := func(what string, seen, created time.Duration) {
			t.Helper()
			row := rowOf(t, store, a.cookie)
			if got := row.LastSeen.Sub(start); got != seen {
				t.Errorf("%s: got last_seen %v after the start, want %v", what, got, seen)
			}
			if got := row.CreatedAt.Sub(start); got != created {
				t.Errorf("%s: got created_at %v after the start, want %v", what, got, created)
			}
		}
		read := func(s *core.Session, _ *http.Request) { account.Get(s) }
		change := func(s *core.Session, _ *http.Request) { s.Set("at", clock().String()) }
		want("the log-in", 0, 0)
		now = start.Add(30 * time.Second)
		a = s.visit(a.cookie, read)
		want("a read within the interval", 0, 0)
		now = start.Add(2 * time.Minute)
		a = s.visit(a.cookie, read)
		want("a read after the interval", 2*time.Minute, 0)
		now = start.Add(3 * time.Minute)
		a = slow.visit(a.cookie, read)
		want("a read on a node whose clock is behind", 2*time.Minute, 0)
		a = slow.visit(a.cookie, change)
		want("a save on a node whose clock is behind", 2*time.Minute, 0)
		a = s.visit(a.cookie, change)
		want("a save", 3*time.Minute, 0)
		now = start.Add(4 * time.Minute)
		a = s.visit(a.cookie, func(s *core.Session, _ *http.Request) { s.CycleKey() })
		want("a rotation", 4*time.Minute, 0)
		now = start.Add(5 * time.Minute)
		a = s.visit(a.cookie, func(s *core.Session, _ *http.Request) { s.MarkModified() })
		want("a touch", 5*time.Minute, 0)
	})
}

// TestTouchSeesClient: a touch writes the address and the browser of the request, as a
// save does.
func TestTouchSeesClient(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store, func(c *core.Config) { c.TouchInterval = -1 })
		cookie := s.login(t)
		elsewhere := func(r *http.Request) {
			r.RemoteAddr = "203.0.113.9:1234"
			r.Header.Set("User-Agent", "curl")
		}
		before := rowOf(t, store, cookie)
		s.visit(cookie, func(s *core.Session, _ *http.Request) { s.MarkModified() }, elsewhere)
		row := rowOf(t, store, cookie)
		if row.ClientIP != "203.0.113.9" || row.UserAgent != "curl" || !row.LastSeen.After(before.LastSeen.Time) {
			t.Errorf("after a touch: got %q %q, seen later: %t; want the new ones, seen later", row.ClientIP, row.UserAgent, row.LastSeen.After(before.LastSeen.Time))
		}
		if *row.AccountID != 42 || row.SessionData != before.SessionData {
			t.Error("after a touch: data or account have changed, want them as they were")
		}
		s.visit(cookie, func(s *core.Session, _ *http.Request) { s.Set("x", 1) })
		if row := rowOf(t, store, cookie); row.ClientIP != "192.0.2.1" || row.UserAgent != "M?zilla/5.0" {
			t.Errorf("after a save: got %q %q, want those of the save", row.ClientIP, row.UserAgent)
		}
	})
}

// TestSavedByJob: what is saved outside of a request leaves the columns of the request
// as they are; a session that begins there has none.
func TestSavedByJob(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store, func(c *core.Config) { c.TouchInterval = -1 })
		cookie := s.login(t)
		lastSeen(t, db, cookie, 1000)
		before := rowOf(t, store, cookie)
		for what, change := range map[string]func(*core.Session){
			"a change": func(s *core.Session) { s.Set("job", true) },
			"a touch":  func(s *core.Session) { s.MarkModified() },
		} {
			session := s.Open(t.Context(), cookie)
			change(session)
			if err := session.Save(t.Context()); err != nil {
				t.Fatal(err)
			}
			row := rowOf(t, store, cookie)
			if row.ClientIP != before.ClientIP || row.UserAgent != before.UserAgent || !row.LastSeen.Equal(before.LastSeen.Time) || *row.AccountID != 42 {
				t.Errorf("%s: got %q %q %v, want what it was: %q %q %v", what, row.ClientIP, row.UserAgent, row.LastSeen, before.ClientIP, before.UserAgent, before.LastSeen)
			}
		}
		session := s.Open(t.Context(), "")
		account.Set(session, 42)
		if err := session.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		if row := rowOf(t, store, session.Key()); row.ClientIP != "" || row.UserAgent != "" || row.CreatedAt.IsZero() {
			t.Errorf("a new one: got %q %q %v, want no client, and when it began", row.ClientIP, row.UserAgent, row.CreatedAt)
		}
	})
}

// shortSession keeps half an address, and a name for the browser.
type shortSession struct{ gormstore.ClientBase }

func (s *shortSession) FillSession(ctx context.Context, _ core.Values) error {
	s.ClientIP, _, _ = strings.Cut(s.ClientIP, ".0.2.")
	client, ok := core.ClientInfoFrom(ctx)
	if ok && strings.HasPrefix(client.UserAgent, "Mö") {
		s.UserAgent = "Firefox"
	}
	return nil
}

// TestFillSessionWins: what FillSession makes of the columns is stored, on every save.
func TestFillSessionWins(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store, err := gormstore.NewModel[shortSession](db)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := newSite(t, store, func(c *core.Config) { c.TouchInterval = -1 })
		cookie := s.login(t)
		for i := range 3 {
			row, err := store.ByPublicID(t.Context(), core.PublicID(cookie))
			if err != nil || row.ClientIP != "192" || row.UserAgent != "Firefox" {
				t.Errorf("got %q %q, %v, want what FillSession set", row.ClientIP, row.UserAgent, err)
			}
			s.visit(cookie, func(s *core.Session, _ *http.Request) {
				if i == 0 {
					s.Set("x", 1)
				} else {
					s.MarkModified() // a touch
				}
			})
		}
	})
}

// TestClientIPUsesSession: a Config.ClientIP that looks for the session finds none,
// instead of waiting for the save that has asked it.
func TestClientIPUsesSession(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite.Open(t, nil)
	store := migrated(t, db)
	s := newSite(t, store, func(c *core.Config) {
		c.StoreTimeout = 2 * time.Second
		c.ClientIP = func(r *http.Request) string {
			if session, ok := core.FromContext(r.Context()); ok {
				_ = session.Get("tenant")
			}
			return ""
		}
	})
	done := make(chan answer, 1)
	go func() { done <- s.visit("", logIn(42)) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("deadlock")
	}
}
