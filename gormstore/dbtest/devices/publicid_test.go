package devices

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// TestPublicIDs: only the public ID of a live session within the scopes finds it.
func TestPublicIDs(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		cookie, other := s.login(t), s.loginAs(t, 43)
		old := s.login(t)
		rotated := s.visit(old, func(s *core.Session, _ *http.Request) { s.CycleKey() }).cookie
		for name, publicID := range map[string]string{
			"another user's":           core.PublicID(other),
			"a key":                    cookie,
			"of what was rotated":      core.PublicID(old),
			"nothing":                  "",
			"10 kB":                    strings.Repeat("a", 10_000),
			"10 kB behind a public ID": core.PublicID(cookie) + strings.Repeat("a", 10_000),
			"wildcards":                "%%%%-" + strings.Repeat("a", 26),
			"an underscore":            "_" + core.PublicID(cookie)[1:],
			"upper case":               strings.ToUpper(core.PublicID(cookie)),
			"another digest":           core.PublicID(cookie)[:5] + strings.Repeat("a", 26),
			"a NUL":                    core.PublicID(cookie)[:30] + "\x00",
			"invalid UTF-8":            "\xff\xfe\xfd\xfc" + core.PublicID(cookie)[4:],
			"SQL":                      "' OR 1=1 --",
			"the prefix of a session":  core.PublicID(cookie)[:4],
		} {
			if _, err := store.ByPublicID(t.Context(), publicID, store.OfUser(42)); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("%s: ByPublicID: got %v, want ErrNotFound", name, err)
			}
			err := store.Revoke(t.Context(), publicID, store.OfUser(42))
			if !errors.Is(err, core.ErrNotFound) {
				t.Errorf("%s: Revoke: got %v, want ErrNotFound", name, err)
			}
			if err != nil && publicID != "" && strings.Contains(err.Error(), publicID) {
				t.Errorf("%s: the error quotes it", name)
			}
		}
		s.wantWho(t, "after all that", cookie, 42)
		s.wantWho(t, "the other user", other, 43)
		s.wantWho(t, "the rotated one", rotated, 42)
		if err := store.Revoke(t.Context(), core.PublicID(rotated), store.OfUser(42)); err != nil {
			t.Errorf("Revoke: got %v, want nil", err)
		}
		s.wantWho(t, "the revoked one", rotated, 0)
		s.wantWho(t, "the one beside it", cookie, 42)
	})
}

// TestPublicIDsOfOnePrefix: keys that begin alike are told apart.
func TestPublicIDsOfOnePrefix(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		insert(t, db, "same", 5)
		if err := store.Revoke(t.Context(), core.PublicID(rowKey("same", 3)), store.OfUser(42)); err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			row, err := store.ByPublicID(t.Context(), core.PublicID(rowKey("same", i)))
			if found := err == nil; found != (i != 3) {
				t.Errorf("row %d: got %v, want it found: %t", i, err, i != 3)
			}
			if err == nil && string(row.SessionKey) != rowKey("same", i) {
				t.Errorf("row %d: got another row", i)
			}
		}
	})
}

// TestPublicIDIndex: the database finds a public ID by an index; on PostgreSQL by the one
// that Django makes, or any other for patterns.
func TestPublicIDIndex(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store, err := gormstore.New(db)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows := make([]gormstore.DjangoSession, 3000)
		for i := range rows {
			rows[i] = gormstore.DjangoSession{SessionKey: core.Secret(core.NewSessionKey()), SessionData: "x", ExpireDate: gormstore.Now()}
			rows[i].ExpireDate.Time = rows[i].ExpireDate.AddDate(1, 0, 0)
		}
		if err := db.CreateInBatches(rows, 500).Error; err != nil {
			t.Fatal(err)
		}
		analyze := map[string]string{"sqlite": "ANALYZE", "postgres": "ANALYZE", "mysql": "ANALYZE TABLE django_session"}[db.Name()]
		if err := db.Exec(analyze).Error; err != nil {
			t.Fatal(err)
		}
		recorded, r := record(t, db)
		if store, err = gormstore.New(recorded); err != nil {
			t.Fatal(err)
		}
		var lookup string
		r.set(&r.before, func(query string) error {
			if lookup == "" {
				lookup = query
			}
			return nil
		})
		if _, err := store.ByPublicID(t.Context(), rows[7].PublicID()); err != nil {
			t.Fatal(err)
		}
		prefix := core.PublicID(string(rows[7].SessionKey))[:4]
		plan := explain(t, db, lookup, prefix)
		t.Log(lookup, plan)
		if strings.Contains(plan, "SCAN") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "|ALL|") {
			t.Errorf("a scan of the whole table: %s", plan)
		}
	})
}

// explain is the plan of a statement whose parameters are keys that begin with prefix,
// or that and dates.
func explain(t testing.TB, db *gorm.DB, query, prefix string) (plan string) {
	t.Helper()
	var text strings.Builder
	for i := 0; i < len(query); i++ {
		if query[i] != '?' && query[i] != '$' {
			text.WriteByte(query[i])
			continue
		}
		for i+1 < len(query) && query[i+1] >= '0' && query[i+1] <= '9' {
			i++
		}
		before := text.String()
		switch {
		case strings.Contains(before[max(0, len(before)-20):], "expire_date"):
			text.WriteString("'2026-01-01 00:00:00'")
		case strings.HasSuffix(before, "LIKE "):
			text.WriteString("'" + prefix + "%'")
		case strings.HasSuffix(before, "< "):
			text.WriteString("'" + prefix + "~'")
		default:
			text.WriteString("'" + prefix + "'")
		}
	}
	rows, err := db.Raw(map[string]string{"sqlite": "EXPLAIN QUERY PLAN "}[db.Name()] + map[string]string{"mysql": "EXPLAIN ", "postgres": "EXPLAIN "}[db.Name()] + text.String()).Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, _ := rows.Columns()
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		for _, c := range cells {
			v := *c.(*any)
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			plan += fmt.Sprintf("%v|", v)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

// TestPublicIDIndexCustom: a public ID is looked up by an index, in a custom model's table
// too.
func TestPublicIDIndexCustom(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		insert(t, db, "zzzz", 50)
		for i := 0; i < 6; i++ {
			rows := make([]device, 500)
			for j := range rows {
				rows[j].SessionKey, rows[j].SessionData = core.Secret(core.NewSessionKey()), "x"
				rows[j].ExpireDate = gormstore.DateTimeOf(time.Now().Add(time.Hour))
			}
			if err := db.Create(&rows).Error; err != nil {
				t.Fatal(err)
			}
		}
		analyze := map[string]string{"sqlite": "ANALYZE", "postgres": "ANALYZE", "mysql": "ANALYZE TABLE device_sessions"}[db.Name()]
		if err := db.Exec(analyze).Error; err != nil {
			t.Fatal(err)
		}
		recorded, r := record(t, db)
		store := open(t, recorded)
		var lookup string
		r.set(&r.before, func(query string) error {
			if lookup == "" {
				lookup = query
			}
			return nil
		})
		if _, err := store.ByPublicID(t.Context(), core.PublicID(rowKey("zzzz", 3))); err != nil {
			t.Fatal(err)
		}
		plan := explain(t, db, lookup, "zzzz")
		if strings.Contains(plan, "SCAN") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "|ALL|") {
			t.Errorf("a scan of the whole table: %s\n%s", lookup, plan)
		}
	})
}
