package devices

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// keptSession stays in its table when it ends.
type keptSession struct {
	gormstore.ClientBase
	AccountID int64          `gorm:"index" djinn:"user"`
	DeletedAt gorm.DeletedAt `gorm:"index"`
}

func (s *keptSession) FillSession(_ context.Context, values core.Values) error {
	s.AccountID, _ = values.Get("account").(int64)
	return nil
}

// TestSoftDelete: a session that was ended, in whatever way, keeps its row and nothing
// else: no payload, no place in a list, no way back; and it goes when it has expired.
func TestSoftDelete(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store, err := gormstore.NewModel[keptSession](db, gormstore.WithSessionCap(1, gormstore.EvictOldest))
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := newSite(t, store)
		ended := 0
		for name, end := range map[string]func(cookie string) error{
			"Delete": func(cookie string) error { _, err := store.Delete(t.Context(), cookie); return err },
			"a log-out": func(cookie string) error {
				s.visit(cookie, func(s *core.Session, _ *http.Request) { s.Flush() })
				return nil
			},
			"Revoke":     func(cookie string) error { return store.Revoke(t.Context(), core.PublicID(cookie), store.OfUser(42)) },
			"RevokeUser": func(string) error { _, err := store.RevokeUser(t.Context(), 42); return err },
			"RevokeAll": func(string) error {
				n, err := store.RevokeAll(t.Context(), store.OfUser(42), func(db *gorm.DB) *gorm.DB { return db.Unscoped() })
				if n != 1 {
					t.Errorf("RevokeAll: got %d, want the 1 that lived", n)
				}
				return err
			},
			"a cap": func(string) error {
				second := s.login(t)
				_, err := store.Delete(t.Context(), second)
				ended++
				return err
			},
		} {
			cookie := s.login(t)
			a := s.visit(cookie, func(session *core.Session, _ *http.Request) {
				account.Get(session)
				if err := end(cookie); err != nil {
					t.Errorf("%s: got %v, want nil", name, err)
				}
				session.Set("x", 1)
			})
			if ended++; a.status != http.StatusBadRequest {
				t.Errorf("%s: a change in flight: got status %d, want 400", name, a.status)
			}
			var row keptSession
			if err := db.Unscoped().Take(&row, "session_key = ?", cookie).Error; err != nil || row.SessionData != "" || !row.DeletedAt.Valid {
				t.Errorf("%s: got %d bytes of data, deleted: %t, %v; want a row without data, deleted", name, len(row.SessionData), row.DeletedAt.Valid, err)
			}
			s.wantWho(t, name, cookie, 0)
			rec := core.Record{Key: cookie, ExpireDate: time.Now().Add(time.Hour)}
			if err := store.Touch(t.Context(), rec); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("%s: Touch: got %v, want ErrNotFound", name, err)
			}
			if _, err := store.ByPublicID(t.Context(), core.PublicID(cookie)); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("%s: ByPublicID: got %v, want ErrNotFound", name, err)
			}
			for _, scopes := range [][]gormstore.Scope{nil, {func(db *gorm.DB) *gorm.DB { return db.Unscoped() }}} {
				if n, err := store.Count(t.Context(), scopes...); n != 0 || err != nil {
					t.Errorf("%s: Count: got %d, %v, want 0", name, n, err)
				}
				for range store.Sessions(t.Context(), scopes...) {
					t.Errorf("%s: the session is listed", name)
				}
			}
		}
		if err := db.Exec("UPDATE kept_sessions SET expire_date = ?", gormstore.DateTimeOf(time.Now().Add(-time.Second))).Error; err != nil {
			t.Fatal(err)
		}
		if n, err := store.ClearExpired(context.WithoutCancel(t.Context()), core.ClearOptions{}); n != int64(ended) || err != nil {
			t.Errorf("ClearExpired: got %d, %v, want %d", n, err, ended)
		}
	})
}
