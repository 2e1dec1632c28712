package dbtest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// accountSession is the example of Django's documentation: who is logged in, in
// an indexed column that is NULL for everybody else.
type accountSession struct {
	gormstore.Base
	AccountID *int64 `gorm:"index"`
}

func (s *accountSession) FillSession(_ context.Context, values core.Values) error {
	id, _ := values.Get("_auth_user_id").(string)
	if id == "" {
		return nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return fmt.Errorf("_auth_user_id is not a number")
	}
	s.AccountID = &n
	return nil
}

// noteSession has columns that it does not fill.
type noteSession struct {
	gormstore.Base
	Note      string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// hookedSession has all the hooks, and columns with a life of their own.
type hookedSession struct {
	gormstore.Base
	Device    string `gorm:"size:100"`
	FirstSeen string `gorm:"<-:create;size:40"`
	Hooked    int
	CreatedAt time.Time
	UpdatedAt time.Time
}

func (s *hookedSession) FillSession(_ context.Context, values core.Values) error {
	s.Device, _ = values.Get("device").(string)
	s.FirstSeen = s.Device
	return nil
}

func (s *hookedSession) BeforeUpdate(tx *gorm.DB) error {
	s.Hooked = 7
	return failIfTold(tx)
}

func (s *hookedSession) AfterUpdate(*gorm.DB) error    { return s.fail("after update") }
func (s *hookedSession) AfterCreate(*gorm.DB) error    { return s.fail("after create") }
func (s *hookedSession) AfterDelete(tx *gorm.DB) error { return failIfTold(tx) }

func (s *hookedSession) fail(when string) error {
	if s.Device == when {
		return fmt.Errorf("the hook fails %s", when)
	}
	return nil
}

// failHooks in the context of a call makes hooks fail.
type failHooks struct{}

func failIfTold(tx *gorm.DB) error {
	if tx.Statement.Context.Value(failHooks{}) != nil {
		return fmt.Errorf("the hook fails as it was told")
	}
	return nil
}
