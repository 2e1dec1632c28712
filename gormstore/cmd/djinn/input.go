package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/djinn-go/djinn/core"
)

// maxInput is more than the longest text that decodes to maxPayload.
const maxInput = 2*maxPayload + 1024

// readInput reads standard input to its end, or a line that is not shown if it is a
// terminal. what names it in the prompt.
func (a *app) readInput(what string) (string, error) {
	var text []byte
	var err error
	if f, ok := a.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintf(a.stderr, "%s (it is not shown): ", what)
		text, err = term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(a.stderr)
	} else {
		text, err = io.ReadAll(io.LimitReader(a.stdin, maxInput+1))
	}
	if err != nil {
		return "", fmt.Errorf("standard input cannot be read: %w", err)
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

// readKey reads a session key from standard input.
func (a *app) readKey() (core.Secret, error) {
	text, err := a.readInput("a session key")
	if err != nil {
		return "", err
	}
	if _, ok := core.HandlePrefix(text); ok {
		return "", usageError("standard input holds a handle: give it as an argument; standard input is for keys")
	}
	if !core.ValidKey(text) {
		return "", usageError("what standard input holds is no session key: those are 8 to 40 characters of a-z and 0-9, the value of the cookie")
	}
	return core.Secret(text), nil
}

// checkHandle refuses an argument that is no handle, without quoting it.
func checkHandle(arg string) error {
	if _, ok := core.HandlePrefix(arg); ok {
		return nil
	}
	if core.ValidKey(arg) {
		return usageError("this is a session key, not a handle: give keys on standard input, where other users of this machine cannot see them; and whoever may have seen this one is logged in with it: revoke it")
	}
	return usageError("this is no handle: \"djinn list\" prints them")
}
