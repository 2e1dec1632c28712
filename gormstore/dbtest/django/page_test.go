package django

import (
	"bytes"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/django-requirements.md")

const page = "../../../docs/django-requirements.md"

// TestPage holds the page to the tables. -update writes it.
func TestPage(t *testing.T) {
	t.Parallel()
	want := writePage()
	if *update {
		if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Error("docs/django-requirements.md is not what the tables say: go test -run TestPage ./gormstore/dbtest/django -update")
	}
}

// TestTables: nothing of Django's suite is missing, each requirement has a test or
// a reason, and each test runs somewhere.
func TestTables(t *testing.T) {
	t.Parallel()
	total := 0
	for _, c := range suite {
		total += len(c.requirements)
	}
	if each := len(suite[0].requirements); total != 83 || each != 37 {
		t.Errorf("got %d requirements, %d of them for every back end; Django's suite has 83 and 37", total, each)
	}
	for _, c := range append(slices.Clone(suite), notes) {
		for _, r := range c.requirements {
			if r.test == nil && len(r.also) == 0 && r.verdict != notApplicable {
				t.Errorf("%s.%s: has no test", c.name, r.name)
			}
			if r.why == "" && r.verdict != same {
				t.Errorf("%s.%s: %s, and no reason", c.name, r.name, r.verdict)
			}
			if r.test != nil && c.name != "" && len(runsOn(c, r)) == 0 {
				t.Errorf("%s.%s: its test runs on no back end", c.name, r.name)
			}
		}
	}
	for _, d := range differences {
		if d.test == nil && len(d.also) == 0 {
			t.Errorf("%s: has no test", d.name)
		}
	}
}

// TestCoreDocumentation: the list of differences in package core's documentation
// has the sentences of the table and no others.
func TestCoreDocumentation(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../../../core/doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(file.Doc.Text(), "# Where this differs from Django")
	section, _, _ = strings.Cut(section, "\n# ")
	var got, want []string
	for _, item := range strings.Split(section, "\n  - ")[1:] {
		item, _, _ = strings.Cut(item, "\n\n")
		got = append(got, strings.Join(strings.Fields(item), " "))
	}
	for _, d := range differences {
		if d.inCore {
			want = append(want, d.says)
		}
	}
	for _, s := range got {
		if !slices.Contains(want, s) {
			t.Errorf("only in core/doc.go: %s", s)
		}
	}
	for _, s := range want {
		if !slices.Contains(got, s) {
			t.Errorf("only in the table: %s", s)
		}
	}
}

// backendsOf are those that have to meet a class.
func backendsOf(c class) []string {
	var names []string
	for _, b := range backends {
		if c.name == mixin || slices.Contains(b.classes, c.name) {
			names = append(names, b.name)
		}
	}
	return names
}

// runsOn are the back ends that a requirement of class c runs on.
func runsOn(c class, r requirement) []string {
	var names []string
	for _, b := range backends {
		if !slices.Contains(backendsOf(c), b.name) {
			continue
		}
		if _, exempt := b.exempt[r.name]; exempt || r.test == nil || c.name == mixin && replaced(b, r.name) != "" {
			continue
		}
		names = append(names, b.name)
	}
	return names
}

// replaced is the class that says something else under the name of a requirement
// of the mixin.
func replaced(b backend, name string) string {
	by := ""
	for _, c := range suite {
		if c.inherits && slices.Contains(b.classes, c.name) &&
			slices.ContainsFunc(c.requirements, func(r requirement) bool { return r.name == name }) {
			by = c.name
		}
	}
	return by
}

func writePage() []byte {
	var b bytes.Buffer
	b.WriteString(`<!-- Written by go test -run TestPage ./gormstore/dbtest/django -update: change the tables there. -->

# Django's session tests, requirement by requirement

Django's own suite (` + "`tests/sessions_tests/tests.py`" + `, as of 6.1) has 129 test methods for sessions. 46 of
them repeat others for asynchronous code; in Go these are the same thing, since a handler blocks its own goroutine
alone and a context ends it. The 83 that remain are listed here, each with its test or with the reason why Go has no
such thing. 37 of them are for every back end.

The tests are in the package ` + "`gormstore/dbtest/django`" + `, and this page is made from their tables: a test fails when the
page is out of date, when a requirement has neither test nor reason, and when a test that is named here does not
exist, does not run or does not pass.

`)
	writeBackends(&b)
	number := 0
	for _, c := range suite {
		fmt.Fprintf(&b, "## %s\n\n%s Run on %s.\n\n", c.name, c.about, strings.Join(backendsOf(c), ", "))
		writeRequirements(&b, c, &number)
	}
	fmt.Fprintf(&b, "## Beyond the suite\n\n%s\n\n", notes.about)
	writeRequirements(&b, notes, nil)
	b.WriteString(`## Where djinn differs from Django

On purpose, each with a test. Tests of other packages are named with the package.

`)
	for _, d := range differences {
		fmt.Fprintf(&b, "**%s**\nDjango: %s Why djinn does not: %s\n%s\n\n", d.says, d.django, d.why,
			testsOf(names("TestDifferences/"+d.name, d.test != nil), d.also))
	}
	return append(bytes.TrimRight(b.Bytes(), "\n"), '\n')
}

func writeBackends(b *bytes.Buffer) {
	b.WriteString("## Back ends\n\nEach is a subtest, `TestRequirements/<name>`, with one subtest for each requirement.\n\n" +
		"| name | Django's engine | requirements tested | Django's class |\n|---|---|---|---|\n")
	for _, be := range backends {
		n := 0
		for _, r := range requirementsOf(be) {
			if _, exempt := be.exempt[r.name]; r.test != nil && !exempt {
				n++
			}
		}
		classes := strings.Join(be.classes, ", ")
		if classes == "" {
			classes = mixin
		}
		fmt.Fprintf(b, "| %s | %s | %d | %s |\n", be.name, be.engine, n, classes)
	}
	b.WriteString("\nWhere a class says something else under a name that is for every back end, its own counts, as in Django. A back end\n" +
		"that keeps values has nothing to decode.\n")
	b.WriteString("\n`rediscache` is a cache like the in-process one of `cache` and `cached_db` here; its own tests hold it to the same rules.\n" +
		"Django's classes for time zones are the back ends whose connection, server and program are in different zones; its\n" +
		"class for paths as `pathlib.Path` has no counterpart: a path in Go is a string.\n\n")
}

func writeRequirements(b *bytes.Buffer, c class, number *int) {
	if number != nil {
		b.WriteString("| # | Django's test | it demands | Go test | verdict |\n|---|---|---|---|---|\n")
	} else {
		b.WriteString("| what | Go test | verdict |\n|---|---|---|\n")
	}
	for _, r := range c.requirements {
		verdict := string(r.verdict)
		if r.why != "" {
			verdict += ": " + r.why
		}
		if number == nil {
			fmt.Fprintf(b, "| %s | %s | %s |\n", r.says, testsOf(names("TestNotes/"+r.name, r.test != nil), r.also), verdict)
			continue
		}
		*number++
		fmt.Fprintf(b, "| %d | %s | %s | %s | %s |\n", *number, r.name, r.says, testsOf(where(c, r), r.also), verdict)
	}
	b.WriteString("\n")
}

func names(name string, there bool) []string {
	if !there {
		return nil
	}
	return []string{name}
}

// where are the names of a requirement's own tests.
func where(c class, r requirement) []string {
	on := runsOn(c, r)
	if len(on) == 0 {
		return nil
	}
	var but []string
	for _, b := range backendsOf(c) {
		if !slices.Contains(on, b) {
			but = append(but, b)
		}
	}
	if len(but) == 0 {
		return []string{"TestRequirements/*/" + r.name}
	}
	return []string{"TestRequirements/*/" + r.name, "but for " + strings.Join(but, ", ")}
}

func testsOf(own []string, also []reference) string {
	var all []string
	for _, name := range own {
		if strings.HasPrefix(name, "Test") {
			name = "`" + name + "`"
		}
		all = append(all, name)
	}
	for _, r := range also {
		all = append(all, "`"+string(r)+"`")
	}
	if len(all) == 0 {
		return "–"
	}
	return strings.Join(all, "; ")
}
