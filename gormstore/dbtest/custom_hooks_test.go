package dbtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// auditedSession has every hook that GORM knows, and is deleted softly.
type auditedSession struct {
	gormstore.Base
	Name      string `gorm:"size:40"`
	Trace     string `gorm:"size:40"`
	DeletedAt gorm.DeletedAt
}

func (s *auditedSession) FillSession(ctx context.Context, values core.Values) error {
	s.Name, _ = values.Get("name").(string)
	return auditIn(ctx).note("FillSession", s)
}

func (s *auditedSession) BeforeSave(tx *gorm.DB) error   { return s.hook(tx, "BeforeSave") }
func (s *auditedSession) AfterSave(tx *gorm.DB) error    { return s.hook(tx, "AfterSave") }
func (s *auditedSession) BeforeCreate(tx *gorm.DB) error { return s.hook(tx, "BeforeCreate") }
func (s *auditedSession) AfterCreate(tx *gorm.DB) error  { return s.hook(tx, "AfterCreate") }
func (s *auditedSession) BeforeUpdate(tx *gorm.DB) error { return s.hook(tx, "BeforeUpdate") }
func (s *auditedSession) AfterUpdate(tx *gorm.DB) error  { return s.hook(tx, "AfterUpdate") }
func (s *auditedSession) BeforeDelete(tx *gorm.DB) error { return s.hook(tx, "BeforeDelete") }
func (s *auditedSession) AfterDelete(tx *gorm.DB) error  { return s.hook(tx, "AfterDelete") }

func (s *auditedSession) AfterFind(tx *gorm.DB) error {
	return errors.Join(s.Base.AfterFind(tx), s.hook(tx, "AfterFind"))
}

// hook asks the database something, which takes a connection, and notes the call.
func (s *auditedSession) hook(tx *gorm.DB, name string) error {
	a := auditIn(tx.Statement.Context)
	if a == nil {
		return nil
	}
	if a.trace != "" {
		tx.Statement.SetColumn("Trace", a.trace)
	}
	var n int
	if err := tx.Raw("SELECT COUNT(*) FROM audited_sessions").Scan(&n).Error; err != nil {
		return fmt.Errorf("%s cannot query: %w", name, err)
	}
	return a.note(name, s)
}

// audit is in the context of a call: what its hooks saw, and what they shall do.
type audit struct {
	calls              []string
	failing, panicking string
	trace              string
}

type auditKey struct{}

var errAudit = errors.New("the audit trail is full")

// audited is the context of a call whose hooks note what they see in a.
func audited(ctx context.Context, a *audit) context.Context {
	return context.WithValue(ctx, auditKey{}, a)
}

func auditIn(ctx context.Context) *audit {
	a, _ := ctx.Value(auditKey{}).(*audit)
	return a
}

func (a *audit) note(name string, s *auditedSession) error {
	if a == nil {
		return nil
	}
	call := name + "(" + string(s.SessionKey)[:4]
	for what, has := range map[string]bool{" data": s.SessionData != "", " expiry": !s.ExpireDate.IsZero()} {
		if has {
			call += what
		}
	}
	a.calls = append(a.calls, strings.Replace(call, " expiry data", " data expiry", 1)+" "+s.Name+")")
	switch name {
	case a.failing:
		return errAudit
	case a.panicking:
		panic("the hook " + name + " panics")
	}
	return nil
}

