package interop

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"testing"
)

// TestForgeries puts payloads that Django's own tools made, and somebody changed,
// where Django keeps sessions. To Go the visitor is anonymous, whatever the payload
// says, and the record stays as it is to the byte, also when the visitor gets a new
// session.
func TestForgeries(t *testing.T) {
	for _, r := range releases(t) {
		for _, e := range engines {
			if noteOf(r, e, true, "") != nil {
				continue // there is no such engine in that Django
			}
			t.Run("Django "+r.version+", "+e.name, func(t *testing.T) {
				t.Parallel()
				p := openPlace(t, r, e, true, "UTC")
				for name, payload := range p.forgeries(t, e.name == inCache.name) {
					t.Run(name, func(t *testing.T) { p.refuses(t, payload) })
				}
				t.Run("and the true one is taken", p.takes)
			})
		}
	}
}

// TestForgedCacheEntries puts such payloads into the cache in front of a good row: Go
// goes by the row.
func TestForgedCacheEntries(t *testing.T) {
	for _, r := range releases(t) {
		if noteOf(r, inCachedDB, true, "") != nil {
			continue
		}
		t.Run("Django "+r.version, func(t *testing.T) {
			t.Parallel()
			p := openPlace(t, r, inCachedDB, true, "UTC")
			for name, payload := range p.forgeries(t, true) {
				t.Run(name, func(t *testing.T) {
					b := visitor(t, p.django, edit{Set: sample})
					p.process.call(t, "spoil", arguments{"key": b.cookie, "payload": payload}, nil)
					wantItems(t, p.golang, b, sample)
				})
			}
		})
	}
}

// forgeries returns payloads in hexadecimal, by what is wrong with them.
func (p *place) forgeries(t *testing.T, cached bool) (made map[string]string) {
	t.Helper()
	p.process.call(t, "forgeries", arguments{"secret_key": secretKey, "cached": cached}, &made)
	return made
}

// refuses plants a payload, which is in hexadecimal, and visits Go with it.
func (p *place) refuses(t *testing.T, payload string) {
	var cookie string
	if p.engine.name == inCookie.name {
		text, err := hex.DecodeString(payload)
		if err != nil {
			t.Fatal(err)
		}
		cookie = string(text)
	} else {
		cookie = strings.ToLower(rand.Text() + rand.Text())[:32]
		p.process.call(t, "plant", arguments{"key": cookie, "payload": payload}, nil)
	}
	before := p.stored(t, cookie)

	b := &browser{cookie: cookie}
	wantItems(t, p.golang, b, "{}")
	wantUser(t, p.golang, &browser{cookie: cookie}, "")
	if b.maxAge != nil && *b.maxAge > 0 {
		t.Error("Go sent a session to a visitor who only looked")
	}
	b = &browser{cookie: cookie}
	p.golang.edit(t, b, edit{Set: `{"fresh":1}`})
	if b.cookie == cookie {
		t.Error("Go took the key over for a new session")
	}
	wantItems(t, p.golang, b, `{"fresh":1}`)
	wantItems(t, p.django, b, `{"fresh":1}`)

	if after := p.stored(t, cookie); after != before {
		t.Error("Go changed the record that it cannot read")
	}
}

// stored is what the engine keeps, to the byte; of a cookie nothing.
func (p *place) stored(t *testing.T, key string) (text string) {
	t.Helper()
	if p.engine.name != inCookie.name {
		p.process.call(t, "stored", arguments{"key": key}, &text)
	}
	return text
}

// takes shows that the payloads are refused for what is wrong with them: a log-in of
// Django's own is known under a key of the same shape.
func (p *place) takes(t *testing.T) {
	b := &browser{}
	p.django.login(t, b)
	wantUser(t, p.golang, b, p.user.ID)
}
