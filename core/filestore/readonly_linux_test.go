package filestore_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	key := create(t, s, `{"a":1}`, time.Hour)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	leaveRoot(t, dir)
	_, err := s.Update(t.Context(), record(t, key, `{"a":2}`, time.Hour))
	if err == nil || !strings.Contains(err.Error(), "same user") || strings.Contains(err.Error(), key) {
		t.Errorf("Update in a read-only directory: got %v, want an error that says the cure and no key", err)
	}
	if _, err := s.Load(t.Context(), key); err != nil {
		t.Errorf("Load afterwards: got %v, want the old content", err)
	}
}

// leaveRoot makes file permissions count for root too: it gives dir to nobody, and
// the rest of the test, which stays on this thread, nobody's access.
func leaveRoot(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil { // let nobody through
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, nobody, nobody)
	})
	if err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setfsuid(0); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
}
