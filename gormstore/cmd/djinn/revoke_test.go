package main

import (
	"testing"

	"github.com/djinn-go/djinn/core"
)

func TestRevoke(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w.migrate(t)
		one, two := w.plant(t, djangoTable, seed{expires: inAnHour()}), w.plant(t, djangoTable, seed{expires: inAnHour()})
		w.plant(t, djangoTable, seed{expires: inAnHour()})
		w.run(t, "revoke", core.PublicID(one)).want(t, 0, "ended 1 session\n", "")
		w.run(t, "revoke", core.PublicID(one)).want(t, exitNotFound, "", "there is no such live session")
		w.runWith(t, two+"\n", "revoke", "--json").want(t, 0, `{"revoked":1}`, "")
		w.runWith(t, two, "revoke").want(t, exitNotFound, "", "there is no such live session")
		if got := w.rows(t, djangoTable); got != 1 {
			t.Errorf("rows left: got %d, want 1", got)
		}
		w.fill(t, 1200, inAnHour())
		w.run(t, "revoke", "--all").want(t, exitUsage, "", "--all --yes")
		w.run(t, "revoke", "--all", "--yes").want(t, 0, "ended 1,201 sessions\n", "")
	})
}

// With and without the table of users that a djinn program has.
func TestRevokeUser(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		for _, table := range []string{"with_users", "without_users"} {
			args := []string{"--table", table, "--user-column", "account_id"}
			w.run(t, append([]string{"migrate"}, args...)...).want(t, 0, "created", "")
			if w.kind == dialectPostgres {
				w.exec(t, "ALTER TABLE "+table+" ALTER COLUMN account_id TYPE bigint USING account_id::bigint")
			}
			if w.kind == dialectMySQL {
				w.exec(t, "ALTER TABLE "+table+" MODIFY account_id bigint NULL")
			}
			note := ""
			if table == "without_users" {
				w.exec(t, "DROP TABLE without_users_users")
				note = "no table without_users_users"
			}
			for _, user := range []any{7, 7, 8, nil} {
				w.plant(t, table, seed{expires: inAnHour(), columns: map[string]any{"account_id": user}})
			}
			w.run(t, append([]string{"revoke", "--user", "7"}, args...)...).want(t, 0, "ended 2 sessions\n", note)
			w.run(t, append([]string{"revoke", "--user", "7"}, args...)...).want(t, 0, "ended 0 sessions\n", note)
			if got := w.rows(t, table); got != 2 {
				t.Errorf("rows left in %s: got %d, want 2", table, got)
			}
			if table == "with_users" {
				var revoked int64
				if err := w.Table("with_users_users").Where("user_id = ? AND revoked_at IS NOT NULL", "7").Count(&revoked).Error; err != nil || revoked != 1 {
					t.Errorf("revocations written down: got %d, %v, want 1", revoked, err)
				}
			}
			if w.kind != dialectSQLite {
				w.run(t, append([]string{"revoke", "--user", "07"}, args...)...).want(t, 0, "ended 0 sessions\n", note)
				w.run(t, append([]string{"revoke", "--user", "bob"}, args...)...).want(t, exitUsage, "", "holds integers")
			}
		}
	})
}

func TestRevokeMistakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	key := w.plant(t, djangoTable, seed{expires: inAnHour()})
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{key}, "this is a session key, not a public ID"},
		{[]string{"aladdin!"}, "this is no public ID"},
		{[]string{core.PublicID(key), "--all", "--yes"}, "choose one"},
		{[]string{"--user", "7", "--all", "--yes"}, "choose one"},
		{[]string{core.PublicID(key), core.PublicID(key)}, "one public ID at a time"},
		{[]string{"--user", "7"}, "--user wants --user-column"},
		{[]string{"--user", "", "--user-column", "account_id"}, "--user wants an ID"},
		{[]string{"--yes"}, "--yes is for --all"},
	} {
		w.run(t, append([]string{"revoke"}, tt.args...)...).want(t, exitUsage, "", tt.want)
	}
	w.runWith(t, core.PublicID(key), "revoke").want(t, exitUsage, "", "give it as an argument")
	if got := w.rows(t, djangoTable); got != 1 {
		t.Errorf("rows left: got %d, want 1", got)
	}
}
