package lograce

import (
	"context"
	"fmt"
	"slices"
)

// scenario is a way in which a session ends while others use it.
type scenario struct {
	name  string
	about string
	needs string // "rotate", or one of site.ends
	// cast puts the actors on the stage.
	cast func(r *race)
	// verdict says what is wrong, given the cookies that are logged in at the end
	// and the number of such records. "" means nothing.
	verdict func(r *race, cookies []string, rows int) string
}

var scenarios = []scenario{
	{
		name:    "kept",
		about:   "Nobody ends the session: it must be there afterwards, or the other columns mean nothing.",
		cast:    func(r *race) { r.slowRequests(keepers) },
		verdict: alive,
	},
	{
		name:    "logout",
		about:   "Another request logs out; every other time it begins a new session in the same breath.",
		cast:    func(r *race) { r.slowRequests(slow); r.endByRequest([]string{"/logout", "/goodbye"}[r.rng.IntN(2)]) },
		verdict: dead,
	},
	{
		name:    "rotate",
		needs:   "rotate",
		about:   "Another request gives the session a new key: exactly one key works afterwards, and not the old one.",
		cast:    func(r *race) { r.slowRequests(slow); r.endByRequest("/rotate") },
		verdict: aliveOnce,
	},
	{
		name:    "delete",
		needs:   "delete",
		about:   "Manager.Delete, from outside of the requests.",
		cast:    func(r *race) { r.slowRequests(slow); r.endFromOutside("delete") },
		verdict: dead,
	},
	{
		name:    "expire",
		needs:   "expire",
		about:   "The clock passes the expiry, and ClearExpired runs.",
		cast:    func(r *race) { r.slowRequests(slow); r.endFromOutside("expire") },
		verdict: dead,
	},
	{
		name:    "public_id",
		needs:   "public_id",
		about:   "Store.Revoke with the session's public ID, among the sessions of the user.",
		cast:    func(r *race) { r.slowRequests(slow); r.endFromOutside("public_id") },
		verdict: dead,
	},
	{
		name:    "user",
		needs:   "user",
		about:   "Store.RevokeUser while two browsers of the user are at work.",
		cast:    func(r *race) { r.twoBrowsers(slow); r.endFromOutside("user") },
		verdict: dead,
	},
	{
		name:    "others",
		needs:   "others",
		about:   "Store.RevokeUser but for the second browser, which must be the only one that is logged in.",
		cast:    func(r *race) { r.twoBrowsers(keepers); r.endFromOutside("others") },
		verdict: onlyTheOther,
	},
	{
		name:  "log-ins",
		needs: "user",
		about: "Store.RevokeUser while the user logs in: in a new session, in an anonymous one with and without a new key, in " +
			"one that is logged in already. What began before the call must be dead, what began after it alive.",
		cast:    func(r *race) { r.drawLogins(); r.slowRequests(slow); r.endFromOutside("user") },
		verdict: onlyLaterLogins,
	},
}

// possible reports whether the site can do this.
func (sc *scenario) possible(s *site) bool {
	switch {
	case slices.Contains(s.without, sc.name):
		return false
	case sc.needs == "rotate":
		return slices.Contains(s.slow, "/rotate")
	default:
		return sc.needs == "" || s.ends[sc.needs] != nil
	}
}

// slowRequests draws one to four requests of those that the site can do.
func (r *race) slowRequests(from []string) {
	from = slices.DeleteFunc(slices.Clone(from), func(path string) bool { return !slices.Contains(r.site.slow, path) })
	for range 1 + r.rng.IntN(4) {
		r.request(from[r.rng.IntN(len(from))], r.first)
	}
}

type endKey struct{}

// endByRequest sends the request that ends the session, with the cookie that the
// browser has by then.
func (r *race) endByRequest(path string) {
	r.end(path, func(ctx context.Context) { r.send(ctx, path, r.browser()) })
}

// endFromOutside has the site end the session without a request.
func (r *race) endFromOutside(name string) {
	r.end(name, func(ctx context.Context) {
		if err := r.site.ends[name](ctx, r); err != nil {
			r.t.Errorf("%s: %v", name, err)
		}
	})
}

func (r *race) end(name string, do func(ctx context.Context)) {
	r.enter(name+" (the end)", func(ctx context.Context) {
		halt(ctx, "begins")
		do(context.WithValue(ctx, endKey{}, r))
		if !r.rotating.Load() {
			r.ended.Store(true)
		}
	})
}

// found is called where the end finds the session alive: a rotation under way has
// not been faster.
func found(ctx context.Context) {
	if r, ok := ctx.Value(endKey{}).(*race); ok {
		r.ended.Store(true)
	}
}

// dead wants nobody logged in. A rotation that was done before the end came to the
// store leaves one session, under a key that nobody has ended.
func dead(r *race, cookies []string, rows int) string {
	most := 0
	if !r.ended.Load() {
		most = 1
	}
	if len(cookies) > most || rows > most {
		return fmt.Sprintf("%d cookies and %d records are logged in, want %d", len(cookies), rows, most)
	}
	return ""
}

// alive wants the session to be there. Some libraries make another cookie for it
// whenever they save.
func alive(r *race, cookies []string, rows int) string {
	if len(cookies) == 0 || r.site.rows != nil && rows != 1 {
		return fmt.Sprintf("%d cookies and %d records are logged in, want 1", len(cookies), rows)
	}
	return ""
}

// aliveOnce wants one session, under its newest key.
func aliveOnce(r *race, cookies []string, rows int) string {
	switch {
	case len(cookies) != 1 || rows != 1:
		return fmt.Sprintf("%d cookies and %d records are logged in, want 1", len(cookies), rows)
	case r.rotated && cookies[0] == r.first:
		return "the old key is logged in after a rotation"
	}
	return ""
}
