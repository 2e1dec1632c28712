package main

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// column is what the database knows about a column.
type column struct {
	Name       string
	Type       string // in lower case, with its length: varchar(40)
	Nullable   bool
	HasDefault bool
	// Charset and Collation are known on MySQL, "" otherwise.
	Charset, Collation string
}

// index is what the database knows about an index.
type index struct {
	Name    string
	First   string // its first column
	Columns int
	Unique  bool
	Primary bool
	// Whole is false for an index of a part of the rows, and for one whose creation
	// failed.
	Whole bool
	// Pattern says that LIKE can use it whatever the collation (PostgreSQL).
	Pattern bool
}

// catalogue is what the database knows about the table.
type catalogue struct {
	columns []column
	indexes []index
}

// GORM's own Migrator tells less: no character sets, nothing of invalid or partial
// indexes; and on SQLite it parses the text of CREATE TABLE.
var columnQueries = map[string]string{
	dialectSQLite: `SELECT name, lower(type), "notnull" = 0, dflt_value IS NOT NULL, '', '' FROM pragma_table_info(@table) ORDER BY cid`,
	dialectPostgres: `SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull, atthasdef OR attidentity <> '', '', ''
		FROM pg_attribute WHERE attrelid = to_regclass(@quoted) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
	dialectMySQL: `SELECT column_name, lower(column_type), is_nullable = 'YES', column_default IS NOT NULL OR extra LIKE '%auto_increment%' OR extra LIKE '%GENERATED%',
		COALESCE(character_set_name, ''), COALESCE(collation_name, '')
		FROM information_schema.columns WHERE table_schema = COALESCE(NULLIF(@schema, ''), DATABASE()) AND table_name = @table ORDER BY ordinal_position`,
}

var indexQueries = map[string]string{
	dialectSQLite: `SELECT l.name, i.name, (SELECT COUNT(*) FROM pragma_index_info(l.name)), l."unique", l.origin = 'pk', l.partial = 0, 0
		FROM pragma_index_list(@table) l JOIN pragma_index_info(l.name) i ON i.seqno = 0`,
	dialectPostgres: `SELECT c.relname, COALESCE(a.attname, ''), x.indnkeyatts, x.indisunique, x.indisprimary, x.indisvalid AND x.indpred IS NULL, o.opcname LIKE '%pattern_ops'
		FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_opclass o ON o.oid = x.indclass[0]
		LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
		WHERE x.indrelid = to_regclass(@quoted)`,
	dialectMySQL: `SELECT index_name, MAX(CASE WHEN seq_in_index = 1 THEN column_name ELSE '' END), COUNT(*), MAX(non_unique) = 0, index_name = 'PRIMARY', MAX(sub_part) IS NULL, 0
		FROM information_schema.statistics WHERE table_schema = COALESCE(NULLIF(@schema, ''), DATABASE()) AND table_name = @table GROUP BY index_name`,
}

// readCatalogue asks about a table. One that is not there has no columns.
func readCatalogue(ctx context.Context, db *gorm.DB, table string) (catalogue, error) {
	var c catalogue
	err := eachRow(askCatalogue(ctx, db, columnQueries, table), func(rows *sql.Rows) error {
		var col column
		err := rows.Scan(&col.Name, &col.Type, &col.Nullable, &col.HasDefault, &col.Charset, &col.Collation)
		c.columns = append(c.columns, col)
		return err
	})
	if err != nil {
		return c, err
	}
	err = eachRow(askCatalogue(ctx, db, indexQueries, table), func(rows *sql.Rows) error {
		var x index
		err := rows.Scan(&x.Name, &x.First, &x.Columns, &x.Unique, &x.Primary, &x.Whole, &x.Pattern)
		c.indexes = append(c.indexes, x)
		return err
	})
	return c, err
}

func askCatalogue(ctx context.Context, db *gorm.DB, queries map[string]string, name string) *gorm.DB {
	schema, table, ok := strings.Cut(name, ".")
	if !ok {
		schema, table = "", name
	}
	return db.WithContext(ctx).Raw(queries[db.Name()],
		sql.Named("schema", schema), sql.Named("table", table), sql.Named("quoted", db.Statement.Quote(name)))
}

// eachRow calls scan for each row of a query.
func eachRow(query *gorm.DB, scan func(*sql.Rows) error) error {
	rows, err := query.Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// column finds a column.
func (c catalogue) column(name string) (column, bool) {
	i := slices.IndexFunc(c.columns, func(col column) bool { return col.Name == name })
	if i < 0 {
		return column{}, false
	}
	return c.columns[i], true
}

func (c catalogue) has(name string) bool {
	_, ok := c.column(name)
	return ok
}

// indexed reports whether a query by that column finds its rows without looking at all.
func (c catalogue) indexed(column string) bool {
	return slices.ContainsFunc(c.indexes, func(x index) bool { return x.First == column && x.Whole })
}

// unique reports whether the database keeps two rows from having the same value.
func (c catalogue) unique(column string) bool {
	return slices.ContainsFunc(c.indexes, func(x index) bool {
		return x.First == column && x.Columns == 1 && (x.Unique || x.Primary) && x.Whole
	})
}
