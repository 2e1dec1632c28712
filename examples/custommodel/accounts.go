package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
)

// account is somebody who may log in.
type account struct {
	ID       int64
	Username string      `gorm:"size:60;not null;uniqueIndex"`
	Password core.Secret `gorm:"size:60;not null"` // a hash; the type keeps it out of logs
}

// TableName is the name of the table, whatever the type is called.
func (account) TableName() string { return "accounts" }

// forSession is what the session has to know of the account.
func (a account) forSession() auth.User {
	return auth.User{ID: strconv.FormatInt(a.ID, 10), PasswordHash: string(a.Password)}
}

// Demo is an account for those who look around, with the password it begins with.
type Demo struct{ Username, Password string }

var demos = []Demo{{"aladdin", "open-sesame"}, {"jasmine", "rajah-the-tiger"}}

// accounts is the table of them.
type accounts struct {
	db *gorm.DB
	// nobody is a password that no account has.
	nobody core.Secret
}

// openAccounts makes the table, and the demo accounts, if they are not there.
func openAccounts(ctx context.Context, db *gorm.DB) (t accounts, err error) {
	t.db = db
	if t.nobody, err = hashPassword(rand.Text()); err != nil {
		return t, err
	}
	db = db.WithContext(ctx)
	if err := db.AutoMigrate(&account{}); err != nil {
		return t, fmt.Errorf("making the table of accounts: %w", err)
	}
	for _, d := range demos {
		hash, err := hashPassword(d.Password)
		if err != nil {
			return t, err
		}
		a := account{Username: d.Username, Password: hash}
		if err := db.Clauses(clause.OnConflict{DoNothing: true}).Create(&a).Error; err != nil {
			return t, fmt.Errorf("making the account of %s: %w", d.Username, err)
		}
	}
	return t, nil
}

// byID is for [auth.GetUser].
func (t accounts) byID(ctx context.Context, id string) (a account, passwordHash string, err error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return a, "", auth.ErrNoUser
	}
	a, err = t.take(ctx, "id", n)
	return a, string(a.Password), err
}

// authenticate returns the account with that name and password, or false if there
// is none. An unknown name takes as long as a known one, so that time does not tell
// who has an account.
func (t accounts) authenticate(ctx context.Context, name, password string) (a account, ok bool, err error) {
	a, err = t.take(ctx, "username", name)
	if errors.Is(err, auth.ErrNoUser) {
		a.Password, err = t.nobody, nil
	}
	if err != nil {
		return account{}, false, err
	}
	if ok, err = checkPassword(a.Password, password); !ok {
		return account{}, false, err
	}
	return a, true, nil
}

// take returns the account that has that value in that column.
func (t accounts) take(ctx context.Context, column string, value any) (a account, err error) {
	err = t.db.WithContext(ctx).Where(map[string]any{column: value}).Take(&a).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return account{}, auth.ErrNoUser
	case err != nil:
		return account{}, fmt.Errorf("reading the accounts: %w", err)
	}
	return a, nil
}
