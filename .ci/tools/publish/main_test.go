package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPublishAll publishes a root module, a nested one that requires it and a
// command, and looks at what a proxy would serve.
func TestPublishAll(t *testing.T) {
	t.Parallel()
	src, out := t.TempDir(), t.TempDir()
	write(t, filepath.Join(src, "go.mod"), "module example.com/Root\n\ngo 1.24.0\n")
	write(t, filepath.Join(src, "root.go"), "package root\n")
	write(t, filepath.Join(src, "sub", "go.mod"), `module example.com/Root/sub

go 1.24.0

require example.com/Root v0.0.0

replace example.com/Root => ..
`)
	write(t, filepath.Join(src, "sub", "sub.go"), "package sub\n")

	write(t, filepath.Join(src, "cmd", "go.mod"), `module example.com/Root/cmd

go 1.24.0

require example.com/Root v0.0.0

replace example.com/Root => ..
`)
	write(t, filepath.Join(src, "cmd", "main.go"), "package main\n\nfunc main() {}\n")

	if err := publishAll(out, "v0.1.0", []string{src, filepath.Join(src, "sub"), filepath.Join(src, "cmd")}); err != nil {
		t.Fatal(err)
	}

	at := filepath.Join(out, "example.com", "!root", "@v")
	if got, want := names(t, filepath.Join(at, "v0.1.0.zip")), []string{
		"example.com/Root@v0.1.0/go.mod",
		"example.com/Root@v0.1.0/root.go",
	}; !slices.Equal(got, want) {
		t.Errorf("root zip: got %q, want %q: a nested module is its own", got, want)
	}
	if got, want := read(t, filepath.Join(at, "list")), "v0.1.0\n"; got != want {
		t.Errorf("list: got %q, want %q", got, want)
	}
	gomod := read(t, filepath.Join(out, "example.com", "!root", "sub", "@v", "v0.1.0.mod"))
	for _, want := range []string{"require example.com/Root v0.1.0\n", "replace example.com/Root => ..\n"} {
		if !strings.Contains(gomod, want) {
			t.Errorf(".mod: got %q, want it to have %q", gomod, want)
		}
	}
	gomod = read(t, filepath.Join(out, "example.com", "!root", "cmd", "@v", "v0.1.0.mod"))
	if want := "require example.com/Root v0.1.0\n"; !strings.Contains(gomod, want) || strings.Contains(gomod, "replace") {
		t.Errorf(".mod of a command: got %q, want it to have %q and no replace", gomod, want)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func names(t *testing.T, path string) []string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var names []string
	for _, file := range archive.File {
		names = append(names, file.Name)
	}
	slices.Sort(names)
	return names
}
