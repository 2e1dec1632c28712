package model

import (
	"path/filepath"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
)

func TestAccountID(t *testing.T) {
	t.Parallel()
	db, err := gorm.Open(sqlite.Open(filepath.Join(t.TempDir(), "sessions.sqlite3")), &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if pool, err := db.DB(); err == nil {
		t.Cleanup(func() { pool.Close() })
	}
	store, err := Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "only for tests"})
	if err != nil {
		t.Fatal(err)
	}
	s := m.Open(t.Context(), "")
	account := func() *int64 {
		t.Helper()
		if err := s.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		var row AccountSession
		if err := db.Take(&row).Error; err != nil {
			t.Fatal(err)
		}
		return row.AccountID
	}
	userID.Set(s, "42")
	if got := account(); got == nil || *got != 42 {
		t.Errorf("account_id = %v, want 42", got)
	}
	userID.Delete(s)
	if got := account(); got != nil {
		t.Errorf("account_id = %d after the item is gone, want NULL", *got)
	}
	userID.Set(s, "jasmine")
	if err := s.Save(t.Context()); err == nil {
		t.Error("an id that is no number is saved")
	}
}
