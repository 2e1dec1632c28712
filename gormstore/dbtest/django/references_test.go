package django

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/djinn-go/djinn/"

// TestReferences runs the tests of other packages that the page names: each must
// exist, run and pass. The go command remembers results, so that it is fast where
// those tests have just been run.
func TestReferences(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs tests of other packages: leave out -short")
	}
	byPackage := map[string][]string{}
	add := func(refs []reference) {
		for _, r := range refs {
			pkg, test, ok := strings.Cut(string(r), " ")
			if !ok {
				t.Errorf("%q is no reference: write package and test", r)
			}
			byPackage[pkg] = append(byPackage[pkg], test)
		}
	}
	for _, c := range append(slices.Clone(suite), notes) {
		for _, r := range c.requirements {
			add(r.also)
		}
	}
	for _, d := range differences {
		add(d.also)
	}
	for pkg, tests := range byPackage {
		slices.Sort(tests)
		tests = slices.Compact(tests)
		results := runTests(t, pkg, tests)
		for _, test := range tests {
			if got := results[test]; got != "pass" {
				t.Errorf("%s %s: got %q, want pass", pkg, test, got)
			}
		}
	}
}

// runTests returns how each top-level test of a package ended.
func runTests(t *testing.T, pkg string, tests []string) map[string]string {
	t.Helper()
	run := exec.CommandContext(t.Context(), "go", "test", "-json", "-run", "^("+strings.Join(tests, "|")+")$", module+pkg)
	out, err := run.Output()
	results := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var event struct{ Action, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &event) != nil {
			continue
		}
		switch event.Action {
		case "pass", "fail", "skip":
			results[event.Test] = event.Action
		}
	}
	if err != nil {
		t.Errorf("go test %s: %v", pkg, err)
	}
	return results
}
