package main

import (
	"cmp"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// onTable are runs that need the database.
var onTable = [][]string{{"migrate"}, {"clearsessions"}, {"list"}, {"show"}, {"revoke"}, {"stats"}, {"doctor"}}

const someKey = "abcdefghijklmnopqrstuvwxyz012345"

func TestSettingsThatAreWrong(t *testing.T) {
	t.Parallel()
	w := &world{database: &database{password: password}, env: map[string]string{"SECRET_KEY": secretKey}, secrets: []string{someKey}}
	encoded := url.UserPassword("u", password).String()
	for _, databaseURL := range []string{"", "oracle://" + encoded + "@h/d", "postgres://" + encoded + "@/d", "postgres://" + encoded + "@h", "mysql://u:" + password + "%zz@h/d",
		"mysql://" + encoded + "@h/d?readTimeout=soon", "sqlite:", password} {
		for _, args := range onTable {
			w.with("DATABASE_URL", databaseURL).runWith(t, someKey, args...).want(t, exitUsage, "", "DATABASE_URL")
		}
	}
	for _, command := range []string{"show", "decode"} {
		w.with("SECRET_KEY", "").runWith(t, someKey, command).want(t, exitUsage, "", "SECRET_KEY is not set")
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	w := &world{database: &database{password: password}, env: map[string]string{"SECRET_KEY": secretKey}, secrets: []string{someKey}}
	// Nothing listens there any more.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	listener.Close()
	for _, scheme := range []string{"postgres", "mysql"} {
		u := url.URL{Scheme: scheme, User: url.UserPassword("u", password), Host: nobody, Path: "/d"}
		for _, args := range onTable {
			w.with("DATABASE_URL", u.String()).runWith(t, someKey, args...).want(t, exitFailed, "", "is the server running")
			w.with("DATABASE_URL", u.String()).runWith(t, someKey, append(args, "--json")...).want(t, exitFailed, "", `{"error":{"message":"cannot open the `+scheme)
		}
	}
}

// A server that takes the connection and says nothing.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	w := &world{database: &database{password: password}, env: map[string]string{}}
	for _, scheme := range []string{"postgres", "mysql"} {
		u := url.URL{Scheme: scheme, User: url.UserPassword("u", password), Host: listener.Addr().String(), Path: "/d"}
		start := time.Now()
		r := w.with("DATABASE_URL", u.String()).run(t, "stats", "--timeout", "1s")
		if took := time.Since(start); r.code != exitFailed || r.err == "" || took > 20*time.Second {
			t.Errorf("%s: got %d, %q after %s, want an error soon", scheme, r.code, r.err, took)
		}
	}
}

// PostgreSQL may trust whoever connects from here, but only as somebody it knows.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	for kind, user := range map[string]string{dialectPostgres: "djinn_nobody", dialectMySQL: ""} {
		w := newWorld(t, kind)
		u, err := url.Parse(w.url)
		if err != nil {
			t.Fatal(err)
		}
		w.secrets = append(w.secrets, "wrong §ecret")
		u.User = url.UserPassword(cmp.Or(user, u.User.Username()), "wrong §ecret")
		w.with("DATABASE_URL", u.String()).run(t, "stats").want(t, exitFailed, "", "user, password and database exist as written")
	}
}

