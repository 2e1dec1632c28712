package dbtest

import (
	"context"
	"errors"
	"testing"

	"gorm.io/plugin/optimisticlock"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// versionedSession has the version column of GORM's optimistic lock.
type versionedSession struct {
	gormstore.Base
	Device  string `gorm:"size:40"`
	Version optimisticlock.Version
}

func (s *versionedSession) FillSession(_ context.Context, values core.Values) error {
	s.Device, _ = values.Get("device").(string)
	return nil
}

// TestOptimisticLock: sessions have a lock of their own, their data. The plugin's
// column does no harm to it, and is the user's, whose own updates count it.
func TestOptimisticLock(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[versionedSession])
			create(t, store, rec(t, key1, "device", "phone"))
			version := load(t, store, key1).Version
			for _, device := range []string{"laptop", "tablet"} {
				if _, err := store.Update(t.Context(), rec(t, key1, "device", device)); err != nil {
					t.Fatal(err)
				}
			}
			stale := rec(t, key1)
			stale.Version = version
			if _, err := store.Update(t.Context(), stale); !errors.Is(err, core.ErrConflict) {
				t.Errorf("Update with an old version: got %v, want ErrConflict", err)
			}
			got := row[versionedSession](t, db, key1)
			if got.Device != "tablet" || got.Version.Int64 != 1 || !got.Version.Valid {
				t.Errorf("after two updates: got device %q, version %v, want tablet and the 1 of the insert", got.Device, got.Version)
			}
			if res := db.Model(&got).Updates(map[string]any{"device": "by hand"}); res.Error != nil || res.RowsAffected != 1 {
				t.Errorf("an update of the user's: got %d rows, error %v, want 1 and none", res.RowsAffected, res.Error)
			}
			if got := row[versionedSession](t, db, key1); got.Version.Int64 != 2 || got.Device != "by hand" {
				t.Errorf("after an update of the user's: got device %q, version %d, want by hand, 2", got.Device, got.Version.Int64)
			}
		})
	}
}
