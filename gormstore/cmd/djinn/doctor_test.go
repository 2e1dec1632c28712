package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/signing"
)

// planted is a fault and what doctor has to say of it.
type planted struct {
	name  string
	on    []string // kinds of databases
	plant func(*testing.T, *world) *world
	args  []string
	check string
	level string
	what  string
	// cured: running the statements that doctor prints heals it.
	cured bool
}

var onAll = kinds

func statements(all ...string) func(*testing.T, *world) *world {
	return func(t *testing.T, w *world) *world {
		w.exec(t, all...)
		return w
	}
}

func inAnHour() time.Time { return time.Now().Add(time.Hour) }

var plantedFaults = []planted{
	{
		name: "no table", on: onAll, check: "table", level: fault, what: "there is no table django_session", cured: true,
		plant: statements("DROP TABLE django_session"),
	},
	{
		name: "no column", on: onAll, check: "columns", level: fault, what: "no column session_data",
		plant: statements("ALTER TABLE django_session DROP COLUMN session_data"),
	},
	{
		name: "expiry without time zone", on: []string{dialectPostgres}, check: "types", level: fault, what: "expire_date has the type timestamp without time zone", cured: true,
		plant: statements("ALTER TABLE django_session ALTER COLUMN expire_date TYPE timestamp"),
	},
	{
		name: "expiry as timestamp", on: []string{dialectMySQL}, check: "types", level: fault, what: "expire_date has the type timestamp", cured: true,
		plant: statements("ALTER TABLE django_session MODIFY expire_date timestamp NOT NULL"),
	},
	{
		name: "short data", on: []string{dialectMySQL}, check: "types", level: fault, what: "session_data has the type text, and should have longtext", cured: true,
		plant: statements("ALTER TABLE django_session MODIFY session_data text NOT NULL"),
	},
	{
		name: "short key", on: []string{dialectPostgres, dialectMySQL}, check: "types", level: fault, what: "session_key has the type ", cured: true,
		plant: func(t *testing.T, w *world) *world {
			if w.kind == dialectPostgres {
				w.exec(t, "ALTER TABLE django_session ALTER COLUMN session_key TYPE varchar(32)")
			} else {
				w.exec(t, "ALTER TABLE django_session MODIFY session_key varchar(32) NOT NULL")
			}
			return w
		},
	},
	{
		name: "no primary key", on: onAll, check: "primary-key", level: fault, what: "session_key is not the primary key", cured: true,
		plant: func(t *testing.T, w *world) *world {
			switch w.kind {
			case dialectSQLite:
				w.exec(t, "DROP TABLE django_session", "CREATE TABLE django_session (session_key varchar(40) NOT NULL, session_data text NOT NULL, expire_date datetime NOT NULL)",
					"CREATE INDEX django_session_expire_date_a5c62663 ON django_session (expire_date)")
			case dialectPostgres:
				w.exec(t, "ALTER TABLE django_session DROP CONSTRAINT django_session_pkey")
			case dialectMySQL:
				w.exec(t, "ALTER TABLE django_session DROP PRIMARY KEY")
			}
			return w
		},
	},
	{
		name: "no index on the expiry", on: onAll, check: "indexes", level: fault, what: "no index begins with expire_date", cured: true,
		plant: func(t *testing.T, w *world) *world {
			statement := "DROP INDEX django_session_expire_date_a5c62663"
			if w.kind == dialectMySQL {
				statement += " ON django_session"
			}
			w.exec(t, statement)
			return w
		},
	},
	{
		name: "an index of some rows", on: []string{dialectSQLite, dialectPostgres}, check: "indexes", level: fault, what: "no index begins with expire_date",
		plant: statements("DROP INDEX django_session_expire_date_a5c62663",
			"CREATE INDEX some_rows ON django_session (expire_date) WHERE session_key > 'm'"),
	},
	{
		name: "no index for LIKE", on: []string{dialectPostgres}, check: "indexes", level: advice, what: "serves LIKE", cured: true,
		plant: statements("DROP INDEX django_session_session_key_c0390e0f_like"),
	},
	{
		name: "no user column", on: onAll, check: "user-column", level: fault, what: "no column account_id", args: []string{"--user-column", "account_id"},
		plant: statements(),
	},
	{
		name: "user column without index", on: onAll, check: "user-column", level: fault, what: "no index begins with account_id", args: []string{"--user-column", "account_id"}, cured: true,
		plant: statements("ALTER TABLE django_session ADD COLUMN account_id bigint NULL"),
	},
	{
		name: "user column that nobody fills", on: onAll, check: "user-column", level: fault, what: "3 of 3 in the sample are of a user", args: []string{"--user-column", "account_id"},
		plant: func(t *testing.T, w *world) *world {
			w.exec(t, "ALTER TABLE django_session ADD COLUMN account_id bigint NULL", "CREATE INDEX by_account ON django_session (account_id)")
			for range 3 {
				w.plant(t, djangoTable, seed{expires: inAnHour()})
			}
			return w
		},
	},
	{
		name: "a column that nobody fills", on: []string{dialectPostgres, dialectMySQL}, check: "unknown-columns", level: fault, what: "the column tenant is NOT NULL", cured: true,
		plant: statements("ALTER TABLE django_session ADD COLUMN tenant integer NOT NULL"),
	},
	{
		name: "keys in UTF-16", on: []string{dialectMySQL}, check: "character-sets", level: fault, what: "session_key has the character set utf16", cured: true,
		plant: statements("ALTER TABLE django_session MODIFY session_key varchar(40) CHARACTER SET utf16 NOT NULL"),
	},
	{
		name: "a narrow column", on: []string{dialectMySQL}, check: "character-sets", level: advice, what: "device has the character set latin1", cured: true,
		plant: statements("ALTER TABLE django_session ADD COLUMN device varchar(50) CHARACTER SET latin1 NULL"),
	},
	{
		name: "users without regard to case", on: []string{dialectMySQL}, check: "user-case", level: advice, what: "login compares without regard to case", args: []string{"--user-column", "login"}, cured: true,
		plant: func(t *testing.T, w *world) *world {
			w.exec(t, "ALTER TABLE django_session ADD COLUMN login varchar(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL, ADD INDEX (login)")
			w.plant(t, djangoTable, seed{expires: inAnHour(), columns: map[string]any{"login": "bob"}})
			return w
		},
	},
	{
		name: "MyISAM", on: []string{dialectMySQL}, check: "server", level: fault, what: "storage engine is MyISAM", cured: true,
		plant: statements("ALTER TABLE django_session ENGINE = MyISAM"),
	},
	{
		name: "not strict", on: []string{dialectMySQL}, check: "server", level: advice, what: "not in strict mode",
		plant: func(_ *testing.T, w *world) *world { return w.with("DATABASE_URL", w.url+"?sql_mode=%27%27") },
	},
	{
		name: "no WAL", on: []string{dialectSQLite}, check: "server", level: advice, what: "journal mode of this SQLite file is delete", cured: true,
		plant: statements("PRAGMA journal_mode = DELETE"),
	},
	{
		name: "clocks that differ", on: []string{dialectMySQL}, check: "clock", level: fault, what: "the clocks of this machine and of the database differ by",
		plant: func(_ *testing.T, w *world) *world {
			return w.with("DATABASE_URL", w.url+fmt.Sprintf("?timestamp=%d", time.Now().Add(-time.Minute).Unix()))
		},
	},
	{
		name: "dates of a driver", on: []string{dialectSQLite}, check: "dates", level: fault, what: "2 expire_dates in another form", cured: true,
		plant: func(t *testing.T, w *world) *world {
			text := w.plant(t, djangoTable, seed{expires: inAnHour()})
			number := w.plant(t, djangoTable, seed{expires: inAnHour()})
			w.exec(t, "UPDATE django_session SET expire_date = '"+inAnHour().Format("2006-01-02 15:04:05.999 -0700 MST")+"' WHERE session_key = '"+text+"'",
				"UPDATE django_session SET expire_date = 4070908800 WHERE session_key = '"+number+"'")
			return w
		},
	},
	{
		name: "nobody clears", on: onAll, check: "expired-rows", level: fault, what: "1,500 of 1,501 sessions have expired",
		plant: func(t *testing.T, w *world) *world {
			w.fill(t, 1500, time.Now().Add(-time.Hour))
			w.fill(t, 1, inAnHour())
			return w
		},
	},
	{
		name: "for ever", on: onAll, check: "far-future", level: advice, what: "1 session with an expiry over 10 years ahead", cured: true,
		plant: func(t *testing.T, w *world) *world {
			w.plant(t, djangoTable, seed{expires: time.Now().AddDate(50, 0, 0)})
			return w
		},
	},
	{
		name: "too large", on: onAll, check: "sizes", level: fault, what: "the data of 1 session are larger than 1.0 MiB",
		plant: func(t *testing.T, w *world) *world {
			blob := []byte(`{"blob":"` + strings.Repeat("x", 1<<20) + `"}`)
			w.plant(t, djangoTable, seed{data: signing.New(secretKey, core.DjangoSalt).Dump(blob, time.Now(), false), expires: inAnHour()})
			return w
		},
	},
	{
		name: "too large when inflated", on: onAll, check: "sizes", level: fault, what: "larger than 1.0 MiB when inflated: 1 session of the sample",
		plant: func(t *testing.T, w *world) *world {
			w.plant(t, djangoTable, seed{items: `{"blob":"` + strings.Repeat("x", 1<<20) + `"}`, expires: inAnHour()})
			return w
		},
	},
	{
		name: "wrong SECRET_KEY", on: onAll, check: "sample", level: fault, what: "2 of 2 sessions in the sample are signed with none of",
		plant: func(t *testing.T, w *world) *world {
			w.fill(t, 2, inAnHour())
			w.secrets = append(w.secrets, secretKey)
			return w.with("SECRET_KEY", "another key, of another site")
		},
	},
	{
		name: "not to be decoded", on: onAll, check: "sample", level: fault, what: "the data of 1 of 2 sessions in the sample cannot be decoded",
		plant: func(t *testing.T, w *world) *world {
			w.fill(t, 1, inAnHour())
			w.plant(t, djangoTable, seed{data: "what Django wrote before 3.1, in base64", expires: inAnHour()})
			return w
		},
	},
	{
		name: "a fallback in use", on: onAll, check: "sample", level: advice, what: "2 of 3 sessions in the sample are signed with SECRET_KEY_FALLBACKS, number 1",
		plant: func(t *testing.T, w *world) *world {
			w.fill(t, 1, inAnHour())
			w.plant(t, djangoTable, seed{signing: fallbackKey, expires: inAnHour()})
			w.plant(t, djangoTable, seed{signing: fallbackKey, expires: inAnHour()})
			return w.with("SECRET_KEY_FALLBACKS", fallbackKey)
		},
	},
	{
		name: "a fallback that is not needed", on: onAll, check: "sample", level: advice, what: "no session in the sample (1) is signed with SECRET_KEY_FALLBACKS, number 1",
		plant: func(t *testing.T, w *world) *world {
			w.fill(t, 1, inAnHour())
			return w.with("SECRET_KEY_FALLBACKS", fallbackKey)
		},
	},
	{
		name: "local times", on: []string{dialectSQLite, dialectMySQL}, check: "sample", level: fault, what: "6 of 16 sessions in the sample have an expire_date that is 5:30 hours ahead of UTC",
		plant: func(t *testing.T, w *world) *world {
			for i := range 16 {
				signed := time.Now().Add(-time.Duration(i) * time.Hour)
				expires := signed.Add(14 * day)
				if i < 6 {
					expires = expires.Add(5*time.Hour + 30*time.Minute)
				}
				w.plant(t, djangoTable, seed{signed: signed, expires: expires})
			}
			return w
		},
	},
}

