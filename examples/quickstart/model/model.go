// Package model is a custom session model, as the README shows it.
package model

import (
	"context"
	"errors"
	"strconv"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"gorm.io/gorm"
)

const userID core.Key[string] = "_auth_user_id" // where Django keeps who is logged in

// AccountSession is a session row that says whose it is.
type AccountSession struct {
	gormstore.Base
	AccountID *int64 `gorm:"index"`
}

// FillSession runs on every save. (Django's create_model_instance)
func (s *AccountSession) FillSession(ctx context.Context, items core.Values) error {
	id, ok := userID.From(items)
	if !ok {
		return nil // nobody is logged in: the column becomes NULL
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return errors.New("account_id: the user's ID is no number") // err quotes it
	}
	s.AccountID = &n
	return nil
}

// Open returns the store.
func Open(ctx context.Context, db *gorm.DB) (core.Store, error) {
	store, err := gormstore.NewModel[AccountSession](db)
	if err != nil {
		return nil, err
	}
	return store, store.Migrate(ctx)
}
