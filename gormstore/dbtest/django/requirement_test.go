package django

import (
	"slices"
	"testing"
)

// requirement is one test of Django's suite, and what stands for it here.
type requirement struct {
	// name is that of Django's test method.
	name string
	// says what it demands, in our words.
	says string
	// verdict is how djinn stands to it, why the reason unless that is same.
	verdict verdict
	why     string
	// test is the test, run on every back end of the class; nil where Go has no
	// such thing.
	test func(t *testing.T, st *site)
	// also names tests elsewhere that pin more of it.
	also []reference
}

// class is a class of Django's suite.
type class struct {
	name string
	// inherits reports whether it is the mixin for one back end: what it says
	// replaces what the mixin says under the same name.
	inherits bool
	// about is a sentence for the page.
	about        string
	requirements []requirement
}

type verdict string

const (
	same          verdict = "same"
	differs       verdict = "differs"
	notApplicable verdict = "not applicable"
)

// reference names a top-level test of another package of djinn: "core TestFlags".
type reference string

// suite is Django's tests/sessions_tests/tests.py.
var suite = []class{
	{mixin, false, "The requirements of every back end. Django runs them once per class below, and so do we.",
		slices.Concat(itemRequirements, recordRequirements, keyRequirements, expiryRequirements, decodeRequirements, lastingRequirements)},
	{dbClass, true, "The db back end.", dbRequirements},
	{modelClass, true, "A session model with a column of its own.", modelRequirements},
	{cachedDBClass, true, "The cached_db back end.", cachedDBRequirements},
	{fileClass, true, "The file back end.", fileRequirements},
	{cacheClass, true, "The cache back end.", cacheRequirements},
	{middlewareClass, false, "The middleware, over real HTTP.", middlewareRequirements},
	{cookieClass, true, "The signed_cookies back end. Most of these replace a requirement of every back end.", cookieRequirements},
	{commandClass, false, "The command clearsessions.", commandRequirements},
	{baseClass, false, "The base class of the back ends.", baseRequirements},
}

const (
	mixin           = "SessionTestsMixin"
	dbClass         = "DatabaseSessionTests"
	modelClass      = "CustomDatabaseSessionTests"
	cachedDBClass   = "CacheDBSessionTests"
	fileClass       = "FileSessionTests"
	cacheClass      = "CacheSessionTests"
	middlewareClass = "SessionMiddlewareTests"
	cookieClass     = "CookieSessionTests"
	commandClass    = "ClearSessionsCommandTests"
	baseClass       = "SessionBaseTests"
)

// requirementsOf are those that a back end has to meet.
func requirementsOf(b backend) []requirement {
	var all []requirement
	for _, c := range suite {
		if c.name != mixin && !slices.Contains(b.classes, c.name) {
			continue
		}
		for _, r := range c.requirements {
			all = slices.DeleteFunc(all, func(other requirement) bool { return c.inherits && other.name == r.name })
			all = append(all, r)
		}
	}
	return all
}

// TestRequirements runs every requirement on every back end that has to meet it.
// A back end's store serves all of them, as in production.
func TestRequirements(t *testing.T) {
	t.Parallel()
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			opened := b.open(t, clock)
			for _, r := range requirementsOf(b) {
				if _, exempt := b.exempt[r.name]; exempt || r.test == nil {
					continue
				}
				t.Run(r.name, func(t *testing.T) { r.test(t, newSite(t, b, clock, opened)) })
			}
		})
	}
}

// TestNotes and TestDifferences run on Django's table.
func TestNotes(t *testing.T) {
	t.Parallel()
	for _, n := range notes.requirements {
		onDjangosTable(t, n.name, n.test)
	}
}

// TestDifferences pins what djinn does differently from Django on purpose.
func TestDifferences(t *testing.T) {
	t.Parallel()
	for _, d := range differences {
		onDjangosTable(t, d.name, d.test)
	}
}

func onDjangosTable(t *testing.T, name string, test func(*testing.T, *site)) {
	if test == nil {
		return
	}
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		b, clock := backends[0], newClock()
		test(t, newSite(t, b, clock, b.open(t, clock)))
	})
}
