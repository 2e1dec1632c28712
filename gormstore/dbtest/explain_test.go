package dbtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// TestIndexesServe asks each database how it runs the store's statements: by
// primary key, and by the index on expire_date when clearing. SQLite and
// PostgreSQL are asked too, with enough rows that a scan would be dearer.
func TestIndexesServe(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			r := record(db)
			store := migrated(t, db, gormstore.New)
			fill(t, db, 3000, "2000-01-01")
			fill(t, db, 3000, "2100-01-01")
			if err := db.Exec(map[string]string{"mysql": "ANALYZE TABLE django_session"}[db.Name()] + map[string]string{"sqlite": "ANALYZE", "postgres": "ANALYZE"}[db.Name()]).Error; err != nil {
				t.Fatal(err)
			}
			r.reset()
			var statements []string
			r.before = explainer(t, r, db.Name(), &statements)
			update := rec(t, key1)
			update.Version = "x"
			_, _ = store.Load(t.Context(), key1)
			_, _ = store.Update(t.Context(), update)
			_, _ = store.Rotate(t.Context(), key2, update)
			_ = store.Touch(t.Context(), update)
			_, _ = store.Delete(t.Context(), key1)
			_, _ = store.ClearExpired(t.Context(), core.ClearOptions{Batch: 10, Limit: 10})
			if len(statements) < 6 {
				t.Fatalf("explained %d statements, want at least 6", len(statements))
			}
			for _, s := range statements {
				t.Log(s)
				if strings.Contains(s, "SCAN") || strings.Contains(s, "Seq Scan") || strings.Contains(s, "|ALL|") {
					t.Errorf("a scan of the whole table: %s", s)
				}
			}
		})
	}
}

// explainer asks for the plan of each statement, without its parameters' values:
// the placeholders get some.
func explainer(t testing.TB, r *recorder, dialect string, plans *[]string) func(string) error {
	prefix := map[string]string{"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN ", "mysql": "EXPLAIN "}[dialect]
	return func(query string) error {
		text := withValues(query)
		rows, err := r.ConnPool.QueryContext(t.Context(), prefix+text)
		if err != nil {
			t.Errorf("explain %s: %v", text, err)
			return nil
		}
		defer rows.Close()
		columns, _ := rows.Columns()
		plan := text + ": "
		for rows.Next() {
			cells := make([]any, len(columns))
			for i := range cells {
				cells[i] = new(any)
			}
			if err := rows.Scan(cells...); err != nil {
				t.Error(err)
			}
			for _, c := range cells {
				v := *c.(*any)
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				plan += fmt.Sprintf("%v|", v)
			}
		}
		*plans = append(*plans, plan)
		return nil
	}
}

// withValues puts a literal for each placeholder: a date where one is compared, a
// key elsewhere.
func withValues(query string) string {
	var b strings.Builder
	for i := 0; i < len(query); i++ {
		if query[i] != '?' && query[i] != '$' {
			b.WriteByte(query[i])
			continue
		}
		for i+1 < len(query) && query[i+1] >= '0' && query[i+1] <= '9' {
			i++
		}
		before := b.String()
		switch {
		case strings.HasSuffix(before, "LIMIT "):
			b.WriteString("10")
		case strings.HasSuffix(before, " > "), strings.HasSuffix(before, " < "), strings.HasSuffix(before, "`expire_date`="), strings.HasSuffix(before, `"expire_date"=`):
			b.WriteString("'2026-01-01 00:00:00.000001'")
		default:
			b.WriteString("'2100-01-01-00000007'")
		}
	}
	return b.String()
}
