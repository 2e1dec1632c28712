package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/djinn-go/djinn/core"
)

// maxInput is more than the longest text that decodes to maxPayload.
const maxInput = 2*maxPayload + 1024

// readInput reads standard input to its end, or a line that is not shown if it is a
// terminal. what names it in the prompt.
func (a *app) readInput(ctx context.Context, what string) (string, error) {
	text, err := a.read(ctx, what)
	if err != nil {
		return "", ended(ctx, fmt.Errorf("standard input cannot be read: %w", err), " before standard input was read")
	}
	if len(text) > maxInput {
		return "", fmt.Errorf("standard input is longer than any session (%d MiB): is it the right file?", maxInput>>20)
	}
	text = bytes.Trim(text, " \t\r\n\"'")
	if len(text) == 0 {
		return "", usageError("standard input is empty: it should hold %s", what)
	}
	return string(text), nil
}

// read waits for standard input no longer than ctx lives, and leaves a terminal as it
// was.
func (a *app) read(ctx context.Context, what string) ([]byte, error) {
	read := func() ([]byte, error) { return io.ReadAll(io.LimitReader(a.stdin, maxInput+1)) }
	if f, ok := a.stdin.(*os.File); ok && isTerminal(f) {
		fd := int(f.Fd())
		before, err := term.GetState(fd)
		if err != nil {
			return nil, err
		}
		defer fmt.Fprintln(a.stderr)
		defer term.Restore(fd, before) //nolint:errcheck // there is nothing else to try
		fmt.Fprintf(a.stderr, "%s (it is not shown): ", what)
		read = func() ([]byte, error) { return term.ReadPassword(fd) }
	}
	type input struct {
		text []byte
		err  error
	}
	done := make(chan input, 1)
	go func() {
		text, err := read()
		done <- input{text, err}
	}()
	select {
	case in := <-done:
		return in.text, in.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readKey reads a session key from standard input.
func (a *app) readKey(ctx context.Context) (core.Secret, error) {
	text, err := a.readInput(ctx, "a session key")
	if err != nil {
		return "", err
	}
	if _, ok := core.PublicIDPrefix(text); ok {
		return "", usageError("standard input holds a public ID: give it as an argument; standard input is for keys")
	}
	if !core.ValidSessionKey(text) {
		return "", usageError("what standard input holds is no session key: those are 8 to 40 characters of a-z and 0-9, the value of the cookie")
	}
	return core.Secret(text), nil
}

// checkPublicID refuses an argument that is no public ID, without quoting it.
func checkPublicID(arg string) error {
	if _, ok := core.PublicIDPrefix(arg); ok {
		return nil
	}
	if core.ValidSessionKey(arg) {
		return usageError("this is a session key, not a public ID: give keys on standard input, where other users of this machine cannot see them; and whoever may have seen this one is logged in with it: revoke it")
	}
	return usageError("this is no public ID: \"djinn list\" prints them")
}

// parseTime reads a date, a time, or a distance from now.
func parseTime(s string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > -1_000_000 && n < 1_000_000 {
			return now.AddDate(0, 0, n), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(d), nil
	}
	return time.Time{}, errors.New("write a date (2026-01-31), a time in UTC (2026-01-31T18:30:00Z) or a distance from now (-24h, 7d)")
}
