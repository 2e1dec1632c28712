// Package gormstore keeps sessions in a database through GORM: in Django's own
// table, django_session, or in a model of yours that has more columns.
//
// [New] gives a store for Django's table. A Django site and a Go program that
// have the same SECRET_KEY share it, in both directions:
//
//	store, err := gormstore.New(db)
//	if err != nil { … }
//	if err := store.Migrate(ctx); err != nil { … }
//	m, err := core.New(store, core.Config{SecretKey: secretKey})
//
// [NewModel] gives a store for a struct that embeds [Base], as Django's custom
// session models extend AbstractBaseSession. [SessionFiller] fills its columns.
// [ClientBase] in the place of Base has columns for who uses a session and since
// when. [DDL] prints what [Store.Migrate] would run, for migrations of your own.
//
// SQLite, PostgreSQL and MySQL or MariaDB are known; this module imports no
// driver, take GORM's for your database, or github.com/glebarez/sqlite, which
// needs no C compiler.
//
// The Django site keeps its times in UTC with USE_TZ = True, the default since 5.0,
// with USE_TZ = False and TIME_ZONE = "UTC", and on PostgreSQL always. With
// another TIME_ZONE, SQLite and MySQL hold its local time, and sessions live
// shorter or longer here by the difference.
//
// # Who is logged in where
//
// A column tagged djinn:"user" says whose a session is:
//
//	type DeviceSession struct {
//		gormstore.ClientBase
//		AccountID *int64 `gorm:"index" djinn:"user"`
//	}
//
// [Store.Sessions] iterates over rows, each with a public ID that is not its
// key; [Store.Revoke] ends one session, [Store.RevokeAll] those that a condition
// finds, [Store.RevokeUser] all of a user's. Revocation is final: no request in
// flight brings a session back, and none that has been at log-in since before
// RevokeUser gets one. [WithSessionCap] limits how many a user has.
//
// Such a model has a second table, <table>_users, with a row per user who has ever
// logged in, which log-ins and revocations lock. A log-in takes up to six statements
// more for it, BEGIN and COMMIT among them; every other save has one condition more.
// FillSession sets the column; a hook of GORM's comes too late. On MySQL and MariaDB
// these transactions are READ COMMITTED, with which binlog_format=STATEMENT, no
// longer the default of either, does not go.
//
// # Transactions
//
// [Store.Transaction] saves the session together with rows of the program's own,
// both or neither.
//
// # Cost
//
// A load is one SELECT, a save one UPDATE, a new session one INSERT, each by
// primary key and, unless the model has hooks or associations that need one,
// without a transaction around it. Every statement runs under the context of
// the request.
//
// SQLite waits for another writer without looking at that context: keep its
// busy_timeout below core.Config.StoreTimeout (5 s), or a lock that somebody holds
// makes requests wait longer than they are meant to.
//
// # What GORM sees
//
// The statements go through GORM's callbacks, so plugins, a read/write resolver,
// prepared statements and the hooks on a model work. Keys and payloads are
// parameters and are shown as placeholders in GORM's log and to tracing plugins,
// whatever the log level; errors do not quote them. The price is that a plugin
// which looks at the type of the Dialector does not recognise it: OpenTelemetry's
// spans lack the server's address.
//
// Behind a replica that lags, a session that has just been created would be
// unknown: with the dbresolver plugin give the store the primary,
// gormstore.New(db.Clauses(dbresolver.Write)).
package gormstore
