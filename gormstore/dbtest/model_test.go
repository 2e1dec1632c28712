package dbtest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// row reads a row as users do, with GORM.
func row[M any](t testing.TB, db *gorm.DB, key string) M {
	t.Helper()
	var m M
	if err := db.Where("session_key = ?", key).Take(&m).Error; err != nil {
		t.Fatalf("read the row with GORM: got error %v, want none", err)
	}
	return m
}

// TestAccountColumn is the example of Django's documentation: the account is in a
// column while somebody is logged in, and NULL before and after.
func TestAccountColumn(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[accountSession])
			want := func(when, key string, want int64) {
				t.Helper()
				got := row[accountSession](t, db, key).AccountID
				if (got == nil) != (want == 0) || got != nil && *got != want {
					t.Errorf("account_id %s: got %v, want %d (0 is NULL)", when, got, want)
				}
			}
			login := func(key string) core.Record { return rec(t, key, "_auth_user_id", "42") }
			create(t, store, login(key1))
			want("after Create", key1, 42)
			if _, err := store.Update(t.Context(), rec(t, key1, "n", 1)); err != nil {
				t.Fatal(err)
			}
			want("after the item was removed", key1, 0)
			if _, err := store.Update(t.Context(), login(key1)); err != nil {
				t.Fatal(err)
			}
			want("after Update", key1, 42)
			if err := store.Touch(t.Context(), core.Record{Key: key1, ExpireDate: time.Now().Add(9 * time.Hour)}); err != nil {
				t.Fatal(err)
			}
			want("after Touch", key1, 42)
			if _, err := store.Rotate(t.Context(), key1, rec(t, key2)); err != nil {
				t.Fatal(err)
			}
			want("after Rotate without the item", key2, 0)
		})
	}
}

// TestFillSessionFails: the save fails with nothing written, and says where.
func TestFillSessionFails(t *testing.T) {
	t.Parallel()
	db := SQLite.Open(t, nil)
	r := record(db)
	store := migrated(t, db, gormstore.NewModel[accountSession])
	r.reset()
	bad := rec(t, key1, "_auth_user_id", "x")
	_, createErr := store.Create(t.Context(), bad)
	_, updateErr := store.Update(t.Context(), bad)
	for _, err := range []error{createErr, updateErr} {
		if err == nil || !strings.Contains(err.Error(), "FillSession of the model accountSession") {
			t.Errorf("save with a FillSession that fails: got error %v, want one that names it", err)
		}
	}
	if got := r.reset(); got != "" {
		t.Errorf("statements: got %q, want none", got)
	}
}

// TestColumnsSurvive: without FillSession an update leaves the model's columns as
// others wrote them, but for the time that GORM keeps.
func TestColumnsSurvive(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[noteSession])
			if err := db.Exec("ALTER TABLE note_sessions ADD COLUMN theirs varchar(20) DEFAULT 'kept'").Error; err != nil {
				t.Fatal(err)
			}
			create(t, store, rec(t, key1))
			created := row[noteSession](t, db, key1)
			if created.CreatedAt.IsZero() || created.UpdatedAt.IsZero() {
				t.Errorf("times after Create: got %v and %v, want both set", created.CreatedAt, created.UpdatedAt)
			}
			past := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
			if err := db.Model(&noteSession{}).Where("session_key = ?", key1).
				UpdateColumns(map[string]any{"note": "by hand", "created_at": past, "updated_at": past}).Error; err != nil {
				t.Fatal(err)
			}
			if _, err := store.Update(t.Context(), rec(t, key1, "n", 1)); err != nil {
				t.Fatal(err)
			}
			got := row[noteSession](t, db, key1)
			if got.Note != "by hand" || !got.CreatedAt.Equal(past) {
				t.Errorf("after Update: got note %q, created %v, want %q, %v", got.Note, got.CreatedAt, "by hand", past)
			}
			if !got.UpdatedAt.After(past) {
				t.Errorf("after Update: got updated_at %v, want the time of the update", got.UpdatedAt)
			}
			var theirs string
			db.Raw("SELECT theirs FROM note_sessions").Scan(&theirs)
			if theirs != "kept" {
				t.Errorf("a column that the model does not know: got %q, want %q", theirs, "kept")
			}
		})
	}
}

// TestHooks: the model's hooks run, what they set is written, and one that fails
// after the statement leaves no trace, also if the user's *gorm.DB does without
// transactions.
func TestHooks(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, &gorm.Config{SkipDefaultTransaction: true})
			r := record(db)
			store := migrated(t, db, gormstore.NewModel[hookedSession])
			ctx := t.Context()
			if _, err := store.Create(ctx, rec(t, key1, "device", "after create")); err == nil {
				t.Error("Create with a hook that fails: got no error, want the hook's")
			}
			if _, err := store.Load(ctx, key1); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("Load after a Create whose hook failed: got %v, want ErrNotFound", err)
			}
			create(t, store, rec(t, key1, "device", "phone"))
			r.reset()
			if _, err := store.Update(ctx, rec(t, key1, "device", "laptop")); err != nil {
				t.Fatal(err)
			}
			if got, want := r.reset(), "BEGIN UPDATE COMMIT"; got != want {
				t.Errorf("Update of a model with an After hook: got statements %q, want %q", got, want)
			}
			got := row[hookedSession](t, db, key1)
			if got.Device != "laptop" || got.Hooked != 7 || got.FirstSeen != "phone" || got.CreatedAt.IsZero() {
				t.Errorf("after Update: got device %q, hooked %d, first seen %q, created %v; want laptop, 7, phone, a time", got.Device, got.Hooked, got.FirstSeen, got.CreatedAt)
			}
			if _, err := store.Update(ctx, rec(t, key1, "device", "after update")); err == nil {
				t.Error("Update with a hook that fails: got no error, want the hook's")
			}
			if got := item(t, store, key1, "device"); got != `"laptop"` {
				t.Errorf("item after an Update whose hook failed: got %s, want still %s", got, `"laptop"`)
			}
			failing := context.WithValue(ctx, failHooks{}, true)
			if err := store.Touch(failing, core.Record{Key: key1, ExpireDate: time.Now().Add(9 * time.Hour)}); err != nil {
				t.Errorf("Touch, which runs no hook: got error %v, want none", err)
			}
			if _, err := store.Delete(failing, key1); err == nil {
				t.Error("Delete with a hook that fails: got no error, want the hook's")
			}
			load(t, store, key1)
		})
	}
}

