package dbtest

import (
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/plugin/soft_delete"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// The ways in which GORM's own type and its plugin delete softly.
type (
	deletedAtSession struct {
		gormstore.Base
		DeletedAt gorm.DeletedAt `gorm:"index"`
	}
	flagSession struct {
		gormstore.Base
		Deleted soft_delete.DeletedAt `gorm:"softDelete:flag"`
	}
	milliSession struct {
		gormstore.Base
		DeletedAt soft_delete.DeletedAt `gorm:"softDelete:milli"`
	}
	mixedSession struct {
		gormstore.Base
		DeletedAt time.Time
		Deleted   soft_delete.DeletedAt `gorm:"softDelete:flag,DeletedAtField:DeletedAt"`
	}
)

// TestSoftDeletes: a session that is deleted softly is gone for every operation,
// its row stays with no payload in it until it expires, and is cleared then.
func TestSoftDeletes(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name+"/gorm.DeletedAt", func(t *testing.T) { t.Parallel(); softDeletes(t, d, gormstore.NewModel[deletedAtSession]) })
		t.Run(d.Name+"/flag", func(t *testing.T) { t.Parallel(); softDeletes(t, d, gormstore.NewModel[flagSession]) })
		t.Run(d.Name+"/milli", func(t *testing.T) { t.Parallel(); softDeletes(t, d, gormstore.NewModel[milliSession]) })
		t.Run(d.Name+"/mixed", func(t *testing.T) { t.Parallel(); softDeletes(t, d, gormstore.NewModel[mixedSession]) })
	}
}

func softDeletes[M any](t *testing.T, d Database, open func(*gorm.DB, ...gormstore.Option) (*gormstore.Store[M], error)) {
	db := d.Open(t, nil)
	now := time.Now()
	store := migrated(t, db, open)
	if err := store.Configure(core.Settings{Now: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
	create(t, store, rec(t, key1, "n", 1))
	create(t, store, rec(t, key2))
	if _, err := store.Update(t.Context(), rec(t, key1, "n", 2)); err != nil {
		t.Fatal(err)
	}
	if got := item(t, store, key1, "n"); got != "2" {
		t.Errorf("item after Update: got %s, want 2", got)
	}
	if existed, err := store.Delete(t.Context(), key1); !existed || err != nil {
		t.Fatalf("Delete: got %t, %v, want true, no error", existed, err)
	}
	_, loadErr := store.Load(t.Context(), key1)
	_, updateErr := store.Update(t.Context(), rec(t, key1))
	_, rotateErr := store.Rotate(t.Context(), key1, rec(t, "key3-of-nobody"))
	touchErr := store.Touch(t.Context(), core.Record{Key: key1, ExpireDate: now.Add(9 * time.Hour)})
	for _, err := range []error{loadErr, updateErr, rotateErr, touchErr} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Errorf("after Delete: got error %v, want ErrNotFound", err)
		}
	}
	if existed, err := store.Delete(t.Context(), key1); existed || err != nil {
		t.Errorf("the second Delete: got %t, %v, want false, no error", existed, err)
	}
	var data []string
	if err := db.Unscoped().Model(new(M)).Where("session_key = ?", key1).Pluck("session_data", &data).Error; err != nil {
		t.Fatal(err)
	}
	if len(data) != 1 || data[0] != "" {
		t.Errorf("the row after Delete: got %d rows, with a payload %t, want 1 without", len(data), len(data) > 0 && data[0] != "")
	}
	load(t, store, key2)

	now = now.Add(2 * time.Hour)
	if got, err := store.ClearExpired(t.Context(), core.ClearOptions{}); got != 2 || err != nil {
		t.Errorf("ClearExpired: got %d, %v, want 2, the deleted row too", got, err)
	}
}
