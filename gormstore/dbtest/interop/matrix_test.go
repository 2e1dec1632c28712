package interop

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write docs/django-matrix.txt; wants DJINN_DJANGO_MATRIX=all")

// table is one table of the matrix: a Django, with or without USE_TZ.
type table struct {
	release release
	useTZ   bool
	engines []engine
	mu      sync.Mutex
	cells   map[[2]string]string // by engine and scenario
}

func (tb *table) set(e engine, s scenario, text string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.cells[[2]string{e.name, s.name}] = text
}

func (tb *table) get(e engine, s scenario) string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return cmp.Or(tb.cells[[2]string{e.name, s.name}], "skipped")
}

// TestMatrix runs every scenario on every engine and prints what came of it.
func TestMatrix(t *testing.T) {
	var tables []*table
	for _, r := range releases(t) {
		tables = append(tables,
			&table{release: r, useTZ: true, engines: engines, cells: map[[2]string]string{}},
			&table{release: r, engines: databases, cells: map[[2]string]string{}})
	}
	var where sync.Map // versions of what the tests ran on, by name
	t.Run("run", func(t *testing.T) {
		for _, tb := range tables {
			for _, e := range tb.engines {
				t.Run(fmt.Sprintf("Django %s, USE_TZ %t, %s", tb.release.version, tb.useTZ, e.name), func(t *testing.T) {
					t.Parallel()
					tb.fill(t, e, &where)
				})
			}
		}
	})
	text, skipped := render(tables, &where)
	t.Logf("\n%s", text)
	if *update {
		if os.Getenv("DJINN_DJANGO_MATRIX") != "all" || skipped > 0 {
			t.Fatal("the page is the whole matrix: set DJINN_DJANGO_MATRIX=all, run every test, and start the services")
		}
		if err := os.WriteFile("../../../docs/django-matrix.txt", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// fill runs the scenarios on one engine: those that can exist, by the table of
// reasons and by nothing else.
func (tb *table) fill(t *testing.T, e engine, where *sync.Map) {
	var p *place
	for _, s := range scenarios {
		n := noteOf(tb.release, e, tb.useTZ, s.name)
		if n != nil && n.absent {
			tb.set(e, s, "n/a "+n.mark)
			continue
		}
		if p == nil {
			p = openPlace(t, tb.release, e, tb.useTZ, "UTC")
			p.tellVersions(t, where)
		}
		p.remark = ""
		passed := t.Run(s.name, func(t *testing.T) {
			tb.set(e, s, "FAILED")
			s.run(t, p)
			if !t.Failed() {
				tb.set(e, s, "ran")
			}
		})
		if !passed || tb.get(e, s) != "ran" { // go test -run may leave it out
			continue
		}
		text := "ok"
		if n != nil {
			text += " " + n.mark
		}
		if p.remark != "" {
			text += " " + p.remark
		}
		tb.set(e, s, text)
	}
}

// tellVersions remembers what the site runs on.
func (p *place) tellVersions(t *testing.T, where *sync.Map) {
	var found struct{ Python, Server string }
	p.process.call(t, "versions", nil, &found)
	where.Store("Python", found.Python)
	if found.Server != "" {
		// PostgreSQL goes on with compiler and platform.
		version, _, _ := strings.Cut(strings.TrimPrefix(found.Server, "PostgreSQL "), " ")
		name := p.engine.name
		if name == inCache.name {
			name = "Redis"
		}
		where.Store(name, version)
	}
}

// render makes the page.
func render(tables []*table, where *sync.Map) (text string, skipped int) {
	var b strings.Builder
	b.WriteString("Sessions shared by a real Django and djinn: what was run, and what came of it.\n\nOn")
	var words []string
	where.Range(func(name, version any) bool {
		words = append(words, fmt.Sprintf(" %s %s", name, version))
		return true
	})
	slices.Sort(words)
	b.WriteString(strings.Join(words, ",") + ".\nWritten by TestMatrix of gormstore/dbtest/interop.\n")
	counts := map[string]int{}
	used := map[string]bool{}
	for _, tb := range tables {
		tb.render(&b, counts, used)
	}
	fmt.Fprintf(&b, "\n%d cells ok, %d failed, %d skipped; %d cannot exist.\n\n", counts["ok"], counts["FAILED"], counts["skipped"], counts["n/a"])
	for _, n := range notes {
		if used[n.mark] {
			fmt.Fprintf(&b, "%s  %s\n", n.mark, strings.ReplaceAll(n.text, "\n", "\n   "))
		}
	}
	b.WriteString(localTime)
	return regexp.MustCompile(` +\n`).ReplaceAllString(b.String(), "\n"), counts["skipped"]
}

// localTime is what TestLocalTime measures.
const localTime = `
USE_TZ = False with another TIME_ZONE than UTC: a Django on SQLite or MariaDB then keeps the
end of sessions in local time and does not say so, and Go takes it for UTC. Set TIME_ZONE =
'UTC' or USE_TZ = True. On PostgreSQL it does not matter.
`

func (tb *table) render(b *strings.Builder, counts map[string]int, used map[string]bool) {
	zone := "USE_TZ = True"
	if !tb.useTZ {
		zone = "USE_TZ = False, TIME_ZONE = 'UTC'"
	}
	title := fmt.Sprintf("Django %s, %s", tb.release.version, zone)
	fmt.Fprintf(b, "\n%s\n%s\n%-44s", title, strings.Repeat("=", len(title)), "")
	for _, e := range tb.engines {
		fmt.Fprintf(b, " %-10s", e.name)
	}
	for _, s := range scenarios {
		fmt.Fprintf(b, "\n%-44s", s.name)
		for _, e := range tb.engines {
			text := tb.get(e, s)
			words := strings.Fields(text)
			counts[words[0]]++
			for _, mark := range words[1:] {
				used[mark] = true
			}
			fmt.Fprintf(b, " %-10s", text)
		}
	}
	b.WriteByte('\n')
}
