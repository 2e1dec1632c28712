package lograce

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/lograce.md")

const page = "../../../docs/lograce.md"

// checkPage holds the page to the sites and scenarios that there are, if all were
// played. -update writes it.
func checkPage(t *testing.T, cells map[string]map[string]cell) {
	sites := 0
	for _, g := range groups {
		sites += len(g.entries)
	}
	if t.Failed() || len(cells) != sites || *oneSeed != 0 || strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		if *update {
			t.Error("the page is not written: something failed, was skipped or left out")
		}
		return
	}
	want := writePage(cells)
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(withoutCounts(got), withoutCounts(want)) {
		t.Error("docs/lograce.md has other sites or scenarios than this program: go test ./gormstore/dbtest/lograce -update")
	}
}

var count = regexp.MustCompile(`[0-9,]+ / [0-9,]+`)

// withoutCounts is the page without what depends on how often the program ran.
func withoutCounts(page []byte) []byte {
	return count.ReplaceAll(bytes.ReplaceAll(page, []byte("\r\n"), []byte("\n")), []byte("n / n"))
}

func writePage(cells map[string]map[string]cell) []byte {
	var b bytes.Buffer
	b.WriteString(`<!-- Written by the program in gormstore/dbtest/lograce, with -update. -->

# Logout is final: the race that was run

One to four requests with the same cookie are in flight: they read, change an item, touch, save in between, change
something after the answer has begun, or rotate the key. Meanwhile the session ends. Who goes on when is drawn from a
seed: everybody halts before each step of a handler and before each call of a store, of a cache, and each SQL statement,
in transactions too; one is let go on at a time, or, every eighth time, two at once. At the end every cookie value
that any answer has ever set is tried again, and every key that was ever written is looked up. A session *came back* if
somebody is logged in who must not be.

`)
	for _, g := range groups {
		fmt.Fprintf(&b, "## %s\n\n%s Came back / interleavings:\n\n", g.title, g.about)
		writeTable(&b, g, cells)
	}
	b.WriteString("## Other libraries\n\nThe same scenarios were played with other session libraries: [what came back there](lograce-others.md).\n\n" +
		"## The scenarios\n\n")
	for _, sc := range scenarios {
		fmt.Fprintf(&b, "- **%s**: %s\n", sc.name, sc.about)
	}
	b.WriteString(`
A logout and a rotation that meet have an order. If the rotation was done when the logout came to the store, the logout
ended a key that was dead already: one session lives on, under the new key, as it would in Django. The program allows
that one, where the store did not tell the logout that it had found the session.

## Running it

` + "```" + `
go test ./gormstore/dbtest/lograce    # 1,000 interleavings of each site, divided among its scenarios
go test ./gormstore/dbtest/lograce -timeout 60m -interleavings 1000 -update    # 1,000 of each scenario, and this page
` + "```" + `

PostgreSQL, MariaDB and Redis are looked for as in all tests (see ` + "`CONTRIBUTING.md`" + `); what is not there is skipped. A
failure names its seed, and ` + "`-seed`" + ` plays that one alone and prints its steps. The order of what two did that were let
go together is not in the seed.
`)
	return b.Bytes()
}

func writeTable(b *bytes.Buffer, g group, cells map[string]map[string]cell) {
	var columns []string
	for _, sc := range scenarios {
		for _, e := range g.entries {
			if _, ok := cells[e.name][sc.name]; ok {
				columns = append(columns, sc.name)
				break
			}
		}
	}
	fmt.Fprintf(b, "| | %s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, e := range g.entries {
		fmt.Fprintf(b, "| %s |", e.name)
		for _, column := range columns {
			text := "–"
			if c, ok := cells[e.name][column]; ok {
				text = thousands(c.back) + " / " + thousands(c.ran)
			}
			fmt.Fprintf(b, " %s |", text)
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
}

// thousands writes a number below a million with a comma.
func thousands(n uint64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
