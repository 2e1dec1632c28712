package devices

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// raceDetector reports whether the race detector is on, which makes everything slow.
var raceDetector bool

// deviceSession knows whose it is and from where it is used.
type deviceSession struct {
	gormstore.ClientBase
	AccountID *int64 `gorm:"index" djinn:"user"`
}

func (s *deviceSession) FillSession(_ context.Context, values core.Values) error {
	if id, ok := values.Get("account").(int64); ok {
		s.AccountID = &id
	}
	return nil
}

// plainSession knows whose it is and nothing more.
type plainSession struct {
	gormstore.Base
	AccountID *int64 `gorm:"index" djinn:"user"`
}

func (s *plainSession) FillSession(_ context.Context, values core.Values) error {
	if id, ok := values.Get("account").(int64); ok {
		s.AccountID = &id
	}
	return nil
}

// account is the item that says who is logged in.
const account core.Key[int64] = "account"

// device and deviceStore are short names for what most tests use.
type (
	device      = deviceSession
	deviceStore = gormstore.Store[deviceSession]
)

// open is a store on db, whose tables are there.
func open(t testing.TB, db *gorm.DB, opts ...gormstore.Option) *deviceStore {
	t.Helper()
	store, err := gormstore.NewModel[device](db, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// migrated is a store on tables that Migrate made.
func migrated(t testing.TB, db *gorm.DB, opts ...gormstore.Option) *deviceStore {
	t.Helper()
	store := open(t, db, opts...)
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

// site is a program over a store.
type site struct{ *core.Manager }

func newSite(t testing.TB, store core.Store, change ...func(*core.Config)) site {
	t.Helper()
	cfg := core.Config{SecretKey: "a secret key for tests", Logger: slog.New(slog.DiscardHandler), StoreTimeout: 30 * time.Second}
	for _, f := range change {
		f(&cfg)
	}
	m, err := core.New(store, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return site{m}
}

// answer is what a browser gets: cookie is the one it has from now on.
type answer struct {
	status int
	cookie string
	set    bool // the answer has a cookie
}

// visit is a request of the browser with that cookie, in which handler runs.
func (s site) visit(cookie string, handler func(s *core.Session, r *http.Request), change ...func(*http.Request)) answer {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("User-Agent", "Mözilla/5.0")
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: cookie})
	}
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	s.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		handler(s.Session(r.Context()), r)
	})).ServeHTTP(w, r)
	a := answer{status: w.Code, cookie: cookie}
	for _, c := range w.Result().Cookies() {
		a.cookie, a.set = c.Value, true
	}
	return a
}

// logIn makes the session that of the user.
func logIn(id int64) func(*core.Session, *http.Request) {
	return func(s *core.Session, _ *http.Request) {
		s.CycleKey()
		account.Set(s, id)
	}
}

// login logs user 42 in with a new browser and returns its cookie.
func (s site) login(t testing.TB) string {
	t.Helper()
	return s.loginAs(t, 42)
}

func (s site) loginAs(t testing.TB, id int64) string {
	t.Helper()
	a := s.visit("", logIn(id))
	if a.status != http.StatusOK || a.cookie == "" {
		t.Fatalf("log in: got status %d and a cookie of %d bytes, want 200 and a cookie", a.status, len(a.cookie))
	}
	return a.cookie
}

// who is logged in with that cookie; 0 for nobody.
func (s site) who(t testing.TB, cookie string) (id int64) {
	t.Helper()
	a := s.visit(cookie, func(s *core.Session, _ *http.Request) { id = account.Get(s) })
	if a.status != http.StatusOK {
		t.Errorf("a page that only reads: got status %d, want 200", a.status)
	}
	return id
}

// wantWho fails the test if another user than want is logged in with the cookie.
func (s site) wantWho(t testing.TB, what, cookie string, want int64) {
	t.Helper()
	if got := s.who(t, cookie); got != want {
		t.Errorf("%s: got user %d, want %d", what, got, want)
	}
}

// publicIDs are those of the live sessions within the scopes.
func publicIDs(t testing.TB, store *deviceStore, scopes ...gormstore.Scope) (all []string) {
	t.Helper()
	for row, err := range store.Sessions(t.Context(), scopes...) {
		if err != nil {
			t.Fatalf("Sessions: got error %v, want none", err)
		}
		all = append(all, row.PublicID())
	}
	slices.Sort(all)
	return all
}

// wantLive fails the test if user 42 has another number of live sessions than want.
func wantLive(t testing.TB, what string, store *deviceStore, want int64) {
	t.Helper()
	n, err := store.Count(t.Context(), store.OfUser(42))
	if err != nil || n != want {
		t.Errorf("%s: got %d live sessions, %v, want %d", what, n, err, want)
	}
}

// everywhere runs f on an empty database of each kind.
func everywhere(t *testing.T, f func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	t.Parallel()
	for _, d := range dbtest.All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			f(t, d.Open(t, nil))
		})
	}
}

// insert adds n rows of user 42 past the store, with keys that begin with prefix,
// that live for an hour.
func insert(t testing.TB, db *gorm.DB, prefix string, n int) {
	t.Helper()
	id := int64(42)
	expire := gormstore.DateTimeOf(time.Now().Add(time.Hour))
	rows := make([]device, 0, 1000)
	for i := range n {
		row := device{AccountID: &id}
		row.SessionKey, row.SessionData, row.ExpireDate = core.Secret(rowKey(prefix, i)), "payload", expire
		row.CreatedAt, row.LastSeen = gormstore.Now(), gormstore.Now()
		if rows = append(rows, row); len(rows) == cap(rows) || i == n-1 {
			if err := db.CreateInBatches(&rows, 500).Error; err != nil {
				t.Fatal(err)
			}
			rows = rows[:0]
		}
	}
}

// rowKey is the key of row i of insert.
func rowKey(prefix string, i int) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	key := []byte(prefix + "00000000000000000000000000000000")[:32]
	for at := len(key) - 1; i > 0; at-- {
		key[at] = digits[i%36]
		i /= 36
	}
	return string(key)
}

// says reports whether err has that text.
func says(err error, text string) bool { return err != nil && strings.Contains(err.Error(), text) }
