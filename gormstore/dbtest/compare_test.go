package dbtest

import (
	"errors"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// TestKeysCompareByBytes: to MySQL's default collation these are one key.
func TestKeysCompareByBytes(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			store := migrated(t, d.Open(t, nil), gormstore.New)
			create(t, store, rec(t, key1))
			for _, key := range []string{strings.ToUpper(key1), key1 + " ", "K" + key1[1:]} {
				_, loadErr := store.Load(t.Context(), key)
				_, updateErr := store.Update(t.Context(), rec(t, key1))
				if updateErr != nil {
					t.Fatal(updateErr)
				}
				touchErr := store.Touch(t.Context(), core.Record{Key: key, ExpireDate: load(t, store, key1).ExpireDate.AddDate(0, 0, 1)})
				for _, err := range []error{loadErr, touchErr} {
					if !errors.Is(err, core.ErrNotFound) {
						t.Errorf("with the key %q: got %v, want ErrNotFound", key, err)
					}
				}
				if existed, err := store.Delete(t.Context(), key); existed || err != nil {
					t.Errorf("Delete(%q): got %t, %v, want false, no error", key, existed, err)
				}
			}
			load(t, store, key1)
		})
	}
}

// TestVersionsCompareByBytes: texts that differ in case alone are two versions.
func TestVersionsCompareByBytes(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			store := migrated(t, d.Open(t, nil), gormstore.New)
			create(t, store, core.Record{Key: key1, ExpireDate: gormstore.Now().AddDate(0, 0, 1)}.WithCodec(constant{}))
			r := rec(t, key1, "n", 1)
			for _, version := range []string{"The Same Text", "the same text "} {
				r.Version = version
				if _, err := store.Update(t.Context(), r); !errors.Is(err, core.ErrConflict) {
					t.Errorf("Update with version %q of %q: got %v, want ErrConflict", version, "the same text", err)
				}
			}
		})
	}
}
