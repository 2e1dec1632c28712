package main

import (
	"context"
	"fmt"
	"regexp"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// The columns that are looked for by name.
const (
	djangoTable = "django_session"

	keyColumn     = "session_key"
	dataColumn    = "session_data"
	expireColumn  = "expire_date"
	ipColumn      = "client_ip"
	agentColumn   = "user_agent"
	createdColumn = "created_at"
	seenColumn    = "last_seen"
)

// The models of tables that are not Django's own. Table and user column have the
// names that the flags say.
type (
	customSession struct{ gormstore.Base }

	userSession struct {
		gormstore.Base
		User *string `gorm:"size:255;index" djinn:"user"`
	}
)

// names is the naming strategy of one run.
type names struct {
	schema.NamingStrategy
	table, user string
}

func (a *app) names() names { return names{table: a.tableName, user: a.userColumn} }

// TableName gives the models the table of --table.
func (n names) TableName(structName string) string {
	switch structName {
	case "customSession", "userSession":
		return n.table
	}
	return n.NamingStrategy.TableName(structName)
}

// ColumnName gives the field User the column of --user-column.
func (n names) ColumnName(table, field string) string {
	if field == "User" {
		return n.user
	}
	return n.NamingStrategy.ColumnName(table, field)
}

// store is what the command needs of a gormstore.Store, whatever its model.
type store interface {
	core.Configurer
	Migrate(ctx context.Context) error
	ClearExpired(ctx context.Context, opts core.ClearOptions) (int64, error)
	OfUser(id any) func(*gorm.DB) *gorm.DB
	Revoke(ctx context.Context, publicID string, scopes ...func(*gorm.DB) *gorm.DB) error
	RevokeAll(ctx context.Context, scopes ...func(*gorm.DB) *gorm.DB) (int64, error)
	RevokeUser(ctx context.Context, id any, except ...string) (int64, error)
}

// store returns the store on the table that the flags name.
func (a *app) store(db *gorm.DB) (store, error) {
	s, err := a.open(db)
	if err != nil {
		return nil, err
	}
	return s, s.Configure(core.Settings{Now: a.now})
}

func (a *app) open(db *gorm.DB) (store, error) {
	switch {
	case a.userColumn != "":
		return gormstore.NewModel[userSession](db)
	case a.tableName != djangoTable:
		return gormstore.NewModel[customSession](db)
	default:
		return gormstore.New(db)
	}
}

// ddl returns the statements that create the table.
func (a *app) ddl(db *gorm.DB) ([]string, error) {
	switch {
	case a.userColumn != "":
		return gormstore.DDL[userSession](db)
	case a.tableName != djangoTable:
		return gormstore.DDL[customSession](db)
	default:
		return gormstore.DDL[gormstore.DjangoSession](db)
	}
}

var (
	columnName = regexp.MustCompile(`^\w{1,63}$`)
	tableName  = regexp.MustCompile(`^(\w{1,63}\.)?\w{1,63}$`)
)

// checkNames refuses names that are none. They are not quoted: what stands in the
// wrong place may be a secret.
func (a *app) checkNames() error {
	if !tableName.MatchString(a.tableName) {
		return usageError("--table: this is no table name: write NAME or SCHEMA.NAME, of letters, digits and underscores")
	}
	switch a.userColumn {
	case "":
		return nil
	case keyColumn, dataColumn, expireColumn:
		return usageError("--user-column: %s is a column that every session table has: name the one with the user's ID", a.userColumn)
	}
	if !columnName.MatchString(a.userColumn) {
		return usageError("--user-column: this is no column name: use letters, digits and underscores")
	}
	return nil
}

// errNoTable says what to do about a table that is not there.
func (a *app) errNoTable() error {
	return fmt.Errorf("there is no table %s in the database: create it with \"djinn migrate\" or Django's migrate, or name another one with --table", a.tableName)
}
