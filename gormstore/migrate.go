package gormstore

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// Migrate creates the table if it is absent. For [Session] the table and its
// indexes are those of Django's migration, by name and type, so that Django
// accepts them with migrate --fake-initial; for a custom model they are those of
// GORM's AutoMigrate.
//
// A table that is there is looked at and never altered: if it lacks a column, or
// has one that the store would leave empty and must not, the error names it.
// Columns that the model does not know are fine otherwise.
func (s *Store[M]) Migrate(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return err // which GORM's HasTable would take for "no table", or panic at
	}
	db := s.plain.WithContext(ctx)
	if db.Migrator().HasTable(new(M)) {
		return s.checkTable(db)
	}
	err := s.createTable(db)
	if err != nil && db.Migrator().HasTable(new(M)) {
		return s.checkTable(db) // another node was faster
	}
	return s.fail(err)
}

func (s *Store[M]) createTable(db *gorm.DB) error {
	if _, ok := any(new(M)).(*Session); !ok {
		return db.AutoMigrate(new(M))
	}
	return db.Transaction(func(tx *gorm.DB) error {
		for _, statement := range s.dialect.ddl() {
			if err := tx.Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	})
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

// checkTable compares the table with the model.
func (s *Store[M]) checkTable(db *gorm.DB) error {
	columns, err := db.Migrator().ColumnTypes(new(M))
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

// mustBeGiven tells whether an INSERT without the column fails.
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