// TestHooksSee: each hook runs once, in GORM's order, in the connection of the
// statement, with the row as it is about to be or has just been written.
func TestHooksSee(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			one(t, db)
			store := migrated(t, db, gormstore.NewModel[auditedSession])
			steps := []struct {
				name string
				run  func(ctx context.Context) error
				want string
			}{
				{"Create", func(ctx context.Context) error { _, err := store.Create(ctx, rec(t, key1, "name", "Ada")); return err },
					"FillSession(key1 data expiry Ada) BeforeSave(key1 data expiry Ada) BeforeCreate(key1 data expiry Ada) AfterCreate(key1 data expiry Ada) AfterSave(key1 data expiry Ada)"},
				{"Load", func(ctx context.Context) error { _, err := store.Load(ctx, key1); return err }, ""},
				{"Update", func(ctx context.Context) error { _, err := store.Update(ctx, rec(t, key1, "name", "Bob")); return err },
					"FillSession(key1 data expiry Bob) BeforeSave(key1 data expiry Bob) BeforeUpdate(key1 data expiry Bob) AfterUpdate(key1 data expiry Bob) AfterSave(key1 data expiry Bob)"},
				{"Touch", func(ctx context.Context) error {
					return store.Touch(ctx, core.Record{Key: key1, ExpireDate: time.Now().Add(9 * time.Hour)})
				}, ""},
				{"Rotate", func(ctx context.Context) error {
					_, err := store.Rotate(ctx, key1, rec(t, key2, "name", "Cy"))
					return err
				},
					"FillSession(key2 data expiry Cy) BeforeSave(key2 data expiry Cy) BeforeUpdate(key2 data expiry Cy) AfterUpdate(key2 data expiry Cy) AfterSave(key2 data expiry Cy)"},
				{"a query of the user's", func(ctx context.Context) error { return db.WithContext(ctx).Take(&auditedSession{}).Error }, "AfterFind(key2 data expiry Cy)"},
				{"Delete", func(ctx context.Context) error { _, err := store.Delete(ctx, key2); return err }, "BeforeDelete(key2 ) AfterDelete(key2 )"},
				{"ClearExpired", func(ctx context.Context) error { _, err := store.ClearExpired(ctx, core.ClearOptions{}); return err }, ""},
			}
			for _, s := range steps {
				a := &audit{}
				ctx, cancel := context.WithTimeout(audited(t.Context(), a), 20*time.Second)
				if err := s.run(ctx); err != nil {
					t.Errorf("%s: got error %v, want none", s.name, err)
				}
				cancel()
				if got := strings.Join(a.calls, " "); got != s.want {
					t.Errorf("%s: got hooks %q, want %q", s.name, got, s.want)
				}
			}
		})
	}
}

// one leaves db a single connection, so that one that is not given back shows.
func one(t testing.TB, db *gorm.DB) {
	t.Helper()
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
}

// TestHooksFail: a hook, or FillSession, that fails or panics stops the save with
// nothing written. The error is the hook's, the panic goes on to the caller, and
// the connection is back in the pool.
func TestHooksFail(t *testing.T) {
	t.Parallel()
	saving := []string{"FillSession", "BeforeSave", "AfterSave"}
	operations := map[string][]string{
		"Create": append(saving, "BeforeCreate", "AfterCreate"),
		"Update": append(saving, "BeforeUpdate", "AfterUpdate"),
		"Rotate": append(saving, "BeforeUpdate", "AfterUpdate"),
		"Delete": {"BeforeDelete", "AfterDelete"},
	}
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, &gorm.Config{PrepareStmt: true})
			one(t, db)
			store := migrated(t, db, gormstore.NewModel[auditedSession])
			create(t, store, rec(t, key1, "name", "Ada"))
			before := row[auditedSession](t, db, key1)
			call := func(ctx context.Context, operation string) (err error) {
				defer func() {
					if p := recover(); p != nil {
						err = fmt.Errorf("panic: %v", p)
					}
				}()
				switch operation {
				case "Create":
					_, err = store.Create(ctx, rec(t, key2, "name", "Bob"))
				case "Update":
					_, err = store.Update(ctx, rec(t, key1, "name", "Bob"))
				case "Rotate":
					_, err = store.Rotate(ctx, key1, rec(t, key2, "name", "Bob"))
				case "Delete":
					_, err = store.Delete(ctx, key1)
				}
				return err
			}
			for operation, hooks := range operations {
				for _, hook := range hooks {
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
					if err := call(audited(ctx, &audit{failing: hook}), operation); !errors.Is(err, errAudit) {
						t.Errorf("%s whose %s fails: got error %v, want the hook's", operation, hook, err)
					}
					err := call(audited(ctx, &audit{panicking: hook}), operation)
					if want := "panic: the hook " + hook + " panics"; err == nil || err.Error() != want {
						t.Errorf("%s whose %s panics: got %v, want %s", operation, hook, err, want)
					}
					var rows []auditedSession
					if err := db.WithContext(ctx).Unscoped().Find(&rows).Error; err != nil {
						t.Fatalf("read after %s whose %s failed: got error %v, want none", operation, hook, err)
					}
					if len(rows) != 1 || rows[0] != before {
						t.Errorf("rows after %s whose %s failed: got %d, changed %t; want 1 as it was", operation, hook, len(rows), len(rows) > 0 && rows[0] != before)
					}
					cancel()
				}
			}
			if got := item(t, store, key1, "name"); got != `"Ada"` {
				t.Errorf("item after all failures: got %s, want %q", got, "Ada")
			}
		})
	}
}

