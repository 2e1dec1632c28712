// Package account asks who is logged in, as the README shows it.
package account

import (
	"context"
	"errors"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
	"gorm.io/gorm"
)

// Account is a row of Django's auth_user.
type Account struct {
	ID       int64
	Username string
	Password string
	IsActive bool
}

// TableName is Django's.
func (Account) TableName() string { return "auth_user" }

// Site knows its users.
type Site struct {
	db    *gorm.DB
	users *auth.Auth
}

// User is Django's request.user: who is logged in, on whichever side.
func (site *Site) User(ctx context.Context, s *core.Session) (Account, bool, error) {
	return auth.GetUser(ctx, site.users, s, func(ctx context.Context, id string) (Account, string, error) {
		var a Account
		err := site.db.WithContext(ctx).Where("id = ? AND is_active", id).Take(&a).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return a, "", auth.ErrNoUser
		}
		return a, a.Password, err
	})
}
