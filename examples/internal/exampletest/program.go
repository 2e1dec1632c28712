package exampletest

import (
	"bufio"
	"cmp"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram makes a test binary behave as the example it tests.
const asProgram = "DJINN_EXAMPLE_PROGRAM"

// Main is for TestMain: it runs the tests, or, where [Program] started the test
// binary, the example's own main.
func Main(m *testing.M, main func()) {
	if os.Getenv(asProgram) == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program is an example that runs as a process of its own.
type program struct {
	t   testing.TB
	url string
	log string // the file that is its standard error: written when Write returns
	// seen is how much of the log statements has looked at.
	seen int
}

// startProgram starts the example with those environment variables and waits
// until it says where it listens. When the test ends it is told to stop, which it
// must do in time and without an error.
func startProgram(t testing.TB, env ...string) *program {
	t.Helper()
	dir := t.TempDir()
	p := &program{t: t, log: filepath.Join(dir, "stderr")}
	stderr, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stderr.Close() }()
	cmd := exec.Command(os.Args[0])
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, asProgram+"=1", "ADDR=127.0.0.1:0", "DJINN_SQL=1")...)
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, cmd, p) })
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "open "); ok {
			p.url = url
			break
		}
	}
	if p.url == "" {
		t.Fatalf("the program ended without printing its URL: %s", p.output())
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }() // gin logs there
	return p
}

// stop stops the program as an operator does.
func stop(t testing.TB, cmd *exec.Cmd, p *program) {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program stopped with %v, want a clean stop: %s", err, p.output())
	}
}

// statements returns the kinds of the session statements printed since the last
// call, for example "SELECT UPDATE".
func (p *program) statements() string {
	all := p.output()
	unseen := all[p.seen:]
	p.seen = len(all)
	var kinds []string
	for line := range strings.Lines(unseen) {
		if strings.HasPrefix(line, "sql ") && strings.Contains(line, "django_session") {
			_, sql, _ := strings.Cut(line, ": ")
			kind, _, _ := strings.Cut(sql, " ")
			kinds = append(kinds, kind)
		}
	}
	return cmp.Or(strings.Join(kinds, " "), "none")
}

// output is what the program has printed to standard error so far.
func (p *program) output() string {
	p.t.Helper()
	text, err := os.ReadFile(p.log)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// Program runs the example as a program on each database and each engine, and
// counts the SQL statements of a visit.
func Program(t *testing.T) {
	table := visit{create: "INSERT", load: "SELECT", update: "SELECT UPDATE"}
	for name, newDatabase := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table.count(t, "/untouched", "DATABASE_URL="+newDatabase(t))
		})
	}
	for name, v := range map[string]visit{
		"cache": {"none", "none", "none"},
		// The row is read again before it is changed: it has the version.
		"cached_db":      {create: "INSERT", load: "none", update: "SELECT UPDATE"},
		"file":           {"none", "none", "none"},
		"signed_cookies": {"none", "none", "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v.count(t, "/untouched", "SESSION_ENGINE="+name, "SESSION_FILE_PATH="+t.TempDir(), "REDIS_URL=")
		})
	}
}

// ShopProgram runs an example that opens its database itself on each database, and
// counts the SQL statements of a visit.
func ShopProgram(t *testing.T) {
	for name, newDatabase := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			visit{create: "INSERT", load: "SELECT", update: "SELECT UPDATE"}.count(t, "/plain", "DATABASE_URL="+newDatabase(t))
		})
	}
}

// visit says which statements a visitor costs.
type visit struct{ create, load, update string }

// count lets a visitor walk through the program with those environment variables.
func (v visit) count(t *testing.T, untouched string, env ...string) {
	p := startProgram(t, append(env, "SECRET_KEY=a key for tests")...)
	p.statements() // of the migration
	c := newClient(t, p.url)
	for _, step := range []struct {
		path, statements string
		cookie           bool
	}{
		{"/plain", "none", false},
		{"/peek", "none", false}, // there is no cookie yet
		{"/count", v.create, true},
		{"/plain", "none", false},
		{"/peek", v.load, false},
		{"/count", v.update, true},
		{"/whoami", v.load, false},
		{"/", v.update, true},
		{untouched, "none", false},
	} {
		a := c.get(step.path)
		if got := p.statements(); got != step.statements {
			t.Errorf("%s: got statements %s, want %s", step.path, got, step.statements)
		}
		if got := a.Header.Get("Set-Cookie") != ""; got != step.cookie {
			t.Errorf("%s: got Set-Cookie: %t, want %t", step.path, got, step.cookie)
		}
	}
	c.wantJSON(c.get("/peek"), "count", 3)
	if strings.Contains(p.output(), c.key()) {
		t.Error("the log contains the session key")
	}
}
