package gormstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/migrator"
)

// Migrate creates the table if it is absent, with the statements of [DDL]: for
// [DjangoSession] those of Django's migration, so that Django accepts the table with
// migrate --fake-initial; for a custom model those of GORM's Migrator. Tables that
// the model refers to by a foreign key must be there. A model with a column tagged
// djinn:"user" gets its table of users too.
//
// A table that is there is looked at and never altered: if it lacks a column, or
// has one that the store would leave empty and must not, the error names it.
// Columns that the model does not know are fine otherwise.
func (s *Store[M]) Migrate(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return err // which GORM's HasTable would take for "no table", or panic at
	}
	db := s.userDB.WithContext(ctx)
	statements, err := s.model.ddl(db)
	if err != nil {
		return err
	}
	if err := s.create(db, s.model.schema.Table, statements); err != nil {
		return err
	}
	if s.model.user != nil {
		if err := s.create(db, s.model.users, s.model.usersDDL(db)); err != nil {
			return err
		}
		if err := s.checkUsers(db); err != nil {
			return err
		}
	}
	return s.checkTable(db)
}

// create runs the statements that create a table, unless it is there.
func (s *Store[M]) create(db *gorm.DB, table string, statements []string) error {
	if s.hasTable(db, table) {
		return nil
	}
	err := db.Transaction(func(tx *gorm.DB) error {
		for _, statement := range statements {
			if err := tx.Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err == nil:
		return nil
	case s.hasTable(db, table):
		return nil // another node was faster
	case s.dialect.kindOf(err) == kindNoTable:
		return &dbError{"gormstore: create the table " + table + ": " + err.Error() + " (create the tables that the model refers to before it)", err}
	}
	return s.fail(err)
}

// checkUsers finds a table of that name that is not the table of users.
func (s *Store[M]) checkUsers(db *gorm.DB) error {
	columns, err := s.columnTypes(db, s.model.users)
	if err != nil {
		return s.fail(err)
	}
	var names []string
	for _, c := range columns {
		names = append(names, c.Name())
	}
	if slices.Contains(names, "user_id") && slices.Contains(names, "revoked_at") {
		return nil
	}
	return fmt.Errorf("gormstore: the table %s is not the table of users that the model %s needs, with the columns user_id and revoked_at: rename it, or name another table in the model's TableName method",
		s.model.users, s.model.name)
}

func (s *Store[M]) hasTable(db *gorm.DB, table string) bool {
	if s.elsewhere(table) {
		_, err := s.columnTypes(db, table)
		return err == nil
	}
	return db.Migrator().HasTable(table)
}

// elsewhere reports whether a table is in another database than the DSN's, into which
// GORM's Migrator does not look on MySQL.
func (s *Store[M]) elsewhere(table string) bool {
	return s.dialect == mysql && strings.Contains(table, ".")
}

// columnTypes describes a table; one elsewhere as far as a result does.
func (s *Store[M]) columnTypes(db *gorm.DB, table string) (types []gorm.ColumnType, err error) {
	if !s.elsewhere(table) {
		return db.Migrator().ColumnTypes(table)
	}
	rows, err := db.Table(table).Limit(0).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	for _, c := range columns {
		unknown := sql.NullString{Valid: true} // it may have a default, or not
		types = append(types, migrator.ColumnType{SQLColumnType: c, DefaultValueValue: unknown})
	}
	return types, errors.Join(err, rows.Err())
}

// checkTable compares the table with the model.
func (s *Store[M]) checkTable(db *gorm.DB) error {
	columns, err := s.columnTypes(db, s.model.schema.Table)
	if err != nil {
		return s.fail(err)
	}
	have := make(map[string]gorm.ColumnType, len(columns))
	for _, c := range columns {
		have[c.Name()] = c
	}
	var wrong []string
	for _, name := range s.model.schema.DBNames {
		if have[name] == nil && !s.model.schema.FieldsByDBName[name].IgnoreMigration {
			wrong = append(wrong, "the column "+name+" is missing")
		}
	}
	for _, c := range columns {
		if s.model.schema.FieldsByDBName[c.Name()] == nil && mustBeGiven(c) {
			wrong = append(wrong, "the column "+c.Name()+" is unknown, and is NOT NULL without a default, so that no session could be inserted")
		}
	}
	wrong = append(wrong, s.checkTypes(have)...)
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("gormstore: the table %s is not the one of the model %s: %s: alter it by a migration of yours, or name another table in the model's TableName method",
		s.model.schema.Table, s.model.name, strings.Join(wrong, "; "))
}

// mustBeGiven reports whether an INSERT without the column fails.
func mustBeGiven(c gorm.ColumnType) bool {
	nullable, ok := c.Nullable()
	_, hasDefault := c.DefaultValue()
	auto, _ := c.AutoIncrement()
	return ok && !nullable && !hasDefault && !auto
}

// checkTypes looks at what would go wrong in silence: a key that is not unique,
// and an expiry that compares as something else than a moment.
func (s *Store[M]) checkTypes(have map[string]gorm.ColumnType) (wrong []string) {
	if c := have[keyColumn]; c != nil {
		if primary, ok := c.PrimaryKey(); ok && !primary {
			wrong = append(wrong, "the column "+keyColumn+" is not the primary key")
		}
	}
	want := map[dialect]string{sqlite: "datetime", mysql: "datetime", postgres: "timestamptz"}[s.dialect]
	if c := have[expireColumn]; c != nil && !strings.EqualFold(c.DatabaseTypeName(), want) {
		wrong = append(wrong, fmt.Sprintf("the column %s has the type %s and should have %s", expireColumn, strings.ToLower(c.DatabaseTypeName()), want))
	}
	return wrong
}
