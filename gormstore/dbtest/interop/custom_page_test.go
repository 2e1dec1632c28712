package interop

import (
	"fmt"
	"regexp"
	"strings"
)

// customNote is a reason why a cell cannot exist, or what its "ok" does not say. It is
// decided here, before anything runs.
type customNote struct {
	mark   string
	absent bool
	text   string
	holds  func(r release, e customEngine, scenario string) bool
}

// customNotes are looked through in this order.
var customNotes = []customNote{
	{"a", true, "Django 3.2 has no Redis back end for its cache; 4.0 is the first that has one.",
		func(r release, e customEngine, _ string) bool { return e.cached && !r.atLeast(4, 0) }},
	{"b", true, "Shown on the tables; a cache ends its entries by itself.",
		func(_ release, e customEngine, s string) bool {
			return e.cached && (s == goClears || s == djangoClears)
		}},
	{"c", true, "db_default came with Django 5.0.",
		func(r release, _ customEngine, s string) bool { return !r.atLeast(5, 0) && s == databaseDefault }},
	{"d", false, "A query does not tell the cache: who was in it stays logged in on both sides until the entry\nends, or until Go saves the session. Let Go revoke it, which tells the cache.",
		func(_ release, e customEngine, s string) bool { return e.cached && s == djangoDeletes }},
	{"e", false, "Django's own next save sets it to NULL, unless its create_model_instance fills it: Django\nwrites every column of its model each time.",
		func(_ release, _ customEngine, s string) bool { return s == nullable }},
}

// customNoteOf returns the note of a cell, or nil.
func customNoteOf(r release, e customEngine, scenario string) *customNote {
	for i := range customNotes {
		if customNotes[i].holds(r, e, scenario) {
			return &customNotes[i]
		}
	}
	return nil
}

// renderCustom makes the page.
func renderCustom(tables []*customTable) (text string, complete bool) {
	var b strings.Builder
	b.WriteString(customHead)
	counts, used := map[string]int{}, map[string]bool{}
	for _, tb := range tables {
		tb.render(&b, counts, used)
	}
	fmt.Fprintf(&b, "\n%d cells ok, %d failed, %d skipped; %d cannot exist.\n\n", counts["ok"], counts["FAILED"], counts["skipped"], counts["n/a"])
	for _, n := range customNotes {
		if used[n.mark] {
			fmt.Fprintf(&b, "%s  %s\n", n.mark, strings.ReplaceAll(n.text, "\n", "\n   "))
		}
	}
	b.WriteString(customFoot)
	return regexp.MustCompile(` +\n`).ReplaceAllString(b.String(), "\n"), counts["skipped"]+counts["FAILED"] == 0
}

func (tb *customTable) render(b *strings.Builder, counts map[string]int, used map[string]bool) {
	title := tb.title()
	fmt.Fprintf(b, "\n%s\n%s\n%-46s", title, strings.Repeat("=", len(title)), "")
	for _, e := range customEngines {
		fmt.Fprintf(b, " %-10s", e.name)
	}
	for _, s := range customScenarios {
		fmt.Fprintf(b, "\n%-46s", s.name)
		for _, e := range customEngines {
			text := tb.get(e, s)
			verdict, mark, _ := strings.Cut(text, " ")
			counts[verdict]++
			used[mark] = true
			fmt.Fprintf(b, " %-10s", text)
		}
	}
	b.WriteByte('\n')
}

const customHead = `A custom session model shared by a real Django and djinn: what was run, and what came of it.

Django's is the one of its documentation: CustomSession(AbstractBaseSession) with account_id =
IntegerField(null=True, db_index=True), and a SessionStore whose create_model_instance fills it.
Go's is a struct that embeds gormstore.Base and has AccountID *int64, which FillSession fills.
cached_db is that store on django.contrib.sessions.backends.cached_db, over SQLite and Redis.
Written by TestCustomModel of gormstore/dbtest/interop.
`

const customFoot = `
What to know when both sides share such a table:

A table that Go's Migrate made passes migrate --fake-initial. An int64 becomes a bigint, where
Django's IntegerField is an integer, and indexes have GORM's names; Django's later migrations find
them all the same. (inspectdb of Django 3.2 overlooks the primary key of such a table on SQLite.)

A column that Django's model has with a default, and the database without one, is NOT NULL: Go's
Migrate names it. Give it db_default (Django 5.0) or null=True, or add it to Go's model.

A column that Go's model alone has must take NULL, which is what Django's rows hold there; those of
gormstore.ClientBase do.

Django signs with the name of the store's class, not with its module: a SessionStore anywhere
needs nothing. For a class of another name give Go a store with a method Salt (core.Salter) that
returns "django.contrib.sessions." and that name.
`
