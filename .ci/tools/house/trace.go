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
	"strings"
)

// trace runs one write request on a copy of package core in which every function says
// in which file it stands when it is entered. It returns the files in the order in
// which they were first entered, and how often the path went from one to another.
func trace(root string) (stations []string, changes int, err error) {
	root, err = filepath.Abs(root)
	if err != nil {
		return nil, 0, err
	}
	tmp, err := os.MkdirTemp("", "house")
	if err != nil {
		return nil, 0, err
	}
	defer os.RemoveAll(tmp)
	overlay, err := instrument(filepath.Join(root, "core"), tmp)
	if err != nil {
		return nil, 0, err
	}
	// The program is part of the overlay, too, in a folder that is not there.
	program := filepath.Join(tmp, "main.go")
	if err := os.WriteFile(program, []byte(visitor), 0o644); err != nil {
		return nil, 0, err
	}
	overlay[filepath.Join(root, "core", "internal", "housetrace", "main.go")] = program
	replace, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return nil, 0, err
	}
	overlayFile := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(overlayFile, replace, 0o644); err != nil {
		return nil, 0, err
	}
	cmd := exec.Command("go", "run", "-overlay", overlayFile, "./core/internal/housetrace")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, 0, fmt.Errorf("the traced request: %w\n%s", err, stderr.Bytes())
	}
	last := ""
	seen := map[string]bool{}
	for _, file := range strings.Fields(string(out)) {
		if file != last && last != "" {
			changes++
		}
		last = file
		if !seen[file] {
			seen[file] = true
			stations = append(stations, file)
		}
	}
	if len(stations) < 3 {
		return nil, 0, fmt.Errorf("the traced request passed only %q", stations)
	}
	return stations, changes, nil
}

// visitor is a browser's second visit: it has a session, and the request changes it.
const visitor = `package main

import (
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
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.Session(r.Context()).Set("visited", r.URL.Path)
		w.Write([]byte("hello"))
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/first", nil))
	r := httptest.NewRequest("GET", "/second", nil)
	r.AddCookie(w.Result().Cookies()[0])
	core.HouseTrace = true
	h.ServeHTTP(httptest.NewRecorder(), r)
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
