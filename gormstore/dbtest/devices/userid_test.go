package devices

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// uuid is an ID as the usual packages have it: 16 bytes that are a text in the
// database.
type uuid [16]byte

func (u uuid) Value() (driver.Value, error) {
	s := hex.EncodeToString(u[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:], nil
}

func (u *uuid) Scan(src any) error {
	text := fmt.Sprint(src)
	if b, ok := src.([]byte); ok {
		text = string(b)
	}
	_, err := hex.Decode(u[:], []byte(strings.ReplaceAll(text, "-", "")))
	return err
}

// secretID does not print.
type secretID int64

func (secretID) String() string { return "[an ID]" }

// owned is a model whose user has an ID of type T.
type owned[T any] struct {
	gormstore.Base
	Owner T `gorm:"index;size:64" djinn:"user"`
}

// TableName is another for each type: the driver of PostgreSQL remembers the types of a
// statement's columns.
func (owned[T]) TableName() string {
	kind := strings.ToLower(reflect.TypeFor[T]().String())
	return "owned_by_" + strings.NewReplacer("*", "p_", "[]", "s_", ".", "_").Replace(kind)
}

type ownerKey struct{}

// FillSession takes the owner from the context, whatever its type.
func (s *owned[T]) FillSession(ctx context.Context, values core.Values) error {
	if owner, ok := ctx.Value(ownerKey{}).(T); ok && values.Get("in") != nil {
		s.Owner = owner
	}
	return nil
}

// kindOfID tests a model whose user IDs are of type T.
func kindOfID[T any](t *testing.T, db *gorm.DB, mine, other, nobody T, ids ...any) {
	t.Helper()
	store, err := gormstore.NewModel[owned[T]](db, gormstore.WithSessionCap(2, gormstore.EvictOldest))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, store)
	login := func(owner T) string {
		t.Helper()
		as := func(r *http.Request) { *r = *r.WithContext(context.WithValue(r.Context(), ownerKey{}, owner)) }
		var err error
		a := s.visit("", func(s *core.Session, r *http.Request) {
			s.Set("in", true)
			err = s.Save(r.Context())
		}, as)
		if a.status != http.StatusOK || err != nil {
			t.Fatalf("log %v of type %T in: got status %d and error %v, want 200 and none", owner, owner, a.status, err)
		}
		return a.cookie
	}
	wantCount := func(what string, id any, want int64) {
		t.Helper()
		if n, err := store.Count(t.Context(), store.OfUser(id)); n != want || err != nil {
			t.Errorf("%s: got %d, %v, want %d", what, n, err, want)
		}
	}
	for _, id := range append(ids, mine) {
		login(mine)
		login(mine)
		wantCount(fmt.Sprintf("sessions of %T", id), id, 2)
		late := s.visit("", func(session *core.Session, r *http.Request) {
			if n, err := store.RevokeUser(t.Context(), id); n != 2 || err != nil {
				t.Errorf("RevokeUser by %T: got %d, %v, want 2", id, n, err)
			}
			session.Set("in", true)
		}, func(r *http.Request) { *r = *r.WithContext(context.WithValue(r.Context(), ownerKey{}, mine)) })
		if late.status != http.StatusBadRequest {
			t.Errorf("a log-in from before: got status %d, want 400", late.status)
		}
		wantCount(fmt.Sprintf("revoked by %T", id), id, 0)
	}
	login(other)
	for range 4 { // nobody has as many sessions as there are strangers
		login(nobody)
	}
	wantCount("another user", other, 1)
	all, err := store.Count(t.Context())
	if err != nil || all != 5 {
		t.Errorf("the cap counts sessions of nobody: got %d in all, %v, want 5", all, err)
	}
	var users int64
	if err := db.Table(owned[T]{}.TableName() + "_users").Count(&users).Error; err != nil || users != 2 {
		t.Errorf("got %d users, %v, want 2", users, err)
	}
	for _, id := range []any{nobody, nil, "", struct{}{}} {
		if n, err := store.RevokeUser(t.Context(), id); n != 0 || err == nil {
			t.Errorf("RevokeUser by %T %v: got %d, %v, want an error", id, id, n, err)
		}
	}
	for _, suffix := range []string{"", "_users"} {
		if err := db.Exec("DROP TABLE " + owned[T]{}.TableName() + suffix).Error; err != nil {
			t.Fatal(err)
		}
	}
}

