package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// The figures of a package whose figures are known.
func TestMeasure(t *testing.T) {
	got, err := measure(".", "./testdata/knot", "A")
	if err != nil {
		t.Fatal(err)
	}
	want := figures{Files: 3, Knot: 2, Pairs: 1, Exported: 3, Methods: 1, Spread: 2}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	pkg, err := load(".", "./testdata/knot")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := dependencies(pkg), map[string][]string{"a.go": {"b.go"}, "b.go": {"a.go", "c.go"}, "c.go": nil}; !reflect.DeepEqual(got, want) {
		t.Errorf("dependencies: got %v, want %v", got, want)
	}
}

func TestLargestKnot(t *testing.T) {
	for _, tt := range []struct {
		needs map[string][]string
		want  int
	}{
		{map[string][]string{"a": {"b"}, "b": {"c"}, "c": nil}, 1},
		{map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}, 3},
		{map[string][]string{"a": {"b"}, "b": {"a"}, "c": {"d", "a"}, "d": {"e"}, "e": {"c"}}, 3},
	} {
		if got := largestKnot(tt.needs); got != tt.want {
			t.Errorf("%v: got %d, want %d", tt.needs, got, tt.want)
		}
	}
}

// A request passes the middleware before it is saved; one that updates an item by a Key
// passes the Key, and the others do not.
func TestTrace(t *testing.T) {
	all, err := trace("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{newSession, setsItem, updateItem} {
		p, err := pathOf(all, request)
		if err != nil {
			t.Error(err)
			continue
		}
		handler, save := slices.Index(p.Stations, "handler.go"), slices.Index(p.Stations, "save.go")
		if handler < 0 || save < 0 || handler > save || p.Changes < len(p.Stations)-1 {
			t.Errorf("got %+v, want handler.go before save.go", p)
		}
		if got, want := slices.Contains(p.Stations, "key.go"), request == updateItem; got != want {
			t.Errorf("%+v: key.go among the stations: %v, want %v", p, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	got, err := paths("> one\na.go\na.go\nb.go\na.go\nc.go\n> two\nc.go\nb.go\na.go\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []path{{"one", []string{"a.go", "b.go", "c.go"}, 3}, {"two", []string{"c.go", "b.go", "a.go"}, 2}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, out := range []string{"a.go\n> one\na.go\nb.go\nc.go\n", "> one\na.go\nb.go\n> two\na.go\nb.go\nc.go\n"} {
		if got, err := paths(out); err == nil {
			t.Errorf("%q: got %+v, want an error", out, got)
		}
	}
}

// A page that says something else is stale until it is updated, and keeps all but the
// figures.
func TestReplace(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("head\n"+begin+"\nold\n\n"+end+"tail\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if compare(page, "new\n") == nil {
		t.Error("a stale page passes")
	}
	if err := replace(page, "new\n"); err != nil {
		t.Fatal(err)
	}
	if err := compare(page, "new\n"); err != nil {
		t.Error(err)
	}
	got, err := os.ReadFile(page)
	if want := "head\n" + begin + "\nnew\n\n" + end + "tail\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if err := os.WriteFile(page, []byte("no markers\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if replace(page, "new\n") == nil || compare(page, "new\n") == nil {
		t.Error("a page without markers passes")
	}
}

// The page says what the code does.
func TestPage(t *testing.T) {
	page, err := render("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if err := compare("../../../CONTRIBUTING.md", page); err != nil {
		t.Error(err)
	}
}