// TestHookSets: what a hook sets is written, by the field or by SetColumn.
func TestHookSets(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[auditedSession])
			if _, err := store.Create(audited(t.Context(), &audit{trace: "trace-1"}), rec(t, key1)); err != nil {
				t.Fatal(err)
			}
			if got := row[auditedSession](t, db, key1).Trace; got != "trace-1" {
				t.Errorf("after Create: got %q, want %q, which the hook set from the context", got, "trace-1")
			}
			if _, err := store.Update(audited(t.Context(), &audit{trace: "trace-2"}), rec(t, key1, "n", 1)); err != nil {
				t.Fatal(err)
			}
			if got := row[auditedSession](t, db, key1).Trace; got != "trace-2" {
				t.Errorf("after Update: got %q, want %q", got, "trace-2")
			}
		})
	}
}

// TestHooksFailRequest: for the visitor a hook that fails is a store that fails,
// one that panics is the application's recovery; in both cases the session is
// what it was, and the cookie too.
func TestHooksFailRequest(t *testing.T) {
	t.Parallel()
	const name core.Key[string] = "name"
	tests := []struct {
		name string
		do   audit
		want int
	}{
		{"FillSession fails", audit{failing: "FillSession"}, http.StatusServiceUnavailable},
		{"a hook fails before the statement", audit{failing: "BeforeUpdate"}, http.StatusServiceUnavailable},
		{"a hook fails after the statement", audit{failing: "AfterUpdate"}, http.StatusServiceUnavailable},
		{"FillSession panics", audit{panicking: "FillSession"}, http.StatusInternalServerError},
		{"a hook panics before the statement", audit{panicking: "BeforeUpdate"}, http.StatusInternalServerError},
		{"a hook panics after the statement", audit{panicking: "AfterUpdate"}, http.StatusInternalServerError},
	}
	for _, inside := range []bool{true, false} {
		for _, write := range []bool{true, false} {
			for _, tt := range tests {
				t.Run(fmt.Sprintf("recovery inside %t/the handler writes %t/%s", inside, write, tt.name), func(t *testing.T) {
					t.Parallel()
					db := SQLite.Open(t, nil)
					one(t, db)
					store := migrated(t, db, gormstore.NewModel[auditedSession])
					create(t, store, rec(t, key1, "name", "Ada"))
					m, err := core.New(store, core.Config{SecretKey: "dbtest secret key", Logger: slog.New(slog.DiscardHandler)})
					if err != nil {
						t.Fatal(err)
					}
					var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						s := m.Session(r.Context())
						if r.URL.Path == "/set" {
							name.Set(s, "Bob")
						}
						if write {
							fmt.Fprint(w, name.Get(s))
						}
					})
					if inside { // and in net/http's server as a last resort
						handler = recovered(handler)
					}
					handler = recovered(m.Handler(handler))
					do := tt.do
					get := func(path string) *httptest.ResponseRecorder {
						r := httptest.NewRequestWithContext(audited(t.Context(), &do), "GET", path, nil)
						r.AddCookie(&http.Cookie{Name: "sessionid", Value: key1})
						w := httptest.NewRecorder()
						handler.ServeHTTP(w, r)
						return w
					}
					w := get("/set")
					if w.Code != tt.want {
						t.Errorf("status: got %d, want %d", w.Code, tt.want)
					}
					if got := w.Result().Cookies(); len(got) > 0 {
						t.Errorf("cookies: got %v, want none", got)
					}
					if write && strings.Contains(w.Body.String(), "Bob") {
						t.Errorf("body: got %q, want nothing of what was not saved", w.Body)
					}
					if got := item(t, store, key1, "name"); got != `"Ada"` {
						t.Errorf("item after the request: got %s, want %q", got, "Ada")
					}
					if w := get("/"); w.Code != http.StatusOK || write && w.Body.String() != "Ada" {
						t.Errorf("the next request: got %d %q, want 200 Ada", w.Code, w.Body)
					}
				})
			}
		}
	}
}

// recovered is what frameworks call a recovery middleware.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