// TestUserIDs: IDs of every kind say whose a session is, and may be given as the
// column's type, as a number or as text.
func TestUserIDs(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		p := func(n int64) *int64 { return &n }
		kindOfID[int64](t, db, 42, 43, 0, 42, "42", int32(42), uint8(42))
		kindOfID(t, db, p(42), p(43), p(0), 42, "42", int64(42))
		kindOfID(t, db, p(42), p(43), nil, 42)
		kindOfID[uint64](t, db, 1<<62, 43, 0, uint64(1<<62), "4611686018427387904")
		kindOfID(t, db, "alice", "bob", "")
		kindOfID(t, db, "álice@例え.jp", "42", "")
		kindOfID(t, db, uuid{1, 0xff}, uuid{2}, uuid{}, "01ff0000-0000-0000-0000-000000000000")
		kindOfID(t, db, &uuid{1}, &uuid{2}, &uuid{}, uuid{1})
		kindOfID(t, db, &uuid{1}, &uuid{2}, nil)
		kindOfID(t, db, secretID(42), secretID(43), secretID(0), 42, "42")
		kindOfID(t, db, sql.NullInt64{Int64: 42, Valid: true}, sql.NullInt64{Int64: 43, Valid: true}, sql.NullInt64{}, 42)
		kindOfID(t, db, []byte{0xff, 0}, []byte{0xfe, 1}, []byte(nil))
	})
}

// TestLongUserID: an ID longer than the table of users is wide has its place there.
func TestLongUserID(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		if err := db.Exec("CREATE TABLE owned_by_string (session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL, expire_date " +
			map[string]string{"sqlite": "datetime", "mysql": "datetime(6)", "postgres": "timestamptz"}[db.Name()] + " NOT NULL, owner varchar(500))").Error; err != nil {
			t.Fatal(err)
		}
		kindOfID(t, db, strings.Repeat("a", 400)+"1", strings.Repeat("a", 400)+"2", "")
	})
}

// TestUserColumnRefused: a column that cannot say whose a session is.
func TestUserColumnRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		type createOnly struct {
			gormstore.Base
			Owner int64 `gorm:"<-:create" djinn:"user"`
		}
		type readOnly struct {
			gormstore.Base
			Owner int64 `gorm:"->" djinn:"user"`
		}
		_, err := gormstore.NewModel[createOnly](db)
		if !says(err, "Owner") || !says(err, "<-") {
			t.Errorf("a column that only an INSERT writes: got %v, want an error that says what to change", err)
		}
		if _, err = gormstore.NewModel[readOnly](db); !says(err, "Owner") {
			t.Errorf("a column that nobody writes: got %v, want an error", err)
		}
		type noUser struct{ gormstore.ClientBase }
		store, err := gormstore.NewModel[noUser](db)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.RevokeUser(t.Context(), 42); !says(err, `djinn:"user"`) {
			t.Errorf("RevokeUser without a user column: got %v, want an error with the cure", err)
		}
		for _, err := range store.Sessions(t.Context(), store.OfUser(42)) {
			if !says(err, `djinn:"user"`) {
				t.Errorf("OfUser without a user column: got %v, want an error with the cure", err)
			}
		}
	})
}

// TestIDsThatDoNotFit: an ID that the column cannot hold is refused, and does not become
// another user's.
func TestIDsThatDoNotFit(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		small, err := gormstore.NewModel[owned[int32]](db)
		if err != nil {
			t.Fatal(err)
		}
		positive, err := gormstore.NewModel[owned[uint64]](db)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(small.Migrate(t.Context()), positive.Migrate(t.Context())); err != nil {
			t.Fatal(err)
		}
		for _, id := range []any{int64(1<<32 + 42), "4294967338", -1<<40 + 7, 42.5, "0x2a", "42 ", "4_2", true} {
			if n, err := small.Count(t.Context(), small.OfUser(id)); !says(err, "pass the user's ID") {
				t.Errorf("%T %v in a column of int32: got %d, %v, want an error", id, id, n, err)
			}
		}
		for _, id := range []any{-1, "-1", 1e19} {
			if n, err := positive.Count(t.Context(), positive.OfUser(id)); !says(err, "pass the user's ID") {
				t.Errorf("%T %v in a column of uint64: got %d, %v, want an error", id, id, n, err)
			}
		}
	})
}

// TestUserIDsByBytes: IDs that differ in case, or by a space, are those of two users.
func TestUserIDsByBytes(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store, err := gormstore.NewModel[owned[string]](db)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := newSite(t, store)
		in := func(owner string) string {
			return s.visit("", func(s *core.Session, r *http.Request) { s.Set("in", true) },
				func(r *http.Request) { *r = *r.WithContext(context.WithValue(r.Context(), ownerKey{}, owner)) }).cookie
		}
		victim := in("aB3x")
		for _, other := range []string{"Ab3x", "aB3x ", "ab3x"} {
			if n, err := store.Count(t.Context(), store.OfUser(other)); n != 0 {
				t.Errorf("OfUser(%q) finds %d sessions of aB3x, %v", other, n, err)
			}
		}
		if err := store.Revoke(t.Context(), core.PublicID(victim), store.OfUser("ab3x")); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("ab3x revokes a session of aB3x: got %v, want ErrNotFound", err)
		}
	})
}
