package account

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/djinn-go/djinn/core/auth"
	"github.com/djinn-go/djinn/core/sessiontest"
	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
)

func TestUser(t *testing.T) {
	t.Parallel()
	db, err := gorm.Open(sqlite.Open(filepath.Join(t.TempDir(), "users.sqlite3")), &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if pool, err := db.DB(); err == nil {
		t.Cleanup(func() { pool.Close() })
	}
	jasmine := Account{ID: 7, Username: "jasmine", Password: "pbkdf2_sha256$1$salt$hash", IsActive: true}
	if err := errors.Join(db.AutoMigrate(&Account{}), db.Create(&jasmine).Error); err != nil {
		t.Fatal(err)
	}
	users, err := auth.New(auth.Config{SecretKey: "only for tests"})
	if err != nil {
		t.Fatal(err)
	}
	site := &Site{db, users}
	s := sessiontest.Manager(t).Open(t.Context(), "")

	who := func() string {
		t.Helper()
		a, ok, err := site.User(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if ok != (a.Username != "") {
			t.Errorf("ok = %t with the user %q", ok, a.Username)
		}
		return a.Username
	}
	if got := who(); got != "" {
		t.Errorf("before the log-in: %q", got)
	}
	if err := users.Login(s, auth.User{ID: "7", PasswordHash: jasmine.Password}); err != nil {
		t.Fatal(err)
	}
	if got := who(); got != "jasmine" {
		t.Errorf("after the log-in: %q, want jasmine", got)
	}
	if err := db.Model(&jasmine).Update("password", "another").Error; err != nil {
		t.Fatal(err)
	}
	if got := who(); got != "" {
		t.Errorf("after a change of the password: %q, want nobody", got)
	}
}
