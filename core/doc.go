// Package core is Django's session framework without a web framework: a [Manager]
// gives each request a [Session], and a [Store] keeps it.
//
//	store, err := memstore.New()
//	m, err := core.New(store, core.Config{SecretKey: "…"})
//	http.ListenAndServe(addr, m.Handler(mux))
//
// In a handler:
//
//	const visits core.Key[int] = "visits"
//
//	s := m.Session(r.Context())
//	visits.Update(s, func(n int) int { return n + 1 })
//
// For Gin, Echo and Chi there are the modules ginsession, echosession (and
// echov5session) and chisession; for a database the module gormstore, whose table a Django site can
// share. Package sessiontest is for tests of handlers, storetest and adaptertest
// hold the rules for those who write a store or an adapter of their own.
//
// # The life of a session
//
//	request arrives    the cookie is read; nothing is loaded
//	first Get or Set   the store is asked, once
//	Set, Delete, …     kept in memory, and as a list of what was done
//	first byte out     saved, if something changed: one write, one Set-Cookie
//	other writer won   loaded again, the list is done again, saved again
//	request ends       late changes are saved or reported; the session is closed
//
// A request that does not touch its session does none of this. A visitor gets a
// record and a cookie only once there is data.
//
// # When things fail
//
// A store that is down is an error response (503) and never an empty session: the
// cookie stays, and what the handler wrote is not sent, unless it calls
// [Session.FailOpen]. A record that cannot be
// read makes an anonymous visitor and stays as it is. A session that was logged
// out while a request was changing it stays logged out, and the request is
// answered with 400 ([ErrInterrupted]).
//
// # Where this differs from Django
//
// Names, settings, cookie, expiry and text format are Django's. These differ on
// purpose:
//
//   - Two requests that write at once both win, item by item; in Django the last
//     one overwrites the other.
//   - A database error is not "session deleted".
//   - SaveEveryRequest extends sessions and never creates one.
//   - A cookie that cannot be a key is unknown without asking the store, and is
//     not answered when nothing touched the session.
//   - A cookie sent twice with different values is nobody's, and neither is
//     deleted; Django takes the last.
//   - A record that cannot be read is not overwritten, and a mere read of it sends
//     no cookie.
//   - The cookie is set only after the store has written the session in the same
//     request, and deleted only by the request that ended the session; a request
//     that only read leaves it alone.
//   - A Flush is done also when the response is a 500.
//   - Flush and CycleKey take effect when the response begins, not at once, and
//     CycleKey not with a 500; on a session without items it creates nothing.
//   - A session without items that never had a record is not saved, not by Save
//     either.
//   - Clear with an unknown key is no error: there is nothing to clear.
//   - The cookie that deletes carries Secure and Partitioned like the one that
//     set.
//   - A response that sets the cookie is marked Cache-Control: private.
//   - A _session_expiry that is no expiry counts as none instead of raising.
//   - Extending a session without changing it is throttled, see
//     Config.TouchInterval.
//   - A change after the first byte is saved if the browser has the session's
//     cookie, and reported otherwise; in Django what a streaming response changes
//     is lost.
//
// The page docs/django-requirements.md has the reasons, more of them for single
// back ends, and the tests.
//
// # For authors of stores and adapters
//
// A program that uses sessions needs none of these. A [Store] gets and returns
// [Record]s of [Values]; [ParseValues] reads their JSON. Its optional abilities are
// [Toucher], [Rotator], [ExpiredClearer], [KeyValidator], [Salter], [Configurer] (with
// [Settings] and [StoreSettings]), [ChangeNotifier] and [Pinger]; [As] finds those of a
// store that is wrapped. [NewSessionKey] and [ValidSessionKey] are the shape of keys,
// [PublicID] and [PublicIDPrefix] that of their public names. [ClientInfoFrom] and
// [SinceRequestBegan] tell a store of the request that it is called for,
// [WithTransaction] and [InTransaction] of the database's transaction. A [Codec] is
// made by [DjangoCodec]. Package storetest holds the rules, and examples/ownstore is
// the chapter on it.
//
// An adapter for a framework is made of [RequestBinding] and [Writer], or of
// [Manager.HandlerWith] where the framework has net/http middleware. Package
// adaptertest holds its rules.
package core
