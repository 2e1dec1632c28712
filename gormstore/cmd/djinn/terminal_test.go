package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal runs the command under a pseudo-terminal, types, and returns what is on
// the screen at the end.
func (w *world) terminal(t *testing.T, typed string, args ...string) result {
	t.Helper()
	cmd := w.command(t, args...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	var screen strings.Builder
	if typed != "" { // it is read before the prompt, as what one types ahead
		if _, err := io.WriteString(tty, typed); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = io.Copy(&screen, tty) // ends with an error of its own when the command ends
	return w.check(t, result{screen.String(), "", exitCode(t, cmd.Wait())})
}

// On a terminal there is a bar, with a rate and the time that is left.
func TestProgressBar(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	w.fill(t, 2000, time.Now().Add(-time.Hour))
	r := w.terminal(t, "", "clearsessions", "--batch", "200", "--pause", "100ms")
	for _, part := range []string{"200 / 2000 [", "2000 / 2000 [=", "] 100.00%", " rows/s", " left", "\rremoved 2,000 expired sessions in "} {
		if !strings.Contains(strings.ReplaceAll(r.out, "\n", "\r"), part) {
			t.Errorf("the screen: got %q, want %q in it", r.out, part)
		}
	}
	if r.code != 0 {
		t.Errorf("exit code: got %d, want 0", r.code)
	}
}
