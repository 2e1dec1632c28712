package dbtest

import (
	"context"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// countedSession has a hook that sets a column, and no FillSession.
type countedSession struct {
	gormstore.Base
	Node string `gorm:"size:20"`
	Note string `gorm:"size:20"`
}

func (s *countedSession) BeforeSave(tx *gorm.DB) error {
	s.Node, _ = tx.Statement.Context.Value(nodeKey{}).(string)
	return nil
}

type nodeKey struct{}

// TestHookSetsWithoutFillSession: a model may leave all to its hooks.
func TestHookSetsWithoutFillSession(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[countedSession])
			create(t, store, rec(t, key1))
			if err := db.Model(&countedSession{}).Where("session_key = ?", key1).UpdateColumn("note", "by hand").Error; err != nil {
				t.Fatal(err)
			}
			for _, node := range []string{"node-1", "node-2"} {
				if _, err := store.Update(context.WithValue(t.Context(), nodeKey{}, node), rec(t, key1, "node", node)); err != nil {
					t.Fatal(err)
				}
				if got := row[countedSession](t, db, key1); got.Node != node || got.Note != "by hand" {
					t.Errorf("after Update: got node %q, note %q, want %q of the hook, and the note as it was", got.Node, got.Note, node)
				}
			}
		})
	}
}

// defaultSession has columns whose tags name a default.
type defaultSession struct {
	gormstore.Base
	Plan   string `gorm:"size:20;default:free"`
	Limit  int    `gorm:"default:10"`
	Device string `gorm:"size:40;default:(lower('NONE'))"`
}

func (s *defaultSession) FillSession(_ context.Context, values core.Values) error {
	s.Plan, _ = values.Get("plan").(string)
	return nil
}

// TestColumnDefaults: a column that FillSession leaves alone has its default after
// an UPDATE as after an INSERT; one that the database makes is as it was.
func TestColumnDefaults(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[defaultSession])
			want := func(when, plan string) {
				t.Helper()
				if got := row[defaultSession](t, db, key1); got.Plan != plan || got.Limit != 10 || got.Device != "none" {
					t.Errorf("%s: got plan %q, limit %d, device %q, want %q, 10, none", when, got.Plan, got.Limit, got.Device, plan)
				}
			}
			create(t, store, rec(t, key1))
			want("after Create", "free")
			for _, plan := range []string{"gold", "", "silver"} {
				r := rec(t, key1, "plan", plan)
				if _, err := store.Update(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				if plan == "" {
					plan = "free"
				}
				want("after Update", plan)
			}
		})
	}
}
