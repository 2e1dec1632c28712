package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core/auth"
	"github.com/djinn-go/djinn/gormstore"
)

// account is a row of Django's auth_user: the columns that Go's pages use.
type account struct {
	ID        int64
	Username  string
	FirstName string
	Password  string // algorithm, salt and hash; it belongs in no log
	LastLogin *gormstore.DateTime
}

// TableName is Django's name for the table.
func (account) TableName() string { return "auth_user" }

// Name is what to call the user.
func (a account) Name() string {
	if a.FirstName != "" {
		return a.FirstName
	}
	return a.Username
}

// forSession is what the session has to know of the user.
func (a account) forSession() auth.User {
	return auth.User{ID: strconv.FormatInt(a.ID, 10), PasswordHash: a.Password}
}

// accounts is Django's table of users.
type accounts struct{ db *gorm.DB }

// byID is for [auth.GetUser]. Users who are not active are anonymous, as in
// Django.
func (t accounts) byID(ctx context.Context, id string) (a account, passwordHash string, err error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return a, "", auth.ErrNoUser
	}
	a, err = t.take(ctx, "id", n)
	return a, a.Password, err
}

// authenticate reports whether there is such an active user with that password, and
// takes note of the log-in: Django's authenticate, and its update of last_login.
func (t accounts) authenticate(ctx context.Context, name, password string) (a account, ok bool, err error) {
	a, err = t.take(ctx, "username", name)
	if errors.Is(err, auth.ErrNoUser) {
		return a, false, t.dawdle(ctx, password)
	}
	if err != nil {
		return a, false, err
	}
	if ok, err = checkPassword(a.Password, password); !ok {
		return account{}, false, err
	}
	err = t.db.WithContext(ctx).Model(&a).UpdateColumn("last_login", gormstore.Now()).Error
	return a, err == nil, err
}

// take returns the active user who has that value in that column.
func (t accounts) take(ctx context.Context, column string, value any) (a account, err error) {
	err = t.db.WithContext(ctx).Where(map[string]any{column: value, "is_active": true}).Take(&a).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return account{}, auth.ErrNoUser
	case err != nil:
		return account{}, fmt.Errorf("reading auth_user: %w", err)
	}
	return a, nil
}

// dawdle takes as long for an unknown name as checking a password takes for a
// known one, so that time does not tell who has an account.
func (t accounts) dawdle(ctx context.Context, password string) error {
	var anybody account
	err := t.db.WithContext(ctx).Where("is_active = ?", true).Take(&anybody).Error
	if err == nil {
		_, err = checkPassword(anybody.Password, password)
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	return err
}
