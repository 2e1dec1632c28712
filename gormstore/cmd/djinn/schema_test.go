package main

import (
	"net/url"
	"testing"
	"time"
)

// A table of another schema (PostgreSQL) or database (MySQL) than the connection's.
func TestTableElsewhere(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{dialectPostgres, dialectMySQL} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kind)
			u, err := url.Parse(w.url)
			if err != nil {
				t.Fatal(err)
			}
			schema := u.Query().Get("search_path")
			if kind == dialectMySQL {
				schema = u.Path[1:]
			}
			u.RawQuery = ""
			if kind == dialectMySQL {
				u.Path = "/information_schema"
			}
			w = w.with("DATABASE_URL", u.String())
			args := func(rest ...string) []string {
				return append(rest, "--table", schema+".shop_session", "--user-column", "account_id")
			}
			w.run(t, args("migrate")...).want(t, 0, "created the table "+schema+".shop_session", "")
			w.run(t, args("migrate")...).want(t, 0, "is there, and as it should be", "")
			for _, user := range []string{"7", "7", "8"} {
				w.plant(t, schema+".shop_session", seed{expires: inAnHour(), columns: map[string]any{"account_id": user}})
			}
			w.plant(t, schema+".shop_session", seed{expires: time.Now().Add(-time.Hour)})
			if r := w.run(t, args("doctor")...); r.code != 0 {
				t.Errorf("doctor: got %d, %s%s, want no fault", r.code, r.out, r.err)
			}
			w.run(t, args("list", "--user", "8")...).want(t, 0, "live", "")
			w.run(t, args("stats")...).want(t, 0, "3 live, 1 expired", "")
			w.run(t, args("clearsessions")...).want(t, 0, "removed 1 expired session", "")
			w.run(t, args("revoke", "--user", "7")...).want(t, 0, "ended 2 sessions\n", "")
			w.run(t, args("revoke", "--all", "--yes")...).want(t, 0, "ended 1 session\n", "")
		})
	}
}
