package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// publicIDs are those of the sessions that list prints, in their order.
func publicIDs(t *testing.T, r result) (all []string) {
	t.Helper()
	for line := range strings.Lines(r.out) {
		all = append(all, decodeJSON[described](t, line).PublicID)
	}
	return all
}

// devices is a custom table with all the columns that list knows.
func devices(t *testing.T, w *world) {
	t.Helper()
	w.run(t, "migrate", "--table", "devices", "--user-column", "account_id").want(t, 0, "created the table devices", "")
	dateType := map[string]string{dialectSQLite: "datetime", dialectPostgres: "timestamptz", dialectMySQL: "datetime(6)"}[w.kind]
	for _, column := range []string{"client_ip varchar(45)", "user_agent varchar(255)", "created_at " + dateType, "last_seen " + dateType} {
		w.exec(t, "ALTER TABLE devices ADD COLUMN "+column+" NULL")
	}
}

func TestList(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		devices(t, w)
		now := time.Now().Truncate(time.Second)
		plant := func(user string, expires, created, seen time.Duration) string {
			columns := map[string]any{"account_id": user, "client_ip": "192.0.2.7", "user_agent": "Firefox\x1b[2J\n", "created_at": gormstore.DateTimeOf(now.Add(created)), "last_seen": gormstore.DateTimeOf(now.Add(seen))}
			return core.PublicID(w.plant(t, "devices", seed{expires: now.Add(expires), columns: columns, items: fmt.Sprintf(`{"n":"%s"}`, strings.Repeat("x", int(created.Abs().Hours())))}))
		}
		a := plant("7", 3*time.Hour, -30*time.Hour, -1*time.Hour)
		b := plant("7", 2*time.Hour, -20*time.Hour, -2*time.Hour)
		c := plant("8", 1*time.Hour, -40*time.Hour, -3*time.Hour)
		gone := plant("8", -1*time.Hour, -50*time.Hour, -4*time.Hour)
		flags := []string{"list", "--json", "--table", "devices", "--user-column", "account_id"}
		for _, tt := range []struct {
			args []string
			want []string
		}{
			{nil, []string{a, b, c, gone}},
			{[]string{"--sort", "expires"}, []string{gone, c, b, a}},
			{[]string{"--sort", "created"}, []string{gone, c, a, b}},
			{[]string{"--sort", "-seen"}, []string{a, b, c, gone}},
			{[]string{"--sort", "-size"}, []string{gone, c, a, b}},
			{[]string{"--live", "--sort", "size"}, []string{b, a, c}},
			{[]string{"--expired"}, []string{gone}},
			{[]string{"--user", "7"}, []string{a, b}},
			{[]string{"--user", "8", "--live"}, []string{c}},
			{[]string{"--user", "9"}, nil},
			{[]string{"--limit", "2"}, []string{a, b}},
			{[]string{"--limit", "0"}, []string{a, b, c, gone}},
			{[]string{"--since", "0s", "--before", "150m"}, []string{b, c}},
			{[]string{"--sort", "seen", "--since", "-150m"}, []string{b, a}},
			{[]string{"--sort", "created", "--before", now.Add(-35 * time.Hour).UTC().Format(time.RFC3339)}, []string{gone, c}},
			{[]string{"--before", "1d", "--since", now.AddDate(0, 0, -2).UTC().Format(time.DateOnly)}, []string{a, b, c, gone}},
		} {
			if got := publicIDs(t, w.run(t, append(flags, tt.args...)...)); !slices.Equal(got, tt.want) {
				t.Errorf("%v: got %v, want %v", tt.args, got, tt.want)
			}
		}
		one := decodeJSON[described](t, w.run(t, append(flags, "--limit", "1")...).out)
		if !one.Live || !one.Expires.Equal(now.Add(3*time.Hour)) || *one.User != "7" || *one.IP != "192.0.2.7" || *one.Agent != "Firefox\x1b[2J\n" ||
			!one.Created.Equal(now.Add(-30*time.Hour)) || !one.Seen.Equal(now.Add(-time.Hour)) || one.Size < 60 {
			t.Errorf("got %+v, which is not what was planted", one)
		}
		text := w.run(t, "list", "--table", "devices", "--user-column", "account_id", "--limit", "1")
		text.want(t, 0, "PUBLIC_ID ", "there are more")
		text.want(t, 0, timestamp(now.Add(-30*time.Hour))+"  "+timestamp(now.Add(-time.Hour))+"  192.0.2.7        Firefox?[2J?\n", "there are more")
	})
}

// Rows that are odd do not stop a listing.
func TestListOddRows(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w.migrate(t)
		w.plant(t, djangoTable, seed{key: "short", expires: inAnHour()})
		odd := w.plant(t, djangoTable, seed{expires: inAnHour()})
		switch w.kind {
		case dialectPostgres:
			w.exec(t, "UPDATE django_session SET expire_date = 'infinity' WHERE session_key = '"+odd+"'")
		case dialectSQLite:
			w.exec(t, "UPDATE django_session SET expire_date = 'never' WHERE session_key = '"+odd+"'")
		}
		r := w.run(t, "list", "--sort", "key").want(t, 0, "PUBLIC_ID", "")
		if got := strings.Count(r.out, "\n"); got != 3 {
			t.Errorf("lines: got %d, want a head and 2 sessions", got)
		}
		w.runWith(t, odd, "show").want(t, 0, "cart = [1,2]\n", "personal data")
		if got, want := w.run(t, "doctor").code, map[string]int{dialectSQLite: exitFaults}[w.kind]; got != want {
			t.Errorf("doctor: got exit code %d, want %d", got, want)
		}
	})
}

func TestListMistakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--user", "7"}, "--user wants --user-column"},
		{[]string{"--sort", "age"}, "--sort wants expires"},
		{[]string{"--sort", "seen"}, "has no column last_seen"},
		{[]string{"--since", "yesterday"}, "--since: write a date"},
		{[]string{"--limit", "-1"}, "--limit wants a number"},
		{[]string{"--live", "--expired"}, "choose one"},
		{[]string{"--table", "a; DROP TABLE x"}, "this is no table name"},
		{[]string{"--user-column", "a b"}, "this is no column name"},
		{[]string{"--user-column", "session_key"}, "every session table has"},
		{[]string{"--timeout", "soon"}, "invalid argument"},
		{[]string{"--timeout", "-1s"}, "--timeout wants"},
		{[]string{"--frobnicate"}, "unknown flag"},
		{[]string{"--frobnicate", "--json"}, `{"error":{"message":"unknown flag: --frobnicate","exit_code":2}}`},
	} {
		w.run(t, append([]string{"list"}, tt.args...)...).want(t, exitUsage, "", tt.want)
	}
	w.run(t, "list", "--table", "elsewhere").want(t, exitFailed, "", `there is no table elsewhere in the database: create it with "djinn migrate"`)
	w.run(t, "list", "--user-column", "account_id").want(t, exitFailed, "", "has no column account_id")
	w.run(t, "list").want(t, 0, "", "no session matches")
	w.run(t, "list", "--json").want(t, 0, "", "")
}
