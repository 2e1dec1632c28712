// Command publish writes modules to a directory that the go command can use as
// a module proxy (GOPROXY=file://…), in the state a tag would publish them.
//
// It exists so that a change can be built as a stranger would build it, before
// anything is tagged: replace directives have no effect there, and what a
// user downloads can be seen.
//
// Usage:
//
//	publish -out DIR -version vX.Y.Z MODULE_DIR...
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	out := flag.String("out", "", "directory to publish to")
	version := flag.String("version", "", "version to publish every module as")
	flag.Parse()
	if *out == "" || *version == "" || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := publishAll(*out, *version, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "publish:", err)
		os.Exit(1)
	}
}

// publishAll publishes the modules in dirs as one release: each requires the
// others at version, as the release commit does.
func publishAll(out, version string, dirs []string) error {
	files := make(map[string]*modfile.File, len(dirs))
	released := make(map[string]bool, len(dirs))
	for _, dir := range dirs {
		path := filepath.Join(dir, "go.mod")
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := modfile.Parse(path, text, nil)
		if err != nil {
			return err
		}
		files[dir] = file
		released[file.Module.Mod.Path] = true
	}
	for _, dir := range dirs {
		if isCommand(dir) {
			dropReplacements(files[dir])
		}
		text, err := release(files[dir], version, released)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		mod := module.Version{Path: files[dir].Module.Mod.Path, Version: version}
		if err := publish(out, mod, dir, text); err != nil {
			return fmt.Errorf("%s: %w", mod, err)
		}
		fmt.Println("published", mod)
	}
	return nil
}

// isCommand reports whether the module is a program that go install builds.
func isCommand(dir string) bool {
	pkg, err := build.ImportDir(dir, 0)
	return err == nil && pkg.IsCommand()
}

// dropReplacements does what a release does to a command, because go install
// takes no module that replaces others.
func dropReplacements(file *modfile.File) {
	for _, r := range slices.Clone(file.Replace) {
		_ = file.DropReplace(r.Old.Path, r.Old.Version) // never fails
	}
}

// release returns the text of file with its requirements on released modules
// raised to version.
func release(file *modfile.File, version string, released map[string]bool) ([]byte, error) {
	for _, req := range file.Require {
		if !released[req.Mod.Path] {
			continue
		}
		if err := file.AddRequire(req.Mod.Path, version); err != nil {
			return nil, err
		}
	}
	return file.Format()
}

// publish writes the four files by which a proxy serves mod, whose source is
// in dir and whose go.mod has the given text. It overwrites dir's go.mod, so
// that the archive and the .mod file agree: dir is a copy of the checkout.
func publish(out string, mod module.Version, dir string, gomod []byte) error {
	escaped, err := module.EscapePath(mod.Path)
	if err != nil {
		return err
	}
	at := filepath.Join(out, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{mod.Version, time.Now().UTC()})
	if err != nil {
		return err
	}
	for path, text := range map[string][]byte{
		filepath.Join(dir, "go.mod"):           gomod,
		filepath.Join(at, "list"):              []byte(mod.Version + "\n"),
		filepath.Join(at, mod.Version+".info"): info,
		filepath.Join(at, mod.Version+".mod"):  gomod,
	} {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return archive(filepath.Join(at, mod.Version+".zip"), mod, dir)
}

// archive writes the module zip; nested modules are left out, as by the go
// command.
func archive(path string, mod module.Version, dir string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := zip.CreateFromDir(file, mod, dir); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
