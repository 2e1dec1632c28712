package interop

import (
	"testing"
	"time"
)

const (
	cookieAge = 14 * 24 * time.Hour
	hour      = time.Hour
	// slack is for what visits take on a busy machine, and for rounding.
	slack = time.Minute
)

func expiresByDefault(t *testing.T, p *place, writer, _ site) {
	age := int(cookieAge.Seconds())
	p.expires(t, writer, edit{Set: `{"n":1}`}, &age, cookieAge)
}

func expiresAfterSeconds(t *testing.T, p *place, writer, _ site) {
	age := int(hour.Seconds())
	p.expires(t, writer, edit{Set: `{"n":1}`, Expiry: &age}, &age, hour)
}

func expiresWithBrowser(t *testing.T, p *place, writer, _ site) {
	p.expires(t, writer, edit{Set: `{"n":1}`, Expiry: new(int)}, nil, cookieAge)
}

func expiresAtDate(t *testing.T, p *place, writer, _ site) {
	age := int(hour.Seconds())
	p.expires(t, writer, edit{Set: `{"n":1}`, Date: age}, &age, hour)
}

// expires writes a session and looks at what both sides make of it: the cookie's
// age, and whether the session is there shortly before its end and shortly after.
func (p *place) expires(t *testing.T, writer site, e edit, maxAge *int, life time.Duration) {
	t.Helper()
	b := visitor(t, writer, e)
	wantAge(t, writer, b, maxAge)
	for _, s := range []site{p.golang, p.django} {
		c := copyOf(b)
		s.edit(t, c, edit{Set: `{"n":1}`})
		wantAge(t, s, c, maxAge)
	}
	if p.engine.name == inCookie.name {
		life = cookieAge // the server looks at the time stamp alone
	}
	for _, s := range []site{p.golang, p.django} {
		if !p.alive(t, s.later(life-slack), b) {
			t.Errorf("%v before its end %s does not know the session", slack, s.name())
		}
	}
	for _, s := range []site{p.golang, p.django} {
		endless := s == p.django && p.engine.name == inFiles.name && e.Expiry != nil && *e.Expiry > 0
		if got := p.alive(t, s.later(life+slack), b); got != endless {
			t.Errorf("%v after its end %s knows the session: %t, want %t", slack, s.name(), got, endless)
		}
	}
}

// alive reports whether the site knows the session of a copy of the browser.
func (p *place) alive(t *testing.T, s site, b *browser) bool {
	t.Helper()
	return s.items(t, copyOf(b)) != "{}"
}

// wantAge compares Max-Age, which shrinks with the time until a date.
func wantAge(t *testing.T, s site, b *browser, want *int) {
	t.Helper()
	switch {
	case want == nil && b.maxAge != nil:
		t.Errorf("%s sends Max-Age=%d, want none", s.name(), *b.maxAge)
	case want != nil && b.maxAge == nil:
		t.Errorf("%s sends no Max-Age, want %d", s.name(), *want)
	case want != nil && (*b.maxAge < *want-int(slack.Seconds()) || *b.maxAge > *want):
		t.Errorf("%s sends Max-Age=%d, want %d", s.name(), *b.maxAge, *want)
	}
}