// Each planted fault is found, it is the only one, and where doctor prints
// statements they cure it.
func TestDoctorFinds(t *testing.T) {
	t.Parallel()
	for _, p := range plantedFaults {
		for _, kind := range p.on {
			t.Run(p.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				w := p.plant(t, newWorld(t, kind).migrate(t))
				args := append([]string{"doctor", "--json"}, p.args...)
				r := w.run(t, args...)
				d := decodeJSON[diagnosis](t, r.out)
				if len(d.Findings) != 1 {
					t.Fatalf("findings: got %+v, want one", d.Findings)
				}
				f := d.Findings[0]
				if f.Check != p.check || f.Level != p.level || !strings.Contains(f.What, p.what) || f.Why == "" || f.Cure == "" {
					t.Errorf("got %+v, want check %s, level %s, and %q in it", f, p.check, p.level, p.what)
				}
				code := 0
				if p.level == fault {
					code = exitFaults
				}
				if r.code != code {
					t.Errorf("exit code: got %d, want %d", r.code, code)
				}
				w.run(t, append([]string{"doctor"}, p.args...)...).want(t, code, strings.ToUpper(p.level)+" ("+p.check+"): "+f.What, "")
				if p.cured {
					w.exec(t, f.SQL...)
					w.run(t, args...).want(t, 0, `"findings":[]`, "")
				}
			})
		}
	}
}

