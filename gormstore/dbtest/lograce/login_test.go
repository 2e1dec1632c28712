package lograce

import (
	"context"
	"fmt"
	"slices"
)

// How far a revocation of all of a user's sessions has come.
const (
	notCalled int32 = iota
	called
	returned
)

// login is a log-in that races such a revocation.
type login struct {
	race *race
	// before is how far the revocation was before the request began, inside how far
	// it was when the handler did.
	before, inside int32
	cookie         string // of the answer
}

type loginKey struct{}

// login sends a log-in with a cookie, "" for none.
func (r *race) login(path, cookie string) {
	l := &login{race: r}
	r.logins = append(r.logins, l)
	r.enter(path, func(ctx context.Context) {
		halt(ctx, "begins")
		l.before = r.revocation.Load()
		res := r.exchange(context.WithValue(ctx, loginKey{}, l), path, cookie)
		for _, c := range res.Cookies() {
			if c.Name == r.site.cookie {
				l.cookie = c.Value
			}
		}
	})
}

// noteLogin is called where a handler begins.
func noteLogin(ctx context.Context) {
	if l, ok := ctx.Value(loginKey{}).(*login); ok {
		l.inside = l.race.revocation.Load()
	}
}

// anonymous begins a session in which nobody is logged in.
func (r *race) anonymous() string {
	for _, c := range r.exchange(r.t.Context(), "/write", "").Cookies() {
		if c.Name == r.site.cookie {
			return c.Value
		}
	}
	r.t.Fatal("no cookie was sent for an anonymous session")
	return ""
}

// drawLogins draws one to four log-ins: of a browser without a cookie, of one with
// an anonymous session, in which the user column is then filled by an update or with
// a new key, and of one that is logged in already.
func (r *race) drawLogins() {
	for range 1 + r.rng.IntN(4) {
		switch r.rng.IntN(4) {
		case 0:
			r.login("/login", "")
		case 1:
			r.login("/login", r.anonymous())
		case 2:
			r.login("/enter", r.anonymous())
		case 3:
			r.login("/login", r.first)
		}
	}
}

// onlyLaterLogins wants log-ins that began before the revocation was called to be
// dead, and those that began when it had returned to be alive.
func onlyLaterLogins(r *race, cookies []string, rows int) string {
	if len(cookies) > 0 {
		return fmt.Sprintf("%d cookies of the session that was there are logged in, want 0", len(cookies))
	}
	var alive []string
	for _, l := range r.logins {
		lives := l.cookie != "" && r.whoami(l.cookie) == r.user
		switch {
		case lives && l.inside == notCalled:
			return "a log-in that began before the revocation is logged in"
		case !lives && l.before == returned:
			return "a log-in that began after the revocation is not logged in"
		case lives && !slices.Contains(alive, l.cookie):
			alive = append(alive, l.cookie)
		}
	}
	if rows != len(alive) {
		return fmt.Sprintf("%d records are logged in, and browsers know of %d", rows, len(alive))
	}
	return ""
}
