// Command house measures how the files of a package hang together, and follows write
// requests through them:
//
//	go run ./house                          prints the figures
//	go run ./house -trace                   prints the paths of all traced requests
//	go run ./house -update CONTRIBUTING.md  writes them into the page
//	go run ./house -check CONTRIBUTING.md   fails if the page says something else
//
// It is run from .ci/tools.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	log.SetFlags(0)
	update := flag.String("update", "", "the page to write the figures into")
	check := flag.String("check", "", "the page to compare with the figures")
	paths := flag.Bool("trace", false, "print the paths of the traced requests, and nothing else")
	flag.Parse()
	if *paths {
		all, err := trace("../..")
		if err != nil {
			log.Fatal(err)
		}
		for _, p := range all {
			fmt.Printf("A request that %s: %d changes of file over %d files\n  %s\n", p.Request, p.Changes, len(p.Stations), strings.Join(p.Stations, " "))
		}
		return
	}
	page, err := render("../..")
	if err != nil {
		log.Fatal(err)
	}
	switch {
	case *update != "":
		err = replace(*update, page)
	case *check != "":
		err = compare(*check, page)
	default:
		fmt.Print(page)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// before are the figures of the end of step 3, by this very program, for comparison.
var before = map[string]figures{
	"core":      {Files: 29, Knot: 21, Pairs: 16, Exported: 62, Methods: 107, Spread: 11},
	"gormstore": {Files: 23, Knot: 14, Pairs: 14, Exported: 21, Methods: 33, Spread: 12},
}

// changesBefore is how often the traced request went from one file to another then.
const changesBefore = 41

// measured are the packages of the table, and the type whose methods are looked for.
var measured = []struct{ name, dir, typ string }{
	{"core", "core", "Session"},
	{"gormstore", "gormstore", "Store"},
}

// render is the part of the page between the markers.
func render(root string) (string, error) {
	var b strings.Builder
	b.WriteString("| | " + "core before | core | gormstore before | gormstore |\n| --- | --- | --- | --- | --- |\n")
	now := map[string]figures{}
	for _, m := range measured {
		f, err := measure(filepath.Join(root, m.dir), ".", m.typ)
		if err != nil {
			return "", err
		}
		now[m.name] = f
	}
	for _, row := range []struct {
		says string
		of   func(figures) int
	}{
		{"files", func(f figures) int { return f.Files }},
		{"files of the largest knot (each needs each other)", func(f figures) int { return f.Knot }},
		{"pairs of files that need one another", func(f figures) int { return f.Pairs }},
		{"exported names of the package", func(f figures) int { return f.Exported }},
		{"exported methods", func(f figures) int { return f.Methods }},
		{"files over which the methods of Session, Store are spread", func(f figures) int { return f.Spread }},
	} {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", row.says,
			row.of(before["core"]), row.of(now["core"]), row.of(before["gormstore"]), row.of(now["gormstore"]))
	}
	all, err := trace(root)
	if err != nil {
		return "", err
	}
	p, err := pathOf(all, setsItem)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "\nA request that %s, by net/http over memstore, passes these files of core in this order\n"+
		"(each is named where it is first entered; the path goes from one file to another %d times, and %d times before):\n\n", p.Request, p.Changes, changesBefore)
	for i, s := range p.Stations {
		fmt.Fprintf(&b, "%d. `%s`\n", i+1, s)
	}
	return b.String(), nil
}

const (
	begin = "<!-- figures: go run ./house -update ../../CONTRIBUTING.md, in .ci/tools -->\n"
	end   = "<!-- end of figures -->\n"
)

// parts cuts a page at the markers.
func parts(page string) (head, middle, tail string, err error) {
	head, rest, ok := strings.Cut(page, begin)
	middle, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", "", "", errors.New("the page lacks the markers of the figures")
	}
	return head, middle, tail, nil
}

func replace(path, figures string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, _, tail, err := parts(string(page))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(head+begin+"\n"+figures+"\n"+end+tail), 0o644)
}

func compare(path, figures string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, middle, _, err := parts(string(page))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if middle != "\n"+figures+"\n" {
		return fmt.Errorf("%s does not say what the code does: run the command that its comment names.\nThe code says:\n%s", path, figures)
	}
	return nil
}