// djangoMigrates is a Django that creates the table.
const djangoMigrates = `
import json, sys
import django
from django.conf import settings
settings.configure(**json.load(sys.stdin))
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.sessions.backends.db import SessionStore
for i in range(20):
    s = SessionStore()
    s["_auth_user_id"] = str(i)
    s.save()
    print(s.session_key, s.encode(s.load()))
`

// A table of Django's own migration, with sessions that Django wrote, is in good
// health, and its sessions can be shown.
func TestDoctorOnDjango(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		// Debian's own Python: whichever python3 comes first in PATH may lack Django.
		cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", djangoMigrates)
		cmd.Stdin = strings.NewReader(w.djangoSettings(t))
		out, err := cmd.Output()
		if err != nil {
			missing(t, fmt.Sprintf("/usr/bin/python3 with Django cannot migrate: %v", err))
		}
		key, _, _ := strings.Cut(string(out), " ")
		w.secrets = append(w.secrets, strings.Fields(string(out))...)
		w.run(t, "doctor").want(t, 0, "django_session is in good health (16 checks)\n", "")
		w.run(t, "migrate").want(t, 0, "the table django_session is there, and as it should be\n", "")
		w.runWith(t, key, "show").want(t, 0, "signed by  SECRET_KEY\n", "personal data")
		w.run(t, "stats").want(t, 0, "20 sessions in django_session: 20 live, 0 expired\n", "")
	})
}

// Without SECRET_KEY the rest is done all the same.
func TestDoctorWithoutKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	w.plant(t, djangoTable, seed{signing: olderKey, expires: inAnHour()})
	w.with("SECRET_KEY", "").run(t, "doctor").want(t, 0, "in good health", "SECRET_KEY is not set: signatures are not checked")
}

func TestDoctorTakesCustomModels(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		args := []string{"--table", "accounts_session", "--user-column", "account_id"}
		w.run(t, append([]string{"migrate"}, args...)...).want(t, 0, "created the table accounts_session", "")
		d := decodeJSON[diagnosis](t, w.run(t, append([]string{"doctor", "--json"}, args...)...).out)
		// The index for LIKE is Django's; GORM makes none.
		d.Findings = slices.DeleteFunc(d.Findings, func(f finding) bool { return w.kind == dialectPostgres && strings.Contains(f.What, "LIKE") })
		if len(d.Findings) > 0 {
			text, err := json.Marshal(d.Findings)
			t.Errorf("findings on a table of \"djinn migrate\": got %s, %v, want none", text, err)
		}
	})
}
