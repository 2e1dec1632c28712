package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// checkColumns looks for the columns that every session table has.
func checkColumns(_ context.Context, p *patient) (found []finding, err error) {
	for _, name := range []string{keyColumn, dataColumn, expireColumn} {
		if p.has(name) {
			continue
		}
		found = append(found, finding{
			Check: "columns", Level: fault,
			What: fmt.Sprintf("the table %s has no column %s", p.name, name),
			Why:  "no session can be loaded or saved",
			Cure: "is this the right table? If it is, compare it with what \"djinn migrate --sql\" prints",
		})
	}
	return found, nil
}

// columnTypes are the types that Django's migration gives, the first one, and those
// that do as well.
var columnTypes = map[string]map[string][]string{
	dialectSQLite: {
		keyColumn: {"varchar(40)"}, dataColumn: {"text"}, expireColumn: {"datetime"},
	},
	dialectPostgres: {
		keyColumn:    {"character varying(40)", "character varying", "text"},
		dataColumn:   {"text", "character varying"},
		expireColumn: {"timestamp with time zone"},
	},
	dialectMySQL: {
		keyColumn: {"varchar(40)"}, dataColumn: {"longtext", "mediumtext"}, expireColumn: {"datetime(6)"},
	},
}

var typeFaults = map[string]string{
	keyColumn:    "a key that is cut, padded or compared in another way finds no session, or that of somebody else",
	dataColumn:   "a session that does not fit is refused, or cut and then lost",
	expireColumn: "the expiry is compared with the current time: as another type it is wrong by a time zone, or rounded, or compared as text of another form",
}

// checkTypes compares the types of these columns with Django's.
func checkTypes(_ context.Context, p *patient) (found []finding, err error) {
	for _, name := range []string{keyColumn, dataColumn, expireColumn} {
		col, ok := p.column(name)
		good := columnTypes[p.db.Name()][name]
		if !ok || slices.Contains(good, col.Type) || name == keyColumn && longEnough(col.Type) {
			continue
		}
		if p.db.Name() == dialectSQLite && name != expireColumn {
			continue // SQLite keeps every text whole in every column
		}
		found = append(found, finding{
			Check: "types", Level: fault,
			What: fmt.Sprintf("the column %s has the type %s, and should have %s", name, col.Type, good[0]),
			Why:  typeFaults[name],
			Cure: "change the type; on a large table that takes a lock for a while",
			SQL:  p.alterType(name, good[0]),
		})
	}
	return found, nil
}

// longEnough reports whether a type is varchar of 40 or more.
func longEnough(columnType string) bool {
	for _, prefix := range []string{"varchar(", "character varying("} {
		if length, ok := strings.CutPrefix(columnType, prefix); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(length, ")"))
			return err == nil && n >= 40
		}
	}
	return false
}

