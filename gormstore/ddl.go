package gormstore

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// DDL returns the statements with which [Store.Migrate] creates the tables of a model
// on db's kind of database, each without a semicolon, for those whose migrations
// another tool runs. It runs nothing; db may be in DryRun mode and need no server.
//
//	statements, err := gormstore.DDL[AccountSession](db)
func DDL[M any, P interface {
	*M
	Model
}](db *gorm.DB) ([]string, error) {
	if db == nil || db.Statement == nil {
		return nil, errNoDB
	}
	if err := dialect(db.Name()).check(); err != nil {
		return nil, err
	}
	m, err := parseModel(db.Session(&gorm.Session{NewDB: true}), P(new(M)))
	if err != nil {
		return nil, err
	}
	statements, err := m.ddl(db)
	if err == nil && m.user != nil {
		statements = append(statements, m.usersDDL(db)...)
	}
	return statements, err
}

// ddl makes GORM's Migrator say how it would create the table of the sessions. On
// PostgreSQL that would leave out an index whose name another table's has, and say
// nothing.
func (m *model) ddl(db *gorm.DB) ([]string, error) {
	if m.schema.ModelType == reflect.TypeFor[DjangoSession]() {
		return dialect(db.Name()).ddl(), nil
	}
	var recorder statementRecorder
	db = db.Session(&gorm.Session{NewDB: true, DryRun: true, Logger: &recorder, SkipDefaultTransaction: true})
	ddlMu.Lock()
	defer ddlMu.Unlock()
	if err := db.Migrator().CreateTable(reflect.New(m.schema.ModelType).Interface()); err != nil {
		return nil, fmt.Errorf("gormstore: GORM cannot create a table for the model %s: %w", m.name, err)
	}
	for i, statement := range recorder.statements {
		recorder.statements[i] = strings.Replace(statement, "INDEX IF NOT EXISTS", "INDEX", 1)
	}
	if dialect(db.Name()) == postgres {
		recorder.statements = append(recorder.statements, m.likeIndex(db))
	}
	return recorder.statements, nil
}

// ddlMu is held while GORM writes DDL: its driver for MySQL notes the precision of a
// time column in the parsed model, which all stores of a *gorm.DB share.
var ddlMu sync.Mutex

// likeIndex is for looking up public IDs: without it PostgreSQL uses an index for LIKE in
// the C locale alone. Django makes one for its table too.
func (m *model) likeIndex(db *gorm.DB) string {
	table := m.schema.Table
	name := db.NamingStrategy.IndexName(table[strings.LastIndexByte(table, '.')+1:], keyColumn+"_like")
	quote := db.Statement.Quote
	return fmt.Sprintf("CREATE INDEX %s ON %s (%s varchar_pattern_ops)", quote(name), quote(table), quote(keyColumn))
}

// statementRecorder is a GORM logger that records statements.
type statementRecorder struct {
	logger.Interface
	statements []string
}

func (r *statementRecorder) LogMode(logger.LogLevel) logger.Interface { return r }

func (r *statementRecorder) Trace(_ context.Context, _ time.Time, fc func() (string, int64), _ error) {
	statement, _ := fc()
	r.statements = append(r.statements, statement)
}

// usersDDL creates the table of users.
func (m *model) usersDDL(db *gorm.DB) []string {
	quote := db.Statement.Quote
	columns := map[dialect][2]string{
		mysql:    {"varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY", "datetime(6) NULL"},
		postgres: {"varchar(255) NOT NULL PRIMARY KEY", "timestamp with time zone NULL"},
		sqlite:   {"varchar(255) NOT NULL PRIMARY KEY", "datetime NULL"},
	}[dialect(db.Name())]
	return []string{fmt.Sprintf("CREATE TABLE %s (%s %s, %s %s)",
		quote(m.users), quote("user_id"), columns[0], quote("revoked_at"), columns[1])}
}

// ddl is what Django's sqlmigrate sessions 0001 prints. MySQL commits after each
// statement of this kind, so there it is one.
func (d dialect) ddl() []string {
	switch d {
	case mysql:
		return []string{
			"CREATE TABLE `django_session` (`session_key` varchar(40) NOT NULL PRIMARY KEY, `session_data` longtext NOT NULL, `expire_date` datetime(6) NOT NULL, INDEX `django_session_expire_date_a5c62663` (`expire_date`))",
		}
	case postgres:
		return []string{
			`CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" timestamp with time zone NOT NULL)`,
			`CREATE INDEX "django_session_session_key_c0390e0f_like" ON "django_session" ("session_key" varchar_pattern_ops)`,
			`CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date")`,
		}
	default:
		return []string{
			`CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL)`,
			`CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date")`,
		}
	}
}
