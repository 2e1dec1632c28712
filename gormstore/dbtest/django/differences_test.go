package django

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

// difference is a place where djinn leaves Django on purpose.
type difference struct {
	// name is that of the subtest.
	name string
	// says is what djinn does, in a sentence. inCore: the documentation of package
	// core has the very sentence.
	says   string
	inCore bool
	// django is what Django does, and why is the reason.
	django, why string

	test func(t *testing.T, st *site)
	also []reference
}

var differences = []difference{
	{name: "no_lost_updates", inCore: true,
		says:   "Two requests that write at once both win, item by item; in Django the last one overwrites the other.",
		django: "An update compares nothing and writes the whole dictionary.",
		why:    "A page with several requests under way loses data at random.",
		test: func(t *testing.T, st *site) {
			s := st.stored(t)
			one, two := st.reopen(t, s), st.reopen(t, s)
			one.Set("one", 1)
			two.Set("two", 2)
			save(t, one)
			save(t, two)
			wantItems(t, st.reopen(t, s), `{"foo":"bar","one":1,"two":2}`)
		}, also: []reference{"core TestNoLostUpdates", "core/cachestore TestEnginesLoseNoUpdates", "core TestCounterIsExact", "core TestReplay", "core TestParallelRotations"}},
	{name: "database_error_is_no_logout", inCore: true,
		says:   `A database error is not "session deleted".`,
		django: "Every error of an UPDATE becomes UpdateError: 400, and the log says that the user may have logged out.",
		why:    "A database that is down for a minute must log nobody out, and must be seen by whoever operates it: 503.",
		test:   databaseErrorIsNoLogout, also: []reference{"core TestStoreDown", "core TestStoreTimeout", "core/cachestore TestCacheFailureIsNoLogout", "gormstore/dbtest TestBusy"}},
	{name: "save_every_request_creates_nothing", inCore: true,
		says:   "SaveEveryRequest extends sessions and never creates one.",
		django: "With an unknown key that nothing reads, it inserts an empty row and sends its cookie; so does a view that only sets modified.",
		why:    "Anybody could fill the table, one row for each made-up cookie.",
		test:   saveEveryRequestCreatesNothing, also: []reference{"core TestSaveEveryRequest"}},
	{name: "junk_cookies", inCore: true,
		says:   "A cookie that cannot be a key is unknown without asking the store, and is not answered when nothing touched the session.",
		django: "Any text of eight characters reaches the database, where a NUL is an error of PostgreSQL (500) and MySQL ignores case; a shorter one is always deleted.",
		why:    "Junk must cost nothing, and a request that leaves its session alone leaves no trace.",
		test: func(t *testing.T, st *site) {
			for _, junk := range []string{"abc", `"aaaaaaaa\000b"`, strings.Repeat("a", 300), "ABCDEFGHIJKLMNOP"} {
				if answer := visit(t, st.m, junk, untouched); answer.status != http.StatusOK || answer.cookies != nil || answer.vary != "" {
					t.Errorf("untouched: got %d, %d cookies, Vary %q; want 200 and neither", answer.status, len(answer.cookies), answer.vary)
				}
				if answer := visit(t, st.m, junk, read); answer.status != http.StatusOK || answer.cookies != nil {
					t.Errorf("read: got %d, %d cookies; want 200 and none", answer.status, len(answer.cookies))
				}
			}
			if got := len(st.took(core.EventLoaded)); got != 0 {
				t.Errorf("the store was asked %d times, want 0", got)
			}
		}, also: []reference{"core TestJunkCookies", "core TestKeys"}},
	{name: "cookie_sent_twice", inCore: true,
		says:   "A cookie sent twice with different values is nobody's, and neither is deleted; Django takes the last.",
		django: "The last one wins, whoever set it.",
		why:    "A neighbouring host could log a visitor in as somebody else.",
		also:   []reference{"core TestJunkCookies"}},
	{name: "unreadable_record_stays", inCore: true,
		says:   "A record that cannot be read is not overwritten, and a mere read of it sends no cookie.",
		django: "The key survives, the next save overwrites the row.",
		why:    "A deploy with a wrong SECRET_KEY, rolled back, has logged nobody out.",
		test:   unreadableRecordStays, also: []reference{"core TestUndecodableRecord", "core/cachestore TestEngineLeavesUndecodableEntries"}},
	{name: "flush_survives_500", inCore: true,
		says:   "A Flush is done also when the response is a 500.",
		django: "The record goes at once, and with ATOMIC_REQUESTS it comes back if the view fails.",
		why:    "Whoever asked to be logged out is, even if the page that says so fails.",
		test: func(t *testing.T, st *site) {
			key := st.stored(t).Key()
			visit(t, st.m, key, func(s *core.Session, w http.ResponseWriter) { s.Flush(); w.WriteHeader(500) })
			if st.exists(t, key) {
				t.Error("the session survived its Flush")
			}
		}, also: []reference{"core TestPanic"}},
	{name: "one_write_per_request", inCore: true,
		says:   "Flush and CycleKey take effect when the response begins, not at once, and CycleKey not with a 500; on a session without items it creates nothing.",
		django: "Both write at once, and the middleware saves again: a login costs an INSERT and an UPDATE, and a failed one leaves a row.",
		why:    "One write per request, and all of it or nothing.",
		test: func(t *testing.T, st *site) {
			key := st.stored(t).Key()
			rows := st.table.count(t)
			visit(t, st.m, key, func(s *core.Session, w http.ResponseWriter) { s.CycleKey(); w.WriteHeader(500) })
			visit(t, st.m, "", func(s *core.Session, _ http.ResponseWriter) { s.CycleKey() })
			if !st.exists(t, key) || st.table.count(t) != rows {
				t.Errorf("the old key is alive: %t, new rows: %d; want true, 0", st.exists(t, key), st.table.count(t)-rows)
			}
			st.took(core.EventSaved)
			visit(t, st.m, key, func(s *core.Session, _ http.ResponseWriter) { s.CycleKey(); s.Set("user", 1) })
			if got := len(st.took(core.EventSaved)); got != 1 {
				t.Errorf("a login: got %d writes, want 1", got)
			}
		}, also: []reference{"core TestStoreCalls", "core TestCycleKeyKeepsItems"}},
	{name: "empty_is_not_saved", inCore: true,
		says:   "A session without items that never had a record is not saved, not by Save either.",
		django: "save(), create() and cycle_key() insert an empty row.",
		why:    "Visitors without data make no rows.",
		test: func(t *testing.T, st *site) {
			rows := st.table.count(t)
			for _, do := range []func(*core.Session, http.ResponseWriter){
				func(s *core.Session, _ http.ResponseWriter) { save(t, s) },
				func(s *core.Session, _ http.ResponseWriter) { s.MarkModified() },
				func(s *core.Session, w http.ResponseWriter) { change(s, w); s.Clear() },
			} {
				if answer := visit(t, st.m, "", do); answer.cookies != nil || st.table.count(t) != rows {
					t.Errorf("got %d cookies and %d rows, want none", len(answer.cookies), st.table.count(t)-rows)
				}
			}
		}, also: []reference{"core TestStoreCalls"}},
	{name: "clear_of_unknown_key", inCore: true,
		says:   "Clear with an unknown key is no error: there is nothing to clear.",
		django: "clear() does not load, so the save updates a row that is not there: 400.",
		why:    "A visitor whose session has expired gets the page.",
		test: func(t *testing.T, st *site) {
			answer := visit(t, st.m, core.NewSessionKey(), func(s *core.Session, _ http.ResponseWriter) { s.Clear() })
			if answer.status != http.StatusOK || answer.cookies != nil || st.table.count(t) != 0 {
				t.Errorf("got %d, %d cookies and %d rows, want 200 and none of either", answer.status, len(answer.cookies), st.table.count(t))
			}
		}, also: []reference{"core TestUnknownKey"}},
	{name: "cookie_tells_what_was_done", inCore: true,
		says:   "The cookie is set only after the store has written the session in the same request, and deleted only by the request that ended the session; a request that only read leaves it alone.",
		django: "A response deletes the cookie whenever the session it found is empty, and sends the key it began with whenever something was set.",
		why:    "A slow page that ends after a log-in or log-out elsewhere would take the browser's new cookie away.",
		test:   cookieTellsWhatWasDone, also: []reference{"core TestUnknownKey", "core TestStoreCalls", "core/adaptertest TestNetHTTP"}},
	{name: "deletion_cookie", inCore: true,
		says:   "The cookie that deletes carries Secure and Partitioned like the one that set.",
		django: "Secure only with the prefixes and SameSite=None.",
		why:    "Browsers leave a Secure cookie alone that a plain one tries to overwrite.",
		test: func(t *testing.T, st *site) {
			m := st.manager(t, st.store, core.Config{CookieSecure: true, CookiePartitioned: true})
			wantHeaders(t, visit(t, m, st.stored(t).Key(), flush),
				`sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax; Secure; Partitioned`)
		}, also: []reference{"core TestSetCookieVectors"}},
	{name: "cache_control", inCore: true,
		says:   "A response that sets the cookie is marked Cache-Control: private.",
		django: "Vary: Cookie alone.",
		why:    "A shared cache that ignores Vary would hand one visitor's cookie to the next.",
		also:   []reference{"core TestCacheHeaders"}},
	{name: "expiry_that_is_none", inCore: true,
		says:   "A _session_expiry that is no expiry counts as none instead of raising.",
		django: "Text that is no date, and a date without an offset, are a 500 on every request of that visitor.",
		why:    "No value of an item should lock a visitor out.",
		also:   []reference{"core TestInvalidExpiryCountsAsNone", "core TestExpiryVectors"}},
	{name: "touches_are_throttled", inCore: true,
		says:   "Extending a session without changing it is throttled, see Config.TouchInterval.",
		django: "Every such save writes the whole row.",
		why:    "A write per request buys a minute in two weeks.",
		also:   []reference{"core TestTouchInterval"}},
	{name: "late_changes", inCore: true,
		says:   "A change after the first byte is saved if the browser has the session's cookie, and reported otherwise; in Django what a streaming response changes is lost.",
		django: "The session is saved before the body is produced.",
		why:    "Nothing is lost in silence.",
		also:   []reference{"core TestLateChanges"}},
	{name: "file_expiry", says: "A number of seconds as expiry ends the session in the file back end too.",
		django: "It compares the number itself with 0, so that it never ends.", why: "It is a bug.",
		also: []reference{"core/filestore TestExpiry"}},
	{name: "file_leftovers", says: "Temporary files that a crash left in the session directory are cleared with the expired ones.",
		django: "They stay for ever.", why: "A disk fills.", also: []reference{"core/filestore TestClearLeavesForeignFiles"}},
	{name: "file_errors", says: "A session file that cannot be written or read is an error.",
		django: "Errors while writing are swallowed: the change is lost; errors while reading log the visitor out.",
		why:    "A full disk must not look like a logout.", also: []reference{"core/filestore TestBrokenFiles"}},
	{name: "clearing_in_batches", says: "Expired rows are cleared in batches.",
		django: "One DELETE for all.", why: "On a large table it stops the site for seconds.",
		also: []reference{"gormstore/dbtest TestClearExpired", "gormstore/dbtest TestClearExpiredRechecks"}},
	{name: "cookie_size", says: "A session that is too large for its cookie is an error.",
		django: "It is sent, and the browser drops it.", why: "The visitor's data would vanish in silence.",
		also: []reference{"core/cookiestore TestTooLarge", "core/cookiestore TestEngineCookieSize"}},
	{name: "bad_signed_cookie", says: "A signed cookie that was tampered with is left alone by a request that only reads.",
		django: "It is answered with a new cookie that holds an empty session.", why: "As for records that cannot be read.",
		also: []reference{"core/cookiestore TestEngineForgedCookie"}},
	{name: "cache_comparison", says: "A session in a cache is compared and swapped.",
		django: "It looks whether the entry is there and then writes: a logout between the two is undone.",
		why:    "A logout is final.", also: []reference{"core/cachestore TestEnginesLogOutForGood", "core/cachestore TestMemoryKeepsTheRules"}},
	{name: "cached_db_fills", says: "A late fill of the cache never undoes a logout or an update, and the cache that djinn filled asks the database again after a while.",
		django: "A fill writes what was read before, for the session's whole life.",
		why:    "A logout is final.", also: []reference{"core/cachestore TestCachedDBLateFill", "core/cachestore TestCachedDBLateWriteThrough", "core/cachestore TestCachedDBKeepsEntriesForMaxAge"}},
	{name: "bounds", says: "What is read is bounded: inflated size, nesting, number of items.",
		django: "No bounds.", why: "A record of a kilobyte can inflate to a gigabyte.",
		also: []reference{"core/signing TestLoadIsBounded", "core TestTooLarge", "core/internal/pyjson TestSplitLimits", "core/internal/pickle TestDecodeBombs"}},
	{name: "pickles", says: "Pickles are read as plain data; anything that could build an object is refused.",
		django: "Whoever can write the cache runs code in Django.", why: "A session is plain data.",
		also: []reference{"core/internal/pickle TestDecodeRefuses", "core/cachestore TestValueRefuses"}},
}

