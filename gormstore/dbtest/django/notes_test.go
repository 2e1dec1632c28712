package django

import (
	"net/http"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// notes are behaviour of Django that its suite does not test, that a Django site
// next door relies on, or that is easily got wrong.
var notes = class{"", false, "What a Django site next door relies on, and its suite does not test.", []requirement{
	{name: "key_order_and_spelling", says: "Items keep their order and their spelling: `1` is not `1.0`, a long integer survives, NaN is read; beyond ASCII everything is escaped, and nothing for HTML.", verdict: same,
		also: []reference{"core TestUntouchedItemsKeepTheirText", "core TestNaN", "core/internal/pyjson TestAppend", "core/internal/pyjson TestVectorsRoundTrip"}},
	{name: "wire_format", says: "Salt, key, signature, time stamp and JSON, to the byte.", verdict: same,
		why:  "But for when to deflate, from 4 KiB on rather than always: Django reads both, and deflating is the dearest step of a save.",
		also: []reference{"core TestVectorsSession", "core TestVectorsSignedCookies", "core TestVectorsBase62", "core/signing TestDumpDeflatesWhenItPays"}},
	{name: "cookie_header", says: "The attributes of Set-Cookie, their order and spelling, to the byte.", verdict: same,
		why: "But for the deletions named below.", also: []reference{"core TestSetCookieVectors", "core TestOverruledVectorsExist"}},
	{name: "fallbacks", says: "SECRET_KEY signs; SECRET_KEY_FALLBACKS verify, also the session auth hash, after which session and hash are renewed.", verdict: same,
		also: []reference{"core TestVectorsFallback", "core/signing TestFallbacks", "core/auth TestVectors", "core/auth TestFallbackAtOnce"}},
	{name: "types_of_reserved_items", says: "The user's id is a string, an expiry is an integer or an ISO date.", verdict: same,
		also: []reference{"core TestSetExpiryVectors", "core/auth TestLogin", "core/auth TestUserID"}},
	{name: "dates_in_the_table", says: "The expiry is UTC, in SQLite as text that compares, with microseconds.", verdict: same,
		also: []reference{"gormstore/dbtest TestExpireDate", "gormstore/dbtest TestExpiryCompares", "gormstore/dbtest TestSQLiteText"}},
	{name: "found_rows", says: "On MySQL an update that changes nothing is no deletion.", verdict: same,
		why: "Whatever the DSN says about found rows.", also: []reference{"gormstore/dbtest TestUnchanged", "gormstore/dbtest TestKeysCompareByBytes"}},
	{name: "cache_entries", says: "What cached_db has in Django's cache follows every save and every logout.", verdict: same, test: func(t *testing.T, st *site) {
		o := openCachedDB(dbtest.SQLite)(t, st.clock)
		cached := newSite(t, st.backend, st.clock, o)
		s := cached.stored(t)
		s.Set("foo", "changed")
		save(t, s)
		entry := cacheEntry("cached_db", s.Key())
		if item, found, err := o.cache.Get(t.Context(), entry); !found || err != nil || !strings.Contains(item.Value, "changed") {
			t.Errorf("the entry after a save: found %t, %v; want the new item in it", found, err)
		}
		s.Flush()
		save(t, s)
		if _, found, err := o.cache.Get(t.Context(), entry); found || err != nil {
			t.Errorf("the entry after a logout: found %t, %v; want none", found, err)
		}
	}, also: []reference{"core/cachestore TestCachedDBLaws"}},
	{name: "unknown_key_read", says: "An unknown key that is read: the cookie is deleted; one that is not read is left alone.", verdict: differs, why: "Another response may have given the browser a new cookie meanwhile: it is left alone, and the answer varies by it.", test: func(t *testing.T, st *site) {
		if answer := visit(t, st.m, core.NewSessionKey(), read); answer.cookies != nil || answer.vary != "Cookie" {
			t.Errorf("read: got %d cookies and Vary %q, want none and Cookie", len(answer.cookies), answer.vary)
		}
		if answer := visit(t, st.m, core.NewSessionKey(), untouched); answer.cookies != nil || answer.vary != "" {
			t.Errorf("untouched: got %d cookies and Vary %q, want neither", len(answer.cookies), answer.vary)
		}
	}, also: []reference{"core TestUnknownKey"}},
	{name: "saved_below_500", says: "Redirects and 4xx save, 500 and above do not (since 4.2).", verdict: same, test: func(t *testing.T, st *site) {
		for _, status := range []int{302, 404, 499} {
			answer := visit(t, st.m, "", func(s *core.Session, w http.ResponseWriter) { change(s, w); w.WriteHeader(status) })
			if !st.exists(t, answer.key(t)) {
				t.Errorf("status %d: the session was not saved", status)
			}
		}
		for _, status := range []int{500, 501, 599} {
			if answer := visit(t, st.m, "", func(s *core.Session, w http.ResponseWriter) { change(s, w); w.WriteHeader(status) }); answer.cookies != nil {
				t.Errorf("status %d: got a cookie, want none", status)
			}
		}
	}},
	{name: "vary_with_save_every_request", says: "SESSION_SAVE_EVERY_REQUEST sends Vary: Cookie with the cookie, touched or not (since 5.2.14 and 6.0.5).", verdict: same, test: func(t *testing.T, st *site) {
		m := st.manager(t, st.store, core.Config{SaveEveryRequest: true, TouchInterval: -1})
		answer := visit(t, m, st.stored(t).Key(), untouched)
		answer.key(t)
		if answer.vary != "Cookie" {
			t.Errorf("Vary: got %q, want Cookie", answer.vary)
		}
	}, also: []reference{"core TestSaveEveryRequest", "core TestCacheHeaders"}},
	{name: "read_extends_nothing", says: "A plain read sends no cookie and moves no expiry.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.stored(t)
		before := st.table.row(t, s.Key()).ExpireDate
		st.clock.advance(twoWeeks / 2)
		wantHeaders(t, visit(t, st.m, s.Key(), read))
		if got := st.table.row(t, s.Key()).ExpireDate; !got.Equal(before.Time) {
			t.Errorf("expire_date: got %v, want %v", got, before)
		}
	}},
	{name: "truth_value", says: "From 6.1 a session is true unless it is empty.", verdict: notApplicable,
		why: "Go's values have no truth. IsEmpty tells.", also: []reference{"core TestFlags"}},
	{name: "changes_in_place", says: "Changing a nested value in place is not noticed.", verdict: same,
		why: "Get returns a copy; Set it again.", also: []reference{"core TestItems", "core TestSetCopies"}},
	{name: "insert_or_update", says: "A save inserts or updates and never does either in the other's place.", verdict: same,
		also: []reference{"core TestStoreCalls", "core TestTakenKey", "gormstore/dbtest TestStatements"}},
	{name: "async", says: "The asynchronous methods do what the synchronous ones do.", verdict: notApplicable,
		why: "A handler blocks its goroutine alone; a context ends it. The 46 asynchronous tests are the synchronous ones here."},
}}
