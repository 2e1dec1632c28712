package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// DeviceSession is a session that says whose it is. ClientBase adds the address,
// the browser, and when it was first and last seen.
type DeviceSession struct {
	gormstore.ClientBase
	AccountID *int64 `gorm:"index" djinn:"user"`
}

// TableName keeps it apart from Django's table.
func (DeviceSession) TableName() string { return "device_session" }

// accountID is where core/auth, like Django, keeps who is logged in.
const accountID core.Key[string] = "_auth_user_id"

// FillSession runs on every save. (Django's create_model_instance)
func (d *DeviceSession) FillSession(_ context.Context, items core.Values) error {
	id, ok := accountID.From(items)
	if !ok {
		return nil // nobody is logged in: the column becomes NULL
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return errors.New("account_id: the user's ID is no number") // err quotes it
	}
	d.AccountID = &n
	return nil
}

// openDevices returns the store, and makes its table if it is not there. An account
// may have that many sessions, the one seen longest ago makes room; 0 is no limit.
func openDevices(ctx context.Context, db *gorm.DB, limit int) (*gormstore.Store[DeviceSession], error) {
	var opts []gormstore.Option
	if limit > 0 {
		opts = append(opts, gormstore.WithSessionCap(limit, gormstore.EvictOldest))
	}
	store, err := gormstore.NewModel[DeviceSession](db, opts...)
	if err != nil {
		return nil, err
	}
	return store, store.Migrate(ctx)
}

// deviceLimit reads DEVICE_LIMIT.
func deviceLimit(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("DEVICE_LIMIT %q: write how many devices an account may have, at least 1, or leave it out", text)
	}
	return n, nil
}
