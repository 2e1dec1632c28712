package dbtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// loudLogger is GORM's own at its loudest, with values in the statements.
func loudLogger() (logger.Interface, *buffer) {
	b := &buffer{}
	return logger.New(log.New(b, "", 0), logger.Config{LogLevel: logger.Info, SlowThreshold: time.Nanosecond}), b
}

// TestLogHasNoSecrets: no key and no payload in GORM's log at its loudest, in an
// error, or in a row that is printed; also not when a statement fails.
func TestLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			loud, out := loudLogger()
			db := d.Open(t, &gorm.Config{Logger: loud})
			store := migrated(t, db, gormstore.New)
			r := rec(t, key1, "user", "alice")
			create(t, store, r)
			create(t, store, rec(t, key2))
			payload := load(t, store, key1).Encoded

			var errs []error
			try := func(err error) { errs = append(errs, err) }
			ctx := t.Context()
			_, err := store.Create(ctx, r)
			try(err)
			_, err = store.Update(ctx, rec(t, key1, "user", "bob"))
			try(err)
			_, err = store.Rotate(ctx, key1, rec(t, key2, "user", "bob"))
			try(err)
			stale := rec(t, key1, "user", "carol")
			stale.Version = payload
			_, err = store.Update(ctx, stale)
			try(err)
			try(store.Touch(ctx, rec(t, key1)))
			_, err = store.Delete(ctx, key1)
			try(err)
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			_, err = store.Load(cancelled, key2)
			try(err)
			_, err = store.Update(cancelled, rec(t, key2))
			try(err)
			if err := db.Migrator().DropTable("django_session"); err != nil {
				t.Fatal(err)
			}
			_, err = store.Load(ctx, key2)
			try(err)
			if err == nil || !strings.Contains(err.Error(), "Store.Migrate") {
				t.Errorf("Load without the table: got error %v, want one that says the cure, Store.Migrate", err)
			}
			_, err = store.Create(ctx, rec(t, key2))
			try(err)

			text := out.String()
			if !strings.Contains(text, "UPDATE") {
				t.Error("GORM's log has no UPDATE in it: the user's logger is not used")
			}
			for _, err := range errs {
				text += fmt.Sprintf("\n%v %+v %#v %q", err, err, err, err)
			}
			for _, secret := range []string{key1, key2, payload, payload[:20]} {
				if i := strings.Index(text, secret); i >= 0 {
					t.Errorf("a secret was printed: %s", text[max(0, i-200):min(len(text), i+60)])
				}
			}
		})
	}
}

// TestDuplicateWithoutMask makes sure that there is something to hide: what the
// driver says about a duplicate key of MySQL has the key in it.
func TestDuplicateWithoutMask(t *testing.T) {
	t.Parallel()
	db := MySQL.Open(t, nil)
	migrated(t, db, gormstore.New)
	row := gormstore.DjangoSession{SessionKey: key1, SessionData: "x", ExpireDate: gormstore.Now()}
	first, second := db.Create(&row).Error, db.Create(&row).Error
	if first != nil || second == nil || !strings.Contains(second.Error(), key1) {
		t.Errorf("two inserts by hand: got errors %v and %v, want none and one with the key in it", first, second)
	}
}

// TestRowsDoNotPrint: a model in a log line shows its own columns and not the
// key.
func TestRowsDoNotPrint(t *testing.T) {
	t.Parallel()
	id := int64(42)
	row := accountSession{Base: gormstore.Base{SessionKey: key1, SessionData: "payload"}, AccountID: &id}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(verb, row)
		if strings.Contains(text, key1) || strings.Contains(text, "payload") {
			t.Errorf("%s of a model prints its secrets: %s", verb, text)
		}
	}
}

// TestUserErrors: an error of the user's own hook comes through as it is.
func TestUserErrors(t *testing.T) {
	t.Parallel()
	db := SQLite.Open(t, nil)
	want := errors.New("the audit trail is full")
	if err := db.Callback().Update().Before("gorm:update").Register("audit", func(tx *gorm.DB) { _ = tx.AddError(want) }); err != nil {
		t.Fatal(err)
	}
	store := migrated(t, db, gormstore.New)
	create(t, store, rec(t, key1))
	_, err := store.Update(t.Context(), rec(t, key1, "n", 1))
	if !errors.Is(err, want) {
		t.Errorf("Update with a callback that fails: got %v, want %v", err, want)
	}
	if errors.Is(err, core.ErrConflict) || errors.Is(err, core.ErrNotFound) {
		t.Errorf("the failure looks like a conflict or a logout: %v", err)
	}
}
