package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cookiestore"
	"github.com/djinn-go/djinn/core/signing"
)

// maxPayload is the JSON text that is still decoded, in bytes: more than a site
// allows that has raised Config.MaxSize with reason.
const maxPayload = 16 << 20

// payload is session data, decoded.
type payload struct {
	SignedBy   string          `json:"signed_by"`
	SignedAt   time.Time       `json:"signed_at"`
	Compressed bool            `json:"compressed"`
	Size       int             `json:"json_size"`
	Items      json.RawMessage `json:"items"`

	values   core.Values
	fallback int
	verified bool
}

// What SignedBy says.
const (
	byCurrent = "SECRET_KEY"
	byNobody  = "none of the keys"
)

func byFallback(n int) string { return fmt.Sprintf("SECRET_KEY_FALLBACKS, number %d", n) }

// Django signs cookies with a salt of their own.
var cookieSalt = new(cookiestore.Store).Salt()

// decodePayload reads session data. What none of the keys verifies is decoded all
// the same, and says so: the operator wants to know what it is.
func decodePayload(text string, k keys, salt string) (payload, error) {
	p := payload{SignedBy: byNobody, Compressed: strings.HasPrefix(text, ".")}
	data, sig, err := k.signer(salt).Load(text, maxPayload)
	switch {
	case err == nil:
		p.verified, p.fallback, p.SignedAt = true, sig.Fallback, sig.SignedAt
		p.SignedBy = byCurrent
		if sig.Fallback > 0 {
			p.SignedBy = byFallback(sig.Fallback)
		}
	case errors.Is(err, signing.ErrBadSignature):
		if data, p.SignedAt, err = signing.Peek(text, maxPayload); err != nil {
			return p, err
		}
	default:
		return p, err
	}
	p.Size = len(data)
	if p.values, err = core.ParseValues(string(data)); err != nil {
		return p, err
	}
	p.Items = itemsJSON(p.values)
	return p, nil
}

// signer checks signatures with all the keys.
func (k keys) signer(salt string) *signing.Signer {
	fallbacks := make([]string, len(k.fallbacks))
	for i, f := range k.fallbacks {
		fallbacks[i] = string(f)
	}
	return signing.New(string(k.current), salt, fallbacks...)
}

// secretItems are items with which somebody could act for the user, or that help to
// guess a password.
var secretItems = map[string]bool{
	"_auth_user_hash":       true,
	"_csrftoken":            true, // CSRF_USE_SESSIONS
	"_password_reset_token": true,
}

const masked = `"[masked]"`

// itemText is an item's JSON text for people and programs.
func itemText(name, text string) string {
	if secretItems[name] {
		return masked
	}
	return ascii(text)
}

// ascii writes the characters beyond ASCII of a JSON text as JSON escapes. In
// Django's texts a byte is a character (Latin-1), and some of those are commands to
// a terminal.
func ascii(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || c < ' ' || c == 0x7f {
			fmt.Fprintf(&b, `\u%04x`, c)
			continue
		}
		_ = b.WriteByte(text[i])
	}
	return b.String()
}

// itemsJSON is a JSON object of the items, in their order. Python writes NaN and
// Infinity, which are not JSON; they become strings.
func itemsJSON(values core.Values) json.RawMessage {
	object := []byte{'{'}
	for name, text := range values.Texts() {
		if len(object) > 1 {
			object = append(object, ',')
		}
		text = itemText(name, text)
		if !json.Valid([]byte(text)) {
			text = quote(text)
		}
		object = append(object, quote(name)+":"+text...)
	}
	return append(object, '}')
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return `"?"` // a string always has a JSON text
	}
	return string(text)
}

// print writes the payload for people.
func (p payload) print(a *app, now time.Time) {
	a.field("signed by", "%s", p.SignedBy)
	a.field("signed", "%s (%s)", timestamp(p.SignedAt), fromNow(p.SignedAt, now))
	compressed := "not compressed"
	if p.Compressed {
		compressed = "compressed"
	}
	a.field("json", "%s, %s", byteSize(int64(p.Size)), compressed)
	a.field("items", "%d", p.values.Len())
	for name, text := range p.values.Texts() {
		fmt.Fprintf(a.stdout, "  %s = %s\n", printable(name), itemText(name, text))
	}
}

// field writes a line of show and decode.
func (a *app) field(name, format string, args ...any) {
	fmt.Fprintf(a.stdout, "%-10s %s\n", name, fmt.Sprintf(format, args...))
}
