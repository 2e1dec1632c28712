package devices

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// deviceSession knows whose it is and from where it is used.
type deviceSession struct {
	gormstore.RequestBase
	AccountID *int64 `gorm:"index" djinn:"user"`
}

func (s *deviceSession) FillSession(_ context.Context, values core.Values) error {
	if id, ok := values.Get("account").(int64); ok {
		s.AccountID = &id
	}
	return nil
}

// migrated is a store on a table that Migrate made.
func migrated(t testing.TB, db *gorm.DB, opts ...gormstore.Option) *gormstore.Store[deviceSession] {
	t.Helper()
	store, err := gormstore.NewModel[deviceSession](db, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

// site is a program with log-in over a store.
type site struct {
	http.Handler
	manager *core.Manager
}

func newSite(t testing.TB, store core.Store, cfg core.Config) *site {
	t.Helper()
	cfg.SecretKey = "a secret key for tests"
	cfg.Logger = slog.New(slog.DiscardHandler)
	m, err := core.New(store, cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		s := m.Session(r.Context())
		s.CycleKey()
		s.Set("account", 42)
	})
	mux.HandleFunc("/touch", func(w http.ResponseWriter, r *http.Request) { m.Session(r.Context()).MarkModified() })
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		if m.Session(r.Context()).Has("account") {
			_, _ = w.Write([]byte("42"))
		}
	})
	return &site{m.Handler(mux), m}
}

// get asks for a page and returns the answer's status, body and cookie.
func (s *site) get(path, cookie string) (status int, body, newCookie string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("User-Agent", "Mözilla/5.0")
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: cookie})
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		newCookie = c.Value
	}
	return w.Code, w.Body.String(), newCookie
}

func (s *site) login(t testing.TB) string {
	t.Helper()
	status, body, cookie := s.get("/login", "")
	if status != 200 || cookie == "" {
		t.Fatalf("log in: got status %d %s and cookie of %d bytes, want 200 and a cookie", status, body, len(cookie))
	}
	return cookie
}

func everywhere(t *testing.T, f func(t *testing.T, db *gorm.DB)) {
	t.Parallel()
	for _, d := range dbtest.All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			f(t, d.Open(t, nil))
		})
	}
}

// TestDevices: the list of a user's sessions has what the requests told, and no key;
// one ends by its handle, and the others but the current one by user.
func TestDevices(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store, core.Config{})
		cookies := []string{s.login(t), s.login(t), s.login(t)}
		var handles []string
		for row, err := range store.Sessions(t.Context(), store.OfUser(42)) {
			if err != nil {
				t.Fatal(err)
			}
			if row.ClientIP != "192.0.2.1" || row.UserAgent != "M?zilla/5.0" || row.LastSeen.IsZero() || row.SessionData != "" {
				t.Errorf("row: got %q %q %v, want the request's", row.ClientIP, row.UserAgent, row.LastSeen)
			}
			handles = append(handles, row.Handle())
		}
		if len(handles) != 3 {
			t.Fatalf("got %d sessions, want 3", len(handles))
		}
		for _, c := range cookies {
			if !slices.Contains(handles, core.Handle(c)) {
				t.Errorf("the handle of a cookie is not in the list")
			}
			if err := store.Revoke(t.Context(), c); !errors.Is(err, core.ErrNotFound) || strings.Contains(err.Error(), c) {
				t.Errorf("Revoke by key: got %v, want ErrNotFound", err)
			}
		}
		if err := store.Revoke(t.Context(), core.Handle(cookies[0]), store.OfUser(43)); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("Revoke of another user's: got %v, want ErrNotFound", err)
		}
		if err := store.Revoke(t.Context(), core.Handle(cookies[0]), store.OfUser(42)); err != nil {
			t.Fatal(err)
		}
		n, err := store.RevokeUser(t.Context(), "42", core.Handle(cookies[2]))
		if err != nil || n != 1 {
			t.Errorf("RevokeUser: got %d, %v, want 1", n, err)
		}
		for i, want := range []string{"", "", "42"} {
			if _, got, _ := s.get("/who", cookies[i]); got != want {
				t.Errorf("cookie %d: got user %q, want %q", i, got, want)
			}
		}
		// The one that stays can be saved and touched; a new log-in is none of its business.
		if status, _, _ := s.get("/touch", cookies[2]); status != 200 {
			t.Errorf("the session that stays: got status %d, want 200", status)
		}
		s.login(t)
	})
}

// TestCap: of many log-ins at once as many live as are allowed.
func TestCap(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		for policy, name := range map[gormstore.CapPolicy]string{gormstore.EvictOldest: "evict", gormstore.RefuseLogin: "refuse"} {
			store := migrated(t, db, gormstore.WithSessionCap(3, policy))
			s := newSite(t, store, core.Config{})
			var wg sync.WaitGroup
			var mu sync.Mutex
			statuses := map[int]int{}
			for range 20 {
				wg.Go(func() {
					status, _, _ := s.get("/login", "")
					mu.Lock()
					defer mu.Unlock()
					statuses[status]++
				})
			}
			wg.Wait()
			want := map[int]int{200: 20}
			if policy == gormstore.RefuseLogin {
				want = map[int]int{403: 20} // those of the round before are there
				if statuses[200] > 0 {
					want = map[int]int{200: 3, 403: 17}
				}
			}
			n, err := store.Count(t.Context(), store.OfUser(42))
			if err != nil || n != 3 {
				t.Errorf("%s: got %d live sessions, %v, want 3", name, n, err)
			}
			if statuses[200] != want[200] || statuses[403] != want[403] {
				t.Errorf("%s: got statuses %v, want %v", name, statuses, want)
			}
		}
	})
}
