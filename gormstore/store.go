package gormstore

import (
	"context"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
)

// Store keeps sessions in the table of the model M. It is safe for concurrent use,
// owns no connection and no goroutine, and needs no Close.
//
// Errors other than the sentinels of package core wrap what the driver said;
// their text quotes neither key nor payload.
type Store[M any] struct {
	database
	model *model
	base  func(*M) *Base

	settings   core.StoreSettings
	sessionCap *sessionCap // nil: none
	listeners  listeners
}

// The abilities of a Store beyond core.Store.
var (
	_ core.Store          = (*Store[DjangoSession])(nil)
	_ core.Toucher        = (*Store[DjangoSession])(nil)
	_ core.Rotator        = (*Store[DjangoSession])(nil)
	_ core.ExpiredClearer = (*Store[DjangoSession])(nil)
	_ core.ChangeNotifier = (*Store[DjangoSession])(nil)
	_ core.Configurer     = (*Store[DjangoSession])(nil)
	_ core.Pinger         = (*Store[DjangoSession])(nil)
)

// Option is a rare setting of [New] and [NewModel].
type Option func(*options)

type options struct{ sessionCap *sessionCap }

// New returns a store on Django's table, django_session. It does no I/O: call
// [Store.Migrate] to create the table, or let Django.
//
// db is used as it is set up, and never changed. It must not carry conditions,
// a table or an error of its own.
func New(db *gorm.DB, opts ...Option) (*Store[DjangoSession], error) {
	return NewModel[DjangoSession](db, opts...)
}

// NewModel returns a store on the table of a custom model, a struct that embeds
// [Base]: gormstore.NewModel[AccountSession](db). The table has the name that GORM
// gives it, or the model's TableName method. It does no I/O; the errors are about
// the model's definition and say what to change.
//
// The hooks on the model run: those for create and delete with the key in Base,
// those for update with data, expiry and what FillSession filled, also when an
// update then turns out to find no row. A model with an After hook or an
// association is written in a transaction, so that a hook that fails leaves no
// trace. At a log-in of a model with a user column the hooks for update run twice,
// the first time for an update that finds no row. A move of the expiry alone, the
// clearing of expired rows and revocations run no hook.
func NewModel[M any, P interface {
	*M
	Model
}](db *gorm.DB, opts ...Option) (*Store[M], error) {
	if err := checkDB(db); err != nil {
		return nil, err
	}
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	s := &Store[M]{
		database:   newDatabase(db),
		base:       func(row *M) *Base { return P(row).sessionBase() },
		sessionCap: o.sessionCap,
	}
	var err error
	if s.model, err = parseModel(s.userDB, P(new(M))); err != nil {
		return nil, err
	}
	if err := s.sessionCap.check(s.model); err != nil {
		return nil, err
	}
	return s, nil
}

// Configure implements [core.Configurer]: the store needs the clock that decides what
// has expired. As in Django that is the application's and not the database's:
// Config.Now of the Manager. A store that is used without one may be given
// core.Settings{Now: clock}; the default is time.Now.
func (s *Store[M]) Configure(all core.Settings) error {
	return s.settings.Keep(core.Settings{Now: all.Now})
}

// Ping asks the database for an answer, for health checks.
func (s *Store[M]) Ping(ctx context.Context) error {
	// Rows and not Row: where a prepared statement or a plugin fails, GORM's Row
	// has nothing in it, and its Scan panics.
	rows, err := s.statement(ctx).Raw("SELECT 1").Rows()
	if err != nil {
		return s.fail(err)
	}
	defer rows.Close()
	rows.Next()
	return s.fail(rows.Err())
}
