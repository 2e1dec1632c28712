package gormstore

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
)

// Store keeps sessions in the table of the model M. It is safe for concurrent use,
// owns no connection and no goroutine, and needs no Close.
//
// Errors other than the sentinels of package core wrap what the driver said;
// their text quotes neither key nor payload.
type Store[M any] struct {
	db      *gorm.DB // a clone that prints no values; see discreet
	plain   *gorm.DB // a clone as the user's, for statements without secrets
	dialect dialect
	model   *model
	base    func(*M) *Base
	inTx    bool // the user's *gorm.DB is a transaction already

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

type options struct {
	now        func() time.Time
	sessionCap *sessionCap
}

// WithClock sets the clock that decides what has expired, for a store that is used
// without a Manager. Defaults to Config.Now of the Manager, which must not be another
// one: as in Django the clock is the application's and not the database's.
func WithClock(now func() time.Time) Option { return func(o *options) { o.now = now } }

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
		dialect: dialect(db.Name()),
		base:    func(row *M) *Base { return P(row).sessionBase() },

		sessionCap: o.sessionCap,
	}
	_, s.inTx = db.Statement.ConnPool.(gorm.TxCommitter)
	// The context is there to make Session copy the statement, which is shared
	// with the user's db otherwise.
	s.plain = db.Session(&gorm.Session{Context: context.Background()})
	s.db = db.Session(&gorm.Session{Context: context.Background(), SkipDefaultTransaction: true})
	discreet(s.db)

	var err error
	if s.model, err = parseModel(s.plain, P(new(M))); err != nil {
		return nil, err
	}
	if err := s.sessionCap.check(s.model); err != nil {
		return nil, err
	}
	return s, s.settings.Keep(core.Settings{Now: o.now})
}

// Configure implements [core.Configurer]: the store needs the clock.
func (s *Store[M]) Configure(all core.Settings) error {
	return s.settings.Keep(core.Settings{Now: all.Now})
}

var errNoDB = errors.New("gormstore: the *gorm.DB is nil: open it with gorm.Open first")

// checkDB refuses a *gorm.DB that would not do what it is told.
func checkDB(db *gorm.DB) error {
	switch {
	case db == nil || db.Statement == nil:
		return errNoDB
	case db.Error != nil:
		return &dbError{"gormstore: the *gorm.DB carries an error: give the one that gorm.Open returned: " + db.Error.Error(), db.Error}
	case db.DryRun:
		return errors.New("gormstore: the *gorm.DB is in DryRun mode, in which no session would be stored: turn it off")
	case carriesQuery(db.Statement):
		return errors.New("gormstore: the *gorm.DB carries a table, conditions or a result, which would apply to every statement of the store: give the one that gorm.Open returned, and name the table in a TableName method on the model")
	}
	return dialect(db.Name()).check()
}

// carriesQuery reports whether somebody has begun or run a query on stmt.
func carriesQuery(stmt *gorm.Statement) bool {
	for _, name := range []string{"SELECT", "WHERE", "FROM", "SET", "LIMIT", "ORDER BY", "GROUP BY", "ON CONFLICT", "RETURNING"} {
		if _, ok := stmt.Clauses[name]; ok {
			return true
		}
	}
	return stmt.Table != "" || stmt.Dest != nil || stmt.SQL.Len() > 0 || len(stmt.Selects)+len(stmt.Omits)+len(stmt.Joins) > 0
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

// fail is an error of the database as the store returns it, see dialect.fail.
func (s *Store[M]) fail(err error, secrets ...string) error { return s.dialect.fail(err, secrets...) }
