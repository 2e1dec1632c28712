package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// codeBlock is a fenced block of a README: its language and its text.
var codeBlock = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

// Every Go block of a README stands, to the letter, in a Go file of this
// repository, which the compiler and tests look after.
func TestREADMEsShowRealCode(t *testing.T) {
	t.Parallel()
	var readmes []string
	var code strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && d.Name() == ".git": // a file in a worktree
			return filepath.SkipDir
		case d.Name() == "README.md":
			readmes = append(readmes, path)
		case filepath.Ext(path) == ".go":
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			code.WriteString(unindent(string(text)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for _, path := range readmes {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range codeBlock.FindAllStringSubmatch(string(text), -1) {
			if block[1] != "go" {
				continue
			}
			blocks++
			if !strings.Contains(code.String(), unindent(block[2])) {
				t.Errorf("%s: this block stands in no Go file:\n%s", path, block[2])
			}
		}
	}
	if blocks < 6 {
		t.Errorf("found %d Go blocks in %d READMEs, want at least 6: is the pattern still right?", blocks, len(readmes))
	}
}

// The links of a README lead to what is there.
func TestREADMELinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, path := range []string{"../README.md", "README.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		prose := codeBlock.ReplaceAllString(string(text), "")
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", path, m[1], err)
			}
		}
	}
}

// unindent takes away what depends on where code stands.
func unindent(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}
