package main

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/djinn-go/djinn/core"
)

// keys are what sessions are signed with.
type keys struct {
	current   core.Secret
	fallbacks []core.Secret
}

const noSecretKey = "SECRET_KEY is not set: put the key that the site signs its sessions with into the environment"

// keys reads the keys from the environment; ok is false if there are none.
func (a *app) keys() (k keys, ok bool) {
	k.current = core.Secret(a.getenv("SECRET_KEY"))
	k.fallbacks = splitKeys(a.getenv("SECRET_KEY_FALLBACKS"))
	return k, k.current != ""
}

// splitKeys splits at commas and newlines. Django's own keys have neither.
func splitKeys(text string) (keys []core.Secret) {
	for _, key := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if key = strings.TrimSpace(key); key != "" {
			keys = append(keys, core.Secret(key))
		}
	}
	return keys
}

const redacted = "[redacted]"

// What signed data, a session key and the password of a URL look like. Whoever types
// one in the wrong place should not find it in a log.
var (
	signedShape   = regexp.MustCompile(`[\w.+/=-]*:[0-9A-Za-z-]{1,11}:[\w+/=-]{20,}`)
	keyShape      = regexp.MustCompile(`\b[a-z0-9]{32}\b`)
	passwordShape = regexp.MustCompile(`(://[^/@:\s]*:)[^/@\s]*@`)
)

// redact takes out of a text every secret of the environment, and what looks like
// one.
func (a *app) redact(text string) string {
	for _, secret := range a.secrets() {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	text = signedShape.ReplaceAllLiteralString(text, redacted)
	text = keyShape.ReplaceAllLiteralString(text, redacted)
	return passwordShape.ReplaceAllStringFunc(text, func(part string) string {
		if strings.HasSuffix(part, ":password@") { // in a message that says how to write one
			return part
		}
		return passwordShape.ReplaceAllString(part, "${1}"+redacted+"@")
	})
}

// minSecret is the length from which a secret is looked for in texts: a shorter one,
// such as "a", would tear every word apart, and is no secret.
const minSecret = 4

// secrets are the texts that must never be printed, the longest first: one may be
// part of another.
func (a *app) secrets() (all []string) {
	databaseURL := a.getenv("DATABASE_URL")
	all = append(all, databaseURL, a.getenv("SECRET_KEY"))
	for _, key := range splitKeys(a.getenv("SECRET_KEY_FALLBACKS")) {
		all = append(all, string(key))
	}
	all = append(all, passwords(databaseURL)...)
	all = slices.DeleteFunc(all, func(s string) bool { return len(s) < minSecret })
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return all
}

// passwords are those in a database URL, as written and as meant.
func passwords(databaseURL string) (all []string) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return nil
	}
	if password, ok := u.User.Password(); ok {
		_, written, _ := strings.Cut(u.User.String(), ":")
		all = append(all, password, written)
	}
	for _, name := range []string{"password", "sslpassword", "passfile"} {
		all = append(all, u.Query()[name]...)
	}
	return all
}
