package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/filestore"
)

// A directory that is gone is a failure, and logs nobody out.
func TestLoadWithoutDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "sessions")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := filestore.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), core.NewSessionKey()); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("an unknown key: got error %v, want ErrNotFound", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), core.NewSessionKey()); err == nil || errors.Is(err, core.ErrNotFound) {
		t.Errorf("no directory: got error %v, want one that is not ErrNotFound", err)
	}
}
