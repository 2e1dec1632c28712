package main

import (
	"errors"
	"testing"

	"github.com/djinn-go/djinn/core/auth"
)

// newAccounts makes Django's table, with the columns that matter here.
func newAccounts(t *testing.T) accounts {
	t.Helper()
	db := openEnv(t).DB()
	for _, statement := range []string{
		`CREATE TABLE auth_user (id integer PRIMARY KEY, username varchar(150), first_name varchar(150), password varchar(128), is_active bool, last_login datetime NULL)`,
		`INSERT INTO auth_user VALUES (1, 'aladdin', '', '` + sesame + `', 1, NULL), (2, 'jafar', 'Jafar', '` + sesame + `', 0, NULL),
			(3, 'genie', '', 'md5$salt$hash', 1, '2026-11-23 04:05:06.123456')`,
	} {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
	return accounts{db}
}

func TestByID(t *testing.T) {
	t.Parallel()
	users := newAccounts(t)
	a, hash, err := users.byID(t.Context(), "1")
	if err != nil || a.Username != "aladdin" || a.Name() != "aladdin" || hash != sesame || a.LastLogin != nil {
		t.Errorf("1: got %q, %v, want aladdin, who has never logged in", a.Username, err)
	}
	a, _, err = users.byID(t.Context(), "3")
	if err != nil || a.LastLogin == nil || a.LastLogin.Year() != 2026 {
		t.Errorf("3: got a last log-in %v, %v, want one of 2026", a.LastLogin, err)
	}
	for id, why := range map[string]string{"2": "not active", "9": "unknown", "": "no ID", "1 OR 1": "no ID"} {
		if _, _, err := users.byID(t.Context(), id); !errors.Is(err, auth.ErrNoUser) {
			t.Errorf("%q, %s: got %v, want ErrNoUser", id, why, err)
		}
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	users := newAccounts(t)
	for _, tc := range []struct {
		name, password string
		want           bool
		err            error
	}{
		{"aladdin", "Sésame", true, nil},
		{"aladdin", "sesame", false, nil},
		{"Aladdin", "Sésame", false, nil},
		{"jafar", "Sésame", false, nil}, // not active
		{"abu", "Sésame", false, nil},
		{"genie", "Sésame", false, errHasher},
	} {
		a, got, err := users.authenticate(t.Context(), tc.name, tc.password)
		if got != tc.want || !errors.Is(err, tc.err) || got != (a.Username == tc.name) {
			t.Errorf("%s with %q: got %t, %v, want %t, %v", tc.name, tc.password, got, err, tc.want, tc.err)
		}
	}
	a, _, err := users.byID(t.Context(), "1")
	if err != nil || a.LastLogin == nil {
		t.Errorf("after a log-in: got last_login %v, %v, want a moment", a.LastLogin, err)
	}
	if b, _, _ := users.byID(t.Context(), "3"); b.LastLogin == nil || b.LastLogin.Minute() != 5 {
		t.Errorf("another user's log-in changed last_login to %v", b.LastLogin)
	}
}
