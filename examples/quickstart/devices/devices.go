// Package devices is who is logged in where, as the README shows it.
package devices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"gorm.io/gorm"
)

const (
	userID core.Key[string] = "_auth_user_id" // where Django keeps who is logged in
	cart   core.Key[[]int]  = "cart"
)

// DeviceSession says whose a session is, and from where it is used.
type DeviceSession struct {
	gormstore.ClientBase        // Base, and client_ip, user_agent, created_at, last_seen
	AccountID            *int64 `gorm:"index" djinn:"user"`
}

// FillSession fills account_id; the other columns fill themselves.
func (s *DeviceSession) FillSession(ctx context.Context, items core.Values) error {
	if id, ok := userID.From(items); ok {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return errors.New("account_id: the user's ID is no number") // err quotes it
		}
		s.AccountID = &n
	}
	return nil
}

// Site is a program with such sessions.
type Site struct {
	store *gormstore.Store[DeviceSession]
}

// Open allows each account five sessions; the sixth log-in ends the oldest one.
func Open(ctx context.Context, db *gorm.DB) (*Site, error) {
	store, err := gormstore.NewModel[DeviceSession](db, gormstore.WithSessionCap(5, gormstore.EvictOldest))
	if err != nil {
		return nil, err
	}
	return &Site{store}, store.Migrate(ctx)
}

// Devices lists where an account is logged in. A public ID is no key: it may be in a page.
func (site *Site) Devices(ctx context.Context, w io.Writer, account int64) error {
	for row, err := range site.store.Sessions(ctx, site.store.OfUser(account)) {
		if err != nil {
			return err
		}
		fmt.Fprintln(w, row.PublicID(), row.UserAgent, row.ClientIP, row.LastSeen.Format(time.DateTime))
	}
	return nil
}

// SignOut ends one of the account's sessions, and no other account's.
func (site *Site) SignOut(ctx context.Context, account int64, publicID string) error {
	return site.store.Revoke(ctx, publicID, site.store.OfUser(account))
}

// SignOutElsewhere ends all of them but this one, whatever is in flight.
func (site *Site) SignOutElsewhere(ctx context.Context, account int64, s *core.Session) (int64, error) {
	return site.store.RevokeUser(ctx, account, s.PublicID())
}

// Order is a row of the program's own.
type Order struct {
	ID    int64
	Items int
}

// Checkout makes an order of the cart: both are changed, or neither.
func (site *Site) Checkout(ctx context.Context, s *core.Session) error {
	return site.store.Transaction(ctx, s, func(tx *gorm.DB) error {
		order := Order{Items: len(cart.Pop(s))}
		return tx.Create(&order).Error
	})
}
