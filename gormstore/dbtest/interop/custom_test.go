package interop

import (
	"cmp"
	"fmt"
	"os"
	"sync"
	"testing"
)

// customTable is one table of the page: a Django, and who made the tables.
type customTable struct {
	release release
	byGo    bool
	mu      sync.Mutex
	cells   map[[2]string]string // by engine and scenario
}

func (tb *customTable) get(e customEngine, s customScenario) string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return cmp.Or(tb.cells[[2]string{e.name, s.name}], "skipped")
}

func (tb *customTable) set(e customEngine, s customScenario, text string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.cells[[2]string{e.name, s.name}] = text
}

// TestCustomModel runs every scenario of a custom session model on every database and
// prints what came of it.
func TestCustomModel(t *testing.T) {
	var tables []*customTable
	for _, r := range releases(t) {
		for _, byGo := range []bool{false, true} {
			tables = append(tables, &customTable{release: r, byGo: byGo, cells: map[[2]string]string{}})
		}
	}
	t.Run("run", func(t *testing.T) {
		for _, tb := range tables {
			for _, e := range customEngines {
				t.Run(tb.title()+", "+e.name, func(t *testing.T) {
					t.Parallel()
					tb.fill(t, e)
				})
			}
		}
	})
	text, complete := renderCustom(tables)
	t.Logf("\n%s", text)
	if *update {
		if os.Getenv("DJINN_DJANGO_MATRIX") != "all" || !complete {
			t.Fatal("the page is the whole table: set DJINN_DJANGO_MATRIX=all, run every test, start the services, and let nothing fail")
		}
		if err := os.WriteFile("../../../docs/django-custom-model.txt", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (tb *customTable) title() string {
	maker := "Django"
	if tb.byGo {
		maker = "Go"
	}
	return fmt.Sprintf("Django %s, tables made by %s", tb.release.version, maker)
}

// fill runs the scenarios on one database: those that can exist, by the notes and by
// nothing else.
func (tb *customTable) fill(t *testing.T, e customEngine) {
	var c *custom
	for _, s := range customScenarios {
		n := customNoteOf(tb.release, e, s.name)
		if n != nil && n.absent {
			tb.set(e, s, "n/a "+n.mark)
			continue
		}
		if c == nil {
			c = openCustom(t, tb.release, e, tb.byGo)
		}
		passed := t.Run(s.name, func(t *testing.T) {
			tb.set(e, s, "FAILED") // until it has passed
			s.run(t, c)
		})
		if !passed || tb.get(e, s) == "skipped" { // go test -run may leave it out
			continue
		}
		text := "ok"
		if n != nil {
			text += " " + n.mark
		}
		tb.set(e, s, text)
	}
}
