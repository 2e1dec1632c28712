package interop

import "slices"

// note is a reason why a cell cannot exist, or what its "ok" does not say. It is
// decided here, before anything runs.
type note struct {
	mark   string
	absent bool
	text   string
	holds  func(r release, e engine, useTZ bool, scenario string) bool
}

// notes are looked through in this order.
var notes = []note{
	{"a", true, "Django 3.2 has no Redis back end for its cache; 4.0 is the first that has one.",
		func(r release, e engine, _ bool, _ string) bool {
			return !r.atLeast(4, 0) && (e.name == inCache.name || e.name == inCachedDB.name)
		}},
	{"b", true, "SECRET_KEY_FALLBACKS came with Django 4.1.",
		func(r release, _ engine, _ bool, s string) bool { return !r.atLeast(4, 1) && s == djangoFallbacks }},
	{"c", true, "Django before 4.1 cannot save a session that expires at a date (TypeError in its JSON\nserializer): use seconds.",
		func(r release, _ engine, _ bool, s string) bool {
			return !r.atLeast(4, 1) && (s == djangoDate || s == goDate)
		}},
	{"d", true, "A date that Go sets has an offset, and a Django with USE_TZ = False cannot subtract its\nown dates from it (TypeError): use seconds.",
		func(_ release, _ engine, useTZ bool, s string) bool { return !useTZ && s == goDate }},
	{"e", false, "A signed cookie cannot be revoked: the browser's own is gone or new, a copy of the old\none stays good until its age.",
		func(_ release, e engine, _ bool, s string) bool {
			return e.name == inCookie.name && (s == djangoLogout || s == goLogout || s == djangoCycle || s == goCycle)
		}},
	{"f", false, "The expiry rules how long the browser keeps the cookie; both servers take it until\nSESSION_COOKIE_AGE is over.",
		func(_ release, e engine, _ bool, s string) bool {
			return e.name == inCookie.name && (s == djangoSeconds || s == goSeconds || s == djangoDate || s == goDate)
		}},
	{"g", false, "Go ends the session in time. Django's file back end never ends one that has a positive\nnumber of seconds, whoever wrote it (a bug of Django's).",
		func(_ release, e engine, _ bool, s string) bool {
			return e.name == inFiles.name && (s == djangoSeconds || s == goSeconds)
		}},
	{"h", true, "Counted in the databases, where Django's writes can be watched with the row locked.",
		func(_ release, e engine, _ bool, s string) bool {
			return s == atOnce && !slices.ContainsFunc(databases, func(d engine) bool { return d.name == e.name })
		}},
	{"i", false, "Go lost no update, neither of its own nor of Django's. Django, which writes the whole session\nas it had read it, overwrote as many of Go's 200 as the number says.",
		func(_ release, _ engine, _ bool, s string) bool { return s == atOnce }},
}

// noteOf returns the note of a cell, or nil.
func noteOf(r release, e engine, useTZ bool, scenario string) *note {
	for i := range notes {
		if notes[i].holds(r, e, useTZ, scenario) {
			return &notes[i]
		}
	}
	return nil
}