func databaseErrorIsNoLogout(t *testing.T, st *site) {
	key := st.stored(t).Key()
	if err := st.table.db.Exec("ALTER TABLE django_session RENAME TO away").Error; err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(*core.Session, http.ResponseWriter){"read": read, "change": change, "flush": flush} {
		answer := visit(t, st.m, key, do)
		if answer.status != http.StatusServiceUnavailable || answer.cookies != nil {
			t.Errorf("%s: got %d and %d cookies, want 503 and none", name, answer.status, len(answer.cookies))
		}
	}
	if err := st.table.db.Exec("ALTER TABLE away RENAME TO django_session").Error; err != nil {
		t.Fatal(err)
	}
	wantItems(t, st.m.Open(t.Context(), key), `{"foo":"bar"}`)
}

func saveEveryRequestCreatesNothing(t *testing.T, st *site) {
	m := st.manager(t, st.store, core.Config{SaveEveryRequest: true})
	for _, key := range []string{"", "abc", core.NewSessionKey()} {
		for name, do := range map[string]func(*core.Session, http.ResponseWriter){
			"untouched": untouched,
			"modified":  func(s *core.Session, _ http.ResponseWriter) { s.MarkModified() },
			"read":      read,
		} {
			answer := visit(t, m, key, do)
			created := slices.ContainsFunc(answer.cookies, func(c string) bool { return !strings.HasPrefix(c, `sessionid="";`) })
			if created || answer.status != http.StatusOK {
				t.Errorf("%s, a cookie of %d characters: got %d and a new session: %t; want 200, false", name, len(key), answer.status, created)
			}
		}
	}
	if got := st.table.count(t); got != 0 {
		t.Errorf("rows: got %d, want 0", got)
	}
}

