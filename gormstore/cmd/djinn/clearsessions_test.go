package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestClearSessions(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w.migrate(t)
		w.fill(t, 2500, time.Now().Add(-time.Hour))
		w.fill(t, 10, time.Now().Add(time.Hour))
		w.run(t, "clearsessions", "--dry-run").want(t, 0, "2,500 expired sessions would be removed\n", "")
		w.run(t, "clearsessions", "--limit", "1000", "--batch", "400").want(t, 0, "removed 1,000 expired sessions in ", "about 1,500 more have expired")
		got := decodeJSON[clearing](t, w.run(t, "clearsessions", "--json").want(t, 0, `"removed":1500`, "").out)
		if got.Expired != 1500 || got.Seconds <= 0 || got.RowsPerSecond <= 0 || got.DryRun {
			t.Errorf("got %+v, want 1500 expired, some time and a rate", got)
		}
		w.run(t, "clearsessions").want(t, 0, "removed 0 expired sessions", "")
		if got := w.rows(t, djangoTable); got != 10 {
			t.Errorf("rows left: got %d, want the 10 that live", got)
		}
	})
}

// Two nodes clear at once: neither fails, and no live session goes.
func TestClearSessionsAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w.migrate(t)
		w.fill(t, 6000, time.Now().Add(-time.Hour))
		w.fill(t, 20, time.Now().Add(time.Hour))
		var both sync.WaitGroup
		var removed [2]int64
		for i := range removed {
			both.Go(func() {
				var out, errs bytes.Buffer
				cmd := w.command(t, "clearsessions", "--json", "--batch", "100")
				cmd.Stdout, cmd.Stderr = &out, &errs
				if err := cmd.Run(); err != nil || errs.Len() > 0 {
					t.Errorf("got %v, %s, want no error", err, errs.String())
					return
				}
				removed[i] = decodeJSON[clearing](t, w.check(t, result{out: out.String()}).out).Removed
			})
		}
		both.Wait()
		if got := removed[0] + removed[1]; got != 6000 {
			t.Errorf("removed: got %d and %d, want 6000 together", removed[0], removed[1])
		}
		if got := w.rows(t, djangoTable); got != 20 {
			t.Errorf("rows left: got %d, want the 20 that live", got)
		}
	})
}

// A signal in the middle: what was done is said, and the next run goes on.
func TestClearSessionsInterrupted(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w.migrate(t)
		w.fill(t, 2000, time.Now().Add(-time.Hour))
		var out, errs bytes.Buffer
		cmd := w.command(t, "clearsessions", "--batch", "100", "--pause", "100ms")
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { return w.rows(t, djangoTable) < 2000 })
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		code := exitCode(t, cmd.Wait())
		left := w.rows(t, djangoTable)
		if left == 0 {
			t.Error("nothing is left: the signal did not stop it")
		}
		says := fmt.Sprintf("interrupted after removing %s; run it again to go on", count(2000-left, "expired session"))
		w.check(t, result{out.String(), errs.String(), code}).want(t, exitInterrupted, "", says)
		w.run(t, "clearsessions").want(t, 0, fmt.Sprintf("removed %s", count(left, "expired session")), "")
	})
}

// waitFor polls until the condition holds.
func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited for 30 s in vain")
		}
	}
}

func TestClearSessionsTimeLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	w.fill(t, 300, time.Now().Add(-time.Hour))
	w.run(t, "clearsessions", "--batch", "100", "--pause", "1h", "--timeout", "1s").
		want(t, exitFailed, "", "the time limit (--timeout) ran out after removing 100 expired sessions; run it again to go on")
}

// Where there is no terminal, lines come at growing intervals; with --json none do.
func TestClearSessionsLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	w.fill(t, 400, time.Now().Add(-time.Hour))
	r := w.run(t, "clearsessions", "--batch", "100", "--pause", "600ms")
	r.want(t, 0, "removed 400 expired sessions", "of 400 removed (")
	if !strings.Contains(r.err, " rows/s, ") || strings.Count(r.err, "\n") > 2 || strings.ContainsAny(r.err, "\r\x1b") {
		t.Errorf("progress without a terminal: got %q, want a line or two", r.err)
	}
}

func TestProgressLine(t *testing.T) {
	t.Parallel()
	got := progressLine(50_000, 200_000, 5*time.Second)
	if want := "50,000 of 200,000 removed (25 %), 10,000 rows/s, 15s left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
