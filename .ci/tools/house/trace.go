package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// path is the way of one request through package core.
type path struct {
	Request  string
	Stations []string // files in the order in which they were first entered
	Changes  int      // how often the path went from one file to another
}

// The requests of the visitor, by what they do.
const (
	newSession = "sets an item of a new session"
	setsItem   = "sets an item of a session it has"
	updateItem = "updates an item of a session it has, by a Key"
)

// trace runs write requests on a copy of package core in which every function says in
// which file it stands when it is entered.
func trace(root string) ([]path, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "house")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	overlay, err := instrument(filepath.Join(root, "core"), tmp)
	if err != nil {
		return nil, err
	}
	// The program is part of the overlay, too, in a folder that is not there.
	program := filepath.Join(tmp, "main.go")
	if err := os.WriteFile(program, []byte(visitor), 0o644); err != nil {
		return nil, err
	}
	overlay[filepath.Join(root, "core", "internal", "housetrace", "main.go")] = program
	replace, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return nil, err
	}
	overlayFile := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(overlayFile, replace, 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "run", "-overlay", overlayFile, "./core/internal/housetrace")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the traced request: %w\n%s", err, stderr.Bytes())
	}
	return paths(string(out))
}

// paths reads what the visitor prints: a line for each file that is entered, and "> "
// with the name of a request before its own.
func paths(out string) (all []path, err error) {
	last := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if request, ok := strings.CutPrefix(line, "> "); ok {
			all, last = append(all, path{Request: request}), ""
			continue
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("the traced requests begin with %q", line)
		}
		p := &all[len(all)-1]
		if line != last && last != "" {
			p.Changes++
		}
		last = line
		if !slices.Contains(p.Stations, line) {
			p.Stations = append(p.Stations, line)
		}
	}
	for _, p := range all {
		if len(p.Stations) < 3 {
			return nil, fmt.Errorf("the request that %s passed only %q", p.Request, p.Stations)
		}
	}
	return all, nil
}

// pathOf is the path of the request.
func pathOf(all []path, request string) (path, error) {
	i := slices.IndexFunc(all, func(p path) bool { return p.Request == request })
	if i < 0 {
		return path{}, fmt.Errorf("no traced request %s", request)
	}
	return all[i], nil
}

// visitor is a browser that comes back: its first request has no session, the others
// have that of the first. Whatever is done only once falls to the first, so that the
// others show what every request pays.
const visitor = `package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

func main() {
	store, err := memstore.New()
	if err != nil {
		panic(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "a key for a trace that nobody else knows"})
	if err != nil {
		panic(err)
	}
	const visits core.Key[int] = "visits"
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := m.Session(r.Context())
		if r.URL.Path == "/update" {
			visits.Update(s, func(n int) int { return n + 1 })
		} else {
			s.Set("visited", r.URL.Path)
		}
		w.Write([]byte("hello"))
	}))
	visit := func(request, path string, cookies ...*http.Cookie) []*http.Cookie {
		r := httptest.NewRequest("GET", path, nil)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		fmt.Println(">", request)
		core.HouseTrace = true
		h.ServeHTTP(w, r)
		core.HouseTrace = false
		if w.Code != http.StatusOK {
			panic(w.Code)
		}
		return w.Result().Cookies()
	}
	cookies := visit("` + newSession + `", "/first")
	visit("` + setsItem + `", "/second", cookies...)
	visit("` + updateItem + `", "/update", cookies...)
}
`

// instrument writes copies of the package's files into dir and returns which stands
// for which.
func instrument(pkg, dir string) (overlay map[string]string, err error) {
	overlay = map[string]string{}
	files, err := filepath.Glob(filepath.Join(pkg, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		name := filepath.Base(path)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			var body *ast.BlockStmt
			switch f := n.(type) {
			case *ast.FuncDecl:
				body = f.Body
			case *ast.FuncLit:
				body = f.Body
			}
			if body != nil {
				body.List = append([]ast.Stmt{&ast.ExprStmt{X: &ast.CallExpr{
					Fun:  ast.NewIdent("houseTrace"),
					Args: []ast.Expr{&ast.BasicLit{Kind: token.STRING, Value: `"` + name + `"`}},
				}}}, body.List...)
			}
			return true
		})
		file.Comments = nil // they would land in the wrong places, and nobody reads this
		var b bytes.Buffer
		if err := format.Node(&b, fset, file); err != nil {
			return nil, err
		}
		copied := filepath.Join(dir, name)
		if err := os.WriteFile(copied, b.Bytes(), 0o644); err != nil {
			return nil, err
		}
		overlay[path] = copied
	}
	recorder := filepath.Join(dir, "housetrace_recorder.go")
	overlay[filepath.Join(pkg, "housetrace_recorder.go")] = recorder
	return overlay, os.WriteFile(recorder, []byte(`package core

import "fmt"

var HouseTrace bool

func houseTrace(file string) {
	if HouseTrace {
		fmt.Println(file)
	}
}
`), 0o644)
}