func unreadableRecordStays(t *testing.T, st *site) {
	key := st.stored(t).Key()
	const text = "signed:with:another key"
	st.overwrite(t, key, text)
	wantHeaders(t, visit(t, st.m, key, read))
	if answer := visit(t, st.m, key, change); answer.key(t) == key {
		t.Error("the unreadable record's key is used again")
	}
	if got := string(st.table.row(t, key).SessionData); got != text {
		t.Error("the unreadable record was overwritten")
	}
}

func cookieTellsWhatWasDone(t *testing.T, st *site) {
	s := st.stored(t)
	touchNow := st.manager(t, st.store, core.Config{TouchInterval: -1})
	mark := func(s *core.Session, _ http.ResponseWriter) { s.MarkModified() }
	for _, c := range []struct {
		name    string
		m       *core.Manager
		key     string
		view    func(*core.Session, http.ResponseWriter)
		cookies int
	}{
		{"an unknown key is read", st.m, core.NewSessionKey(), read, 0},
		{"an unknown key is flushed", st.m, core.NewSessionKey(), flush, 0},
		{"marked as modified within TouchInterval", st.m, s.Key(), mark, 0},
		{"marked as modified without it", touchNow, s.Key(), mark, 1},
		{"changed", st.m, s.Key(), change, 1},
		{"flushed", st.m, s.Key(), flush, 1},
		{"flushed again", st.m, s.Key(), flush, 0},
	} {
		if answer := visit(t, c.m, c.key, c.view); answer.status != http.StatusOK || len(answer.cookies) != c.cookies {
			t.Errorf("%s: got %d and %d cookies, want 200 and %d", c.name, answer.status, len(answer.cookies), c.cookies)
		}
	}
}
