package interop

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// python is the interpreter of the Django sites: DJINN_PYTHON, or the system's own,
// which is the one that Debian's packages belong to.
func python() string { return cmp.Or(os.Getenv("DJINN_PYTHON"), "/usr/bin/python3") }

// release is a Django that this machine can run.
type release struct {
	version string // such as 5.2.19
	folder  string // for PYTHONPATH; empty: the interpreter's own
}

// atLeast reports whether the release is of that minor version, or newer.
func (r release) atLeast(major, minor int) bool {
	parts := strings.Split(r.version, ".")
	x, _ := strconv.Atoi(parts[0])
	y, _ := strconv.Atoi(parts[1])
	return x > major || x == major && y >= minor
}

// versions are the long-term releases of Django that Debian has packages of, the
// newest first.
var versions = []string{"5.2", "4.2", "3.2"}

// releases returns every version if the environment says DJINN_DJANGO_MATRIX=all, which
// must be there then, and the newest on this machine otherwise.
func releases(t *testing.T) []release {
	t.Helper()
	if os.Getenv("DJINN_DJANGO_MATRIX") != "all" {
		return []release{newest(t)}
	}
	var all []release
	for _, version := range versions {
		r, err := inFolder(cached(version))
		if err != nil || !strings.HasPrefix(r.version, version) {
			t.Fatalf("there is no Django %s in %s, but %q: .ci/django %[1]s %[2]s puts one there: %[4]v", version, cached(version), r.version, err)
		}
		all = append(all, r)
	}
	return all
}

// newest looks in DJINN_DJANGO_PATH, which .ci/run sets, then where earlier runs of
// the matrix have left theirs, then in the interpreter's own packages.
func newest(t *testing.T) release {
	t.Helper()
	if folder := os.Getenv("DJINN_DJANGO_PATH"); folder != "" {
		r, err := inFolder(folder)
		if err != nil {
			t.Fatalf("DJINN_DJANGO_PATH names no folder with a Django: %v", err)
		}
		return r
	}
	for _, version := range versions {
		if r, err := inFolder(cached(version)); err == nil && strings.HasPrefix(r.version, version) {
			return r
		}
	}
	r, err := inFolder("")
	if err != nil {
		dbtest.Missing(t, python()+" has no Django: install Debian's python3-django, or name a folder with one in DJINN_DJANGO_PATH: "+err.Error())
	}
	return r
}

// cached is where fetched versions are kept from run to run.
func cached(version string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "djinn-django-"+version)
}

// inFolder asks the Django that is found with that folder for its version.
func inFolder(folder string) (release, error) {
	cmd := exec.Command(python(), "-m", "django", "--version")
	cmd.Env = append(os.Environ(), "PYTHONPATH="+folder)
	out, err := cmd.Output()
	return release{strings.TrimSpace(string(out)), folder}, err
}

// process is a Django site that runs, testdata/site.py. Its methods may be called by
// several goroutines, and then take turns.
type process struct {
	t   *testing.T
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Scanner
}

// start starts a site that ends with the test.
func start(t *testing.T, r release, settings map[string]any) *process {
	t.Helper()
	return startScript(t, r, "testdata/site.py", settings)
}

// startScript starts a program that reads its settings, and then what to do, from
// standard input, as testdata/site.py does.
func startScript(t *testing.T, r release, script string, settings map[string]any) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python(), "-W", "ignore", script)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+r.folder)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // killed with the test's context, if it has not ended by itself
	})
	p := &process{t: t, in: in, out: bufio.NewScanner(out)}
	p.out.Buffer(nil, 1<<20)
	if err := json.NewEncoder(in).Encode(settings); err != nil {
		t.Fatalf("Django does not start: %v", err)
	}
	return p
}

// arguments are those of a function in testdata/site.py.
type arguments map[string]any

// call calls a function in testdata/site.py. An exception there fails t.
func (p *process) call(t *testing.T, do string, with arguments, answer any) {
	t.Helper()
	if exception := p.try(t, do, with, answer); exception != "" {
		t.Fatalf("Django, %s: %s", do, exception)
	}
}

// try is call for a function that may raise an exception, and returns it.
func (p *process) try(t *testing.T, do string, with arguments, answer any) (exception string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if with == nil {
		with = arguments{}
	}
	if err := json.NewEncoder(p.in).Encode(map[string]any{"do": do, "with": with}); err != nil {
		t.Fatalf("Django, %s: %v", do, err)
	}
	if !p.out.Scan() {
		t.Fatalf("Django, %s: no answer: %v", do, p.out.Err())
	}
	var reply struct {
		Answer json.RawMessage
		Error  string
	}
	if err := json.Unmarshal(p.out.Bytes(), &reply); err != nil {
		t.Fatalf("Django, %s: answers %q: %v", do, p.out.Bytes(), err)
	}
	if reply.Error != "" || answer == nil {
		return reply.Error
	}
	if err := json.Unmarshal(reply.Answer, answer); err != nil {
		t.Fatalf("Django, %s: answers %s: %v", do, reply.Answer, err)
	}
	return ""
}
