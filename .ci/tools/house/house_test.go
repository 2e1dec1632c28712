package main

import (
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

// A request passes the middleware before it is saved.
func TestTrace(t *testing.T) {
	stations, changes, err := trace("../../..")
	if err != nil {
		t.Fatal(err)
	}
	handler, save := slices.Index(stations, "handler.go"), slices.Index(stations, "save.go")
	if handler < 0 || save < 0 || handler > save || changes < len(stations)-1 {
		t.Errorf("got %d changes over %q, want handler.go before save.go", changes, stations)
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