// deviceSession refuses a second session of one device by a unique index.
type deviceSession struct {
	gormstore.Base
	Device string `gorm:"size:50;uniqueIndex"`
}

func (s *deviceSession) FillSession(_ context.Context, values core.Values) error {
	s.Device, _ = values.Get("device").(string)
	return nil
}

// TestOtherUniqueIndex: that is not a taken key, which the engine would answer
// with one new key after the other.
func TestOtherUniqueIndex(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			store := migrated(t, d.Open(t, nil), gormstore.NewModel[deviceSession])
			create(t, store, rec(t, key1, "device", "phone-number-1"))
			_, err := store.Create(t.Context(), rec(t, key2, "device", "phone-number-1"))
			if err == nil || errors.Is(err, core.ErrExists) || !strings.Contains(err.Error(), "unique index") {
				t.Errorf("Create of a row that another unique index refuses: got %v, want an error that says so", err)
			}
			if err != nil && strings.Contains(err.Error(), "phone-number-1") {
				t.Errorf("the error quotes a value: %v", err)
			}
			if _, err := store.Create(t.Context(), rec(t, key1, "device", "tablet")); !errors.Is(err, core.ErrExists) {
				t.Errorf("Create under a taken key: got %v, want ErrExists", err)
			}
		})
	}
}

// keptSession is deleted softly.
type keptSession struct {
	gormstore.Base
	DeletedAt gorm.DeletedAt
}

// TestSoftDelete: a deleted session is gone, wherever its row is.
func TestSoftDelete(t *testing.T) {
	t.Parallel()
	db := SQLite.Open(t, nil)
	store := migrated(t, db, gormstore.NewModel[keptSession])
	create(t, store, rec(t, key1))
	if existed, err := store.Delete(t.Context(), key1); !existed || err != nil {
		t.Fatalf("Delete: got %t, %v, want true, no error", existed, err)
	}
	_, loadErr := store.Load(t.Context(), key1)
	_, updateErr := store.Update(t.Context(), rec(t, key1))
	touchErr := store.Touch(t.Context(), rec(t, key1))
	for _, err := range []error{loadErr, updateErr, touchErr} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Errorf("after Delete: got %v, want ErrNotFound", err)
		}
	}
	if _, err := store.Create(t.Context(), rec(t, key1)); !errors.Is(err, core.ErrExists) {
		t.Errorf("Create under the key: got %v, want ErrExists", err)
	}
	if existed, _ := store.Delete(t.Context(), key1); existed {
		t.Error("the second Delete: got true, want false")
	}
	var rows int64
	db.Unscoped().Model(&keptSession{}).Count(&rows)
	if rows != 1 {
		t.Errorf("rows in the table: got %d, want 1, the deleted one", rows)
	}
}

// TestUsersDB: the store does not change the *gorm.DB it was given.
func TestUsersDB(t *testing.T) {
	t.Parallel()
	loud, out := loudLogger()
	db := SQLite.Open(t, &gorm.Config{Logger: loud})
	dialector, config := db.Dialector, *db.Config
	store := migrated(t, db, gormstore.New)
	create(t, store, rec(t, key1))
	if db.Dialector != dialector || db.TranslateError != config.TranslateError || db.SkipDefaultTransaction != config.SkipDefaultTransaction || db.Error != nil {
		t.Error("the user's *gorm.DB has other settings than before")
	}
	db.Exec("SELECT ?", "a value of the user's")
	if !strings.Contains(out.String(), "a value of the user's") {
		t.Error("the user's own statements are logged without their values")
	}
}

// TestInTransaction: a store on a transaction of the user's works in it.
func TestInTransaction(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			outside := migrated(t, db, gormstore.NewModel[hookedSession])
			tx := db.Begin()
			inside, err := gormstore.NewModel[hookedSession](tx)
			if err != nil {
				t.Fatal(err)
			}
			create(t, inside, rec(t, key1))
			if _, err := inside.Update(t.Context(), rec(t, key1, "n", 1)); err != nil {
				t.Fatal(err)
			}
			if err := tx.Rollback().Error; err != nil {
				t.Fatal(err)
			}
			if _, err := outside.Load(t.Context(), key1); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("Load after the transaction was rolled back: got %v, want ErrNotFound", err)
			}
		})
	}
}
