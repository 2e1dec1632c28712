package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// The exit codes; rootHelp explains them.
const (
	exitFine        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitFaults      = 4
	exitInterrupted = 130
)

// exitError is an error with an exit code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usageError is about what the caller wrote, on the command line or in the
// environment.
func usageError(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// notFound is about a session that is not there.
func notFound(format string, args ...any) error {
	return &exitError{exitNotFound, fmt.Errorf(format, args...)}
}

// errFaults ends doctor, whose findings are printed already.
var errFaults = &exitError{code: exitFaults}

// ended is err in words if the reason for it is that ctx has ended; done says what
// was done so far.
func ended(ctx context.Context, err error, done string) error {
	switch {
	case err == nil || ctx.Err() == nil:
		return err
	case errors.Is(context.Cause(ctx), errTimeLimit):
		return &exitError{exitFailed, fmt.Errorf("%w%s", errTimeLimit, done)}
	default:
		return &exitError{exitInterrupted, fmt.Errorf("interrupted%s", done)}
	}
}

// exit reports an error and returns the exit code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitFine
	}
	if errors.Is(err, errFaults) {
		return exitFaults
	}
	code := exitFailed
	if e := (*exitError)(nil); errors.As(err, &e) {
		code = e.code
	}
	text := a.redact(err.Error())
	if !a.asJSON {
		fmt.Fprintf(a.stderr, "djinn: %s\n", text)
		return code
	}
	type failure struct {
		Message  string `json:"message"`
		ExitCode int    `json:"exit_code"`
	}
	enc := json.NewEncoder(a.stderr)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(map[string]failure{"error": {text, code}}) // nobody is left to tell
	return code
}

// note tells the person at the terminal, or the log, something beside the result.
// With --json standard error is for errors alone.
func (a *app) note(format string, args ...any) {
	if !a.asJSON {
		fmt.Fprintf(a.stderr, "djinn: %s\n", a.redact(fmt.Sprintf(format, args...)))
	}
}