func (p *patient) alterType(column, columnType string) []string {
	switch p.db.Name() {
	case dialectPostgres:
		using := ""
		if column == expireColumn {
			using = fmt.Sprintf(" USING %s AT TIME ZONE 'UTC'", p.quote(column))
		}
		return []string{fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s%s", p.quote(p.name), p.quote(column), columnType, using)}
	case dialectMySQL:
		return []string{fmt.Sprintf("ALTER TABLE %s MODIFY %s %s NOT NULL", p.quote(p.name), p.quote(column), columnType)}
	default:
		return nil // SQLite cannot: the table has to be made anew
	}
}

// checkPrimaryKey: a session is one row.
func checkPrimaryKey(_ context.Context, p *patient) ([]finding, error) {
	if !p.has(keyColumn) || p.unique(keyColumn) {
		return nil, nil
	}
	f := finding{
		Check: "primary-key", Level: fault,
		What: fmt.Sprintf("the column %s is not the primary key of %s", keyColumn, p.name),
		Why:  "two rows can have the same key, of which one logout removes one; and without an index each request reads the whole table",
		Cure: "remove rows whose key is there twice, then make it the primary key",
		SQL:  []string{fmt.Sprintf("ALTER TABLE %s ADD PRIMARY KEY (%s)", p.quote(p.name), p.quote(keyColumn))},
	}
	if p.db.Name() == dialectSQLite {
		f.SQL = []string{fmt.Sprintf("CREATE UNIQUE INDEX %s ON %s (%s)", p.quote(p.bare()+"_session_key"), p.quote(p.name), p.quote(keyColumn))}
	}
	return []finding{f}, nil
}

// bare is the table's name without its schema.
func (p *patient) bare() string { return p.name[strings.LastIndexByte(p.name, '.')+1:] }

// createIndex is the statement, in the form that does not stop the site.
func (p *patient) createIndex(name, column, operators string) []string {
	create := "CREATE INDEX"
	if p.db.Name() == dialectPostgres {
		create = "CREATE INDEX CONCURRENTLY"
	}
	return []string{fmt.Sprintf("%s %s ON %s (%s%s)", create, p.quote(name), p.quote(p.name), p.quote(column), operators)}
}

// checkIndexes looks for Django's other two indexes.
func checkIndexes(ctx context.Context, p *patient) (found []finding, err error) {
	if p.has(expireColumn) && !p.indexed(expireColumn) {
		name := p.bare() + "_" + expireColumn
		if p.name == djangoTable {
			name = "django_session_expire_date_a5c62663"
		}
		found = append(found, finding{
			Check: "indexes", Level: fault,
			What: fmt.Sprintf("no index begins with %s", expireColumn),
			Why:  "each step of clearsessions reads the whole table, while the site waits for its locks",
			Cure: "create the index that Django's migration creates",
			SQL:  p.createIndex(name, expireColumn, ""),
		})
	}
	if p.db.Name() != dialectPostgres || !p.has(keyColumn) {
		return found, nil
	}
	var collation string
	query := p.db.WithContext(ctx).Raw("SELECT datcollate FROM pg_database WHERE datname = current_database()")
	if err := query.Scan(&collation).Error; err != nil {
		return nil, err
	}
	pattern := slices.ContainsFunc(p.indexes, func(x index) bool { return x.First == keyColumn && x.Pattern && x.Whole })
	if collation == "C" || collation == "POSIX" || pattern {
		return found, nil
	}
	name := p.bare() + "_session_key_like"
	if p.name == djangoTable {
		name = "django_session_session_key_c0390e0f_like"
	}
	return append(found, finding{
		Check: "indexes", Level: advice,
		What: fmt.Sprintf("no index on %s serves LIKE under the collation of this database (%s)", keyColumn, collation),
		Why:  "to find a session by its public ID (djinn show, djinn revoke, a page of one's devices) the database reads the whole table",
		Cure: "create the index that Django's migration creates",
		SQL:  p.createIndex(name, keyColumn, " varchar_pattern_ops"),
	}), nil
}

// checkUserColumn looks at the column of --user-column.
func checkUserColumn(_ context.Context, p *patient) ([]finding, error) {
	switch {
	case p.user == "":
		return nil, nil
	case !p.has(p.user):
		return []finding{{
			Check: "user-column", Level: fault,
			What: fmt.Sprintf("the table %s has no column %s", p.name, p.user),
			Why:  "a model with this column cannot save a session, and sessions of a user cannot be found",
			Cure: "add it, with the type of the user's ID, or name the right one with --user-column",
			SQL:  []string{fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s bigint NULL", p.quote(p.name), p.quote(p.user))},
		}}, nil
	case !p.indexed(p.user):
		return []finding{{
			Check: "user-column", Level: fault,
			What: fmt.Sprintf("no index begins with %s", p.user),
			Why:  "to list or revoke the sessions of one user the database reads the whole table, at each log-in too if there is a cap",
			Cure: "create one",
			SQL:  p.createIndex(p.bare()+"_"+p.user, p.user, ""),
		}}, nil
	default:
		return nil, nil
	}
}

// known reports whether djinn fills a column, or leaves it NULL by itself.
func (p *patient) known(name string) bool {
	return slices.Contains([]string{keyColumn, dataColumn, expireColumn, ipColumn, agentColumn, createdColumn, seenColumn, p.user}, name)
}

// checkUnknownColumns looks for columns that an INSERT without them violates.
func checkUnknownColumns(_ context.Context, p *patient) (found []finding, err error) {
	for _, col := range p.columns {
		if p.known(col.Name) || col.Nullable || col.HasDefault {
			continue
		}
		f := finding{
			Check: "unknown-columns", Level: fault,
			What: fmt.Sprintf("the column %s is NOT NULL and has no default", col.Name),
			Why:  "neither Django's own model nor djinn's fills it: no new session can be inserted",
			Cure: "let it be NULL, or give it a default",
		}
		if p.name != djangoTable {
			f.Level = advice
			f.Why = "a program whose model does not fill it, Django perhaps, cannot insert a session"
		}
		switch p.db.Name() {
		case dialectPostgres:
			f.SQL = []string{fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", p.quote(p.name), p.quote(col.Name))}
		case dialectMySQL:
			f.SQL = []string{fmt.Sprintf("ALTER TABLE %s MODIFY %s %s NULL", p.quote(p.name), p.quote(col.Name), col.Type)}
		}
		found = append(found, f)
	}
	return found, nil
}

// checkCharsets is about MySQL and MariaDB, where each column has its own.
func checkCharsets(_ context.Context, p *patient) (found []finding, err error) {
	for _, col := range p.columns {
		wide := slices.Contains([]string{"ucs2", "utf16", "utf16le", "utf32"}, col.Charset)
		narrow := slices.Contains([]string{"latin1", "ascii", "utf8", "utf8mb3"}, col.Charset)
		switch base := col.Name == keyColumn || col.Name == dataColumn; {
		case base && wide:
			found = append(found, finding{
				Check: "character-sets", Level: fault,
				What: fmt.Sprintf("the column %s has the character set %s", col.Name, col.Charset),
				Why:  "djinn compares keys and data by bytes, which are others in this character set: no session is ever found or updated",
				Cure: "convert the column; its texts are plain ASCII",
				SQL:  []string{fmt.Sprintf("ALTER TABLE %s MODIFY %s %s CHARACTER SET utf8mb4 NOT NULL", p.quote(p.name), p.quote(col.Name), col.Type)},
			})
		case narrow && !base && (col.Name == p.user || !p.known(col.Name)):
			found = append(found, finding{
				Check: "character-sets", Level: advice,
				What: fmt.Sprintf("the column %s has the character set %s", col.Name, col.Charset),
				Why:  "a text with a character that it does not know, an emoji for one, fails the save of the whole session",
				Cure: "convert the table",
				SQL:  []string{fmt.Sprintf("ALTER TABLE %s CONVERT TO CHARACTER SET utf8mb4", p.quote(p.name))},
			})
		}
	}
	return found, nil
}

// checkUserCase is about users whose IDs are words.
func checkUserCase(ctx context.Context, p *patient) ([]finding, error) {
	col, ok := p.column(p.user)
	if !ok || !strings.HasSuffix(col.Collation, "_ci") {
		return nil, nil
	}
	words, err := p.countRows(ctx, p.quote(col.Name)+" REGEXP '[[:alpha:]]'")
	if err != nil || words == 0 {
		return nil, err
	}
	return []finding{{
		Check: "user-case", Level: advice,
		What: fmt.Sprintf("the column %s compares without regard to case (%s)", col.Name, col.Collation),
		Why:  "the users \"bob\" and \"Bob\" are one: each sees the other's sessions, and revokes them",
		Cure: "if IDs may differ in case alone, give the column a binary collation",
		SQL:  []string{fmt.Sprintf("ALTER TABLE %s MODIFY %s %s CHARACTER SET %s COLLATE %s_bin", p.quote(p.name), p.quote(col.Name), col.Type, col.Charset, col.Charset)},
	}}, nil
}
