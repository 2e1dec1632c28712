package main

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal runs the command under a pseudo-terminal, types as soon as what is typed is
// not shown, and returns what is on the screen at the end.
func (w *world) terminal(t *testing.T, typed string, args ...string) result {
	t.Helper()
	r, _ := w.interact(t, func(keyboard, terminal *os.File, _ *os.Process) {
		if typed == "" {
			return
		}
		waitFor(t, func() bool { return !echoes(t, terminal) })
		if _, err := io.WriteString(keyboard, typed); err != nil {
			t.Fatal(err)
		}
	}, args...)
	return r
}

// echoes reports whether what is typed is shown.
func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	stty := exec.CommandContext(t.Context(), "stty", "-a")
	stty.Stdin = terminal
	settings, err := stty.Output()
	if err != nil {
		t.Fatal(err)
	}
	return !strings.Contains(string(settings), "-echo ")
}

// interact runs the command under a pseudo-terminal. Meanwhile somebody sits at it. It
// tells also whether the terminal shows at the end what is typed.
func (w *world) interact(t *testing.T, somebody func(keyboard, terminal *os.File, command *os.Process), args ...string) (r result, shows bool) {
	t.Helper()
	us, its, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer us.Close()
	if err := pty.Setsize(us, &pty.Winsize{Rows: 24, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	cmd := w.command(t, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = its, its, its
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var screen strings.Builder
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&screen, us) // ends with an error of its own when the terminal is closed
	}()
	somebody(us, its, cmd.Process)
	code := exitCode(t, cmd.Wait())
	shows = echoes(t, its)
	its.Close()
	<-read
	return w.check(t, result{screen.String(), "", code}), shows
}

// On a terminal there is a bar, with a rate and the time that is left.
func TestProgressBar(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	w.fill(t, 2000, time.Now().Add(-time.Hour))
	r := w.terminal(t, "", "clearsessions", "--batch", "200", "--pause", "150ms")
	for _, part := range []string{`\r\d+00 / 2000 \[=+> +\] \d+\.00% `, ` \d+ rows/s `, ` left\b`, `\r2000 / 2000 \[=+\] 100\.00% \d+ rows/s in `, `\nremoved 2,000 expired sessions in `} {
		if !regexp.MustCompile(part).MatchString(r.out) {
			t.Errorf("the screen: got %q, want %s in it", r.out, part)
		}
	}
	if r.code != 0 {
		t.Errorf("exit code: got %d, want 0", r.code)
	}
}

// A key that is typed is not shown.
func TestTypedKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	key := w.plant(t, djangoTable, seed{expires: inAnHour()})
	r := w.terminal(t, key+"\n", "show")
	for _, part := range []string{"a session key (it is not shown): ", "signed by  SECRET_KEY", "cart = [1,2]"} {
		if !strings.Contains(r.out, part) {
			t.Errorf("the screen: got %q, want %q in it", r.out, part)
		}
	}
}

// A signal while the key is waited for leaves the terminal as it was.
func TestInterruptedPrompt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	r, shows := w.interact(t, func(_, terminal *os.File, command *os.Process) {
		waitFor(t, func() bool { return !echoes(t, terminal) })
		if err := command.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
	}, "show")
	r.want(t, exitInterrupted, "interrupted before standard input was read", "")
	if !shows {
		t.Error("the terminal no longer shows what is typed")
	}
}
