package dbtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompilerRefuses: what embeds no base does not compile as a model, and the
// compiler names gormstore.Model.
func TestCompilerRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, model, want string }{
		{"a model", "struct { gormstore.Base; Name string }", ""},
		{"no base", "struct { ID int64; Name string }", "missing method sessionBase"},
		{"columns of the same names", "struct { SessionKey, SessionData string; ExpireDate gormstore.DateTime }", "missing method sessionBase"},
		{"the base as a field", "struct { Session gormstore.Base }", "missing method sessionBase"},
		{"two bases side by side", "struct { gormstore.Base; gormstore.DjangoSession }", "ambiguous"},
		{"a pointer to a model", "*struct { gormstore.Base }", "gormstore.Model"},
	}
	const head = `package main

import (
	"github.com/djinn-go/djinn/gormstore"
	"gorm.io/gorm"
)

func main() {
	var db *gorm.DB
`
	program := head
	for i, tt := range tests {
		program += fmt.Sprintf("\ttype model%d %s; _, _ = gormstore.NewModel[model%d](db)\n", i, tt.model, i)
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(program+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", os.DevNull, "-gcflags=-e", file).CombinedOutput()
	if err == nil {
		t.Fatal("go build: got no error, want some")
	}
	for i, tt := range tests {
		line := fmt.Sprintf("main.go:%d:", strings.Count(head, "\n")+i+1)
		var got string
		for said := range strings.Lines(string(out)) {
			if strings.Contains(said, line) {
				got += said
			}
		}
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: the compiler says %q, want %q\nall of it: %s", tt.name, got, tt.want, out)
		}
	}
}
