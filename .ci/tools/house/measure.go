package main

import (
	"fmt"
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// figures are those of one package, without its tests.
type figures struct {
	Files    int
	Knot     int // files of the largest set in which each needs each other
	Pairs    int // pairs of files that need one another
	Exported int // names of the package
	Methods  int // exported methods of its types
	Spread   int // files with methods of one type
}

// measure loads a package and looks at its files.
func measure(dir, pattern, typ string) (figures, error) {
	pkg, err := load(dir, pattern)
	if err != nil {
		return figures{}, err
	}
	f := figures{Files: len(pkg.Syntax)}
	needs := dependencies(pkg)
	f.Knot, f.Pairs = largestKnot(needs), mutual(needs)
	scope := pkg.Types.Scope()
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		if obj.Exported() {
			f.Exported++
		}
		named, ok := obj.Type().(*types.Named)
		if _, isType := obj.(*types.TypeName); !ok || !isType || !obj.Exported() {
			continue
		}
		for i := range named.NumMethods() {
			if named.Method(i).Exported() {
				f.Methods++
			}
		}
	}
	f.Spread = spread(pkg, typ)
	return f, nil
}

func load(dir, pattern string) (*packages.Package, error) {
	pkgs, err := packages.Load(&packages.Config{
		Dir:  dir,
		Env:  append(os.Environ(), "GOWORK=off"),
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps,
	}, pattern)
	if err != nil {
		return nil, err
	}
	if len(pkgs) != 1 || len(pkgs[0].Errors) > 0 {
		return nil, fmt.Errorf("%s in %s: %d packages, errors %v", pattern, dir, len(pkgs), pkgs[0].Errors)
	}
	return pkgs[0], nil
}

// dependencies says which files of the package each file needs: those that declare
// what it uses, a method of an interface by the interface.
func dependencies(pkg *packages.Package) map[string][]string {
	needs := map[string][]string{}
	for _, file := range pkg.Syntax {
		from := fileOf(pkg, file)
		seen := map[string]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			obj := pkg.TypesInfo.Uses[id]
			if obj == nil || obj.Pkg() != pkg.Types {
				return true
			}
			if to := filepath.Base(pkg.Fset.Position(obj.Pos()).Filename); to != from {
				seen[to] = true
			}
			return true
		})
		needs[from] = nil
		for to := range seen {
			needs[from] = append(needs[from], to)
		}
		slices.Sort(needs[from])
	}
	return needs
}

func fileOf(pkg *packages.Package, file *ast.File) string {
	return filepath.Base(pkg.Fset.Position(file.Pos()).Filename)
}

// mutual counts pairs of files that need one another.
func mutual(needs map[string][]string) (pairs int) {
	for a, tos := range needs {
		for _, b := range tos {
			if a < b && slices.Contains(needs[b], a) {
				pairs++
			}
		}
	}
	return pairs
}

// largestKnot is the size of the largest strongly connected component, by Tarjan's
// algorithm; 1 for a package without a circle.
func largestKnot(needs map[string][]string) (largest int) {
	index, low := map[string]int{}, map[string]int{}
	var stack []string
	var visit func(string)
	visit = func(v string) {
		index[v] = len(index) + 1
		low[v] = index[v]
		stack = append(stack, v)
		for _, w := range needs[v] {
			if index[w] == 0 {
				visit(w)
				low[v] = min(low[v], low[w])
			} else if slices.Contains(stack, w) {
				low[v] = min(low[v], index[w])
			}
		}
		if low[v] == index[v] {
			i := slices.Index(stack, v)
			largest = max(largest, len(stack)-i)
			stack = stack[:i]
		}
	}
	for v := range needs {
		if index[v] == 0 {
			visit(v)
		}
	}
	return largest
}

// spread counts the files in which methods of the type stand.
func spread(pkg *packages.Package, typ string) int {
	files := map[string]bool{}
	for _, file := range pkg.Syntax {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv != nil && receiver(f.Recv.List[0].Type) == typ {
				files[fileOf(pkg, file)] = true
			}
		}
	}
	return len(files)
}

// receiver is the name of a receiver's type, without star and parameters.
func receiver(e ast.Expr) string {
	text := types.ExprString(e)
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "*"), "[")
	return text
}
