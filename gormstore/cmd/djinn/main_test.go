package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// binary is the real command, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "djinn")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	// Others may run it: the test of a file that must not be written does.
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary = filepath.Join(dir, "djinn")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

const (
	secretKey   = "the SECRET_KEY of these tests, nobody's"
	fallbackKey = "the key of last year"
	olderKey    = "the key of the year before"
)

// world is a database, the environment of the command, and what it must not print.
type world struct {
	*database
	env     map[string]string
	secrets []string
}

func newWorld(t *testing.T, kind string) *world {
	t.Helper()
	w := &world{database: openTestDatabase(t, kind), env: map[string]string{"SECRET_KEY": secretKey}}
	w.env["DATABASE_URL"] = w.url
	w.secrets = append(w.secrets, fallbackKey, olderKey)
	return w
}

// without is the world with another setting in the environment.
func (w *world) with(name, value string) *world {
	other := *w
	other.env = map[string]string{}
	for n, v := range w.env {
		other.env[n] = v
	}
	other.env[name] = value
	return &other
}

// result is what the command has said.
type result struct {
	out, err string
	code     int
}

// command prepares a run of the command.
func (w *world) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TERM=xterm"}
	for name, value := range w.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// run runs the command, with nothing on standard input.
func (w *world) run(t *testing.T, args ...string) result {
	t.Helper()
	return w.runWith(t, "", args...)
}

// runWith runs the command with that on standard input.
func (w *world) runWith(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := w.command(t, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	code := exitCode(t, cmd.Run())
	return w.check(t, result{out.String(), errs.String(), code})
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		return e.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

// check fails the test if a secret was printed. Every output of every test goes
// through it.
func (w *world) check(t *testing.T, r result) result {
	t.Helper()
	secrets := append([]string{w.env["SECRET_KEY"], w.password}, w.secrets...)
	for _, secret := range append(secrets, strings.Split(w.env["SECRET_KEY_FALLBACKS"], ",")...) {
		if len(secret) >= minSecret && strings.Contains(r.out+r.err, secret) {
			t.Errorf("a secret was printed:\n%s%s", r.out, r.err)
		}
	}
	return r
}

// want checks exit code, standard output and standard error; "" stands for empty,
// anything else for a part.
func (r result) want(t *testing.T, code int, out, errs string) result {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code: got %d, want %d", r.code, code)
	}
	for name, x := range map[string]struct{ got, want string }{"output": {r.out, out}, "errors": {r.err, errs}} {
		if x.want == "" && x.got != "" || !strings.Contains(x.got, x.want) {
			t.Errorf("%s: got %q, want %q in it", name, x.got, x.want)
		}
	}
	return r
}

// decodeJSON reads one document.
func decodeJSON[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return v
}