// A database that cannot be written: what only reads works, the rest says so.
func TestReadOnly(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w.migrate(t)
		key := w.plant(t, djangoTable, seed{expires: inAnHour()})
		w.fill(t, 3, time.Now().Add(-time.Hour))
		readOnly := w
		unprivileged := func(*exec.Cmd) {}
		switch w.kind {
		case dialectPostgres:
			readOnly = w.with("DATABASE_URL", w.url+"&options="+url.PathEscape("-c default_transaction_read_only=on"))
		case dialectMySQL:
			readOnly = w.with("DATABASE_URL", w.url+"?tx_read_only=1")
		case dialectSQLite:
			unprivileged = w.protect(t)
		}
		run := func(args ...string) result {
			cmd := readOnly.command(t, args...)
			unprivileged(cmd)
			var out, errs strings.Builder
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(key), &out, &errs
			code := exitCode(t, cmd.Run())
			return w.check(t, result{out.String(), errs.String(), code})
		}
		run("stats").want(t, 0, "4 sessions", "")
		run("list").want(t, 0, "PUBLIC_ID", "")
		run("show").want(t, 0, "cart = [1,2]", "personal data")
		run("clearsessions", "--dry-run").want(t, 0, "3 expired sessions", "")
		for _, args := range [][]string{{"clearsessions"}, {"revoke"}, {"revoke", "--all", "--yes"}} {
			r := run(args...)
			if r.code != exitFailed || !readOnlyError.MatchString(r.err) || r.out != "" {
				t.Errorf("%v: got %d, %q, want an error that says read-only", args, r.code, r.err)
			}
		}
		if got := w.rows(t, djangoTable); got != 4 {
			t.Errorf("rows left: got %d, want 4", got)
		}
	})
}

var readOnlyError = regexp.MustCompile(`(?i)read[- ]?only`)

// protect makes the SQLite file one that nobody may write, for a command that runs
// without the privileges of root.
func (w *world) protect(t *testing.T) func(*exec.Cmd) {
	t.Helper()
	// In WAL mode reading needs files of its own beside it.
	w.exec(t, "PRAGMA journal_mode = DELETE")
	path := strings.TrimPrefix(w.url, "sqlite:")
	for name, mode := range map[string]os.FileMode{path: 0o444, filepath.Dir(path): 0o755, filepath.Dir(filepath.Dir(path)): 0o755} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	return withoutPrivileges
}

func TestRedact(t *testing.T) {
	t.Parallel()
	env := map[string]string{"DATABASE_URL": "mysql://u:p%2Fw%C2%A7rd@h/d?password=other", "SECRET_KEY": "kkkk§kkkk", "SECRET_KEY_FALLBACKS": "older, oldest"}
	a := &app{getenv: func(name string) string { return env[name] }}
	for text, want := range map[string]string{
		"a plain error: 127.0.0.1:5432: refused":                 "a plain error: 127.0.0.1:5432: refused",
		"p/w§rd and p%2Fw%C2%A7rd and other":                     "[redacted] and [redacted] and [redacted]",
		"kkkk§kkkk older oldest":                                 "[redacted] [redacted] [redacted]",
		"key " + someKey + "!":                                   "key [redacted]!",
		"cookie " + sign(t, "x", "", someItems, time.Unix(1, 0)): "cookie [redacted]",
		"postgres://user:word@host/db":                           "postgres://user:[redacted]@host/db",
		env["DATABASE_URL"]:                                      "[redacted]",
	} {
		if got := a.redact(text); got != want {
			t.Errorf("redact(%q): got %q, want %q", text, got, want)
		}
	}
}

// A key in every wrong place is refused, and not repeated.
func TestKeyInTheWrongPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	key := w.plant(t, djangoTable, seed{expires: inAnHour()})
	data := sign(t, secretKey, "", someItems, time.Now())
	w.secrets = append(w.secrets, data)
	for _, secret := range []string{key, data} {
		w.run(t, "help", secret).want(t, 0, "Available Commands", "")
		for _, args := range [][]string{
			{secret}, {"list", secret}, {"show", secret}, {"revoke", secret}, {"decode", secret}, {"stats", "--" + secret}, {"list", "--limit", secret},
			{"list", "--sort", secret}, {"list", "--since", secret}, {"clearsessions", "--batch=" + secret}, {"--table=" + secret + "x y", "list"},
		} {
			if r := w.run(t, args...); r.code != exitUsage || r.out != "" {
				t.Errorf("%v: got %d, %q, want a usage error", args[:1], r.code, r.err)
			}
		}
	}
}
