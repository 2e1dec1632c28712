package dbtest

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/sessiontest"
)

// recorder stands between GORM and the connection pool and notes what is sent,
// BEGIN and COMMIT included, which GORM's own log does not show. It can run
// something before a statement, to be a second request or to fail.
type recorder struct {
	gorm.ConnPool
	mu     sync.Mutex
	sent   []string
	ctxs   []context.Context
	before func(query string) error
}

// record puts a recorder on db.
func record(db *gorm.DB) *recorder {
	r := &recorder{ConnPool: db.ConnPool}
	db.ConnPool, db.Statement.ConnPool = r, r
	return r
}

func (r *recorder) note(ctx context.Context, query string) error {
	r.mu.Lock()
	before := r.before
	r.sent, r.ctxs = append(r.sent, query), append(r.ctxs, ctx)
	r.mu.Unlock()
	if before != nil {
		return before(query)
	}
	return nil
}

// reset forgets what was sent so far and returns the first word of each.
func (r *recorder) reset() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	words := make([]string, len(r.sent))
	for i, q := range r.sent {
		words[i], _, _ = strings.Cut(q, " ")
	}
	r.sent, r.ctxs = nil, nil
	return strings.Join(words, " ")
}

func (r *recorder) statements() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

func (r *recorder) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := r.note(ctx, query); err != nil {
		return nil, err
	}
	return r.ConnPool.ExecContext(ctx, query, args...)
}

func (r *recorder) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := r.note(ctx, query); err != nil {
		return nil, err
	}
	return r.ConnPool.QueryContext(ctx, query, args...)
}

func (r *recorder) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	_ = r.note(ctx, query)
	return r.ConnPool.QueryRowContext(ctx, query, args...)
}

// BeginTx makes the recorder a gorm.ConnPoolBeginner.
func (r *recorder) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	if err := r.note(ctx, "BEGIN"); err != nil {
		return nil, err
	}
	tx, err := r.ConnPool.(gorm.TxBeginner).BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &recordedTx{recorder: r, Tx: tx}, nil
}

// GetDBConn lets gorm.DB.DB find the pool.
func (r *recorder) GetDBConn() (*sql.DB, error) { return r.ConnPool.(*sql.DB), nil }

type recordedTx struct {
	*sql.Tx
	recorder *recorder
}

func (tx *recordedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := tx.recorder.note(ctx, query); err != nil {
		return nil, err
	}
	return tx.Tx.ExecContext(ctx, query, args...)
}

func (tx *recordedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := tx.recorder.note(ctx, query); err != nil {
		return nil, err
	}
	return tx.Tx.QueryContext(ctx, query, args...)
}

func (tx *recordedTx) Commit() error {
	_ = tx.recorder.note(context.Background(), "COMMIT")
	return tx.Tx.Commit()
}

func (tx *recordedTx) Rollback() error {
	_ = tx.recorder.note(context.Background(), "ROLLBACK")
	return tx.Tx.Rollback()
}

// The keys and values that the tests use.
const (
	key1 = "key1aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	key2 = "key2bbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

var codec = newCodec()

func newCodec() core.Codec {
	c, err := core.DjangoCodec{SecretKey: "dbtest secret key"}.New()
	if err != nil {
		panic(err)
	}
	return c
}

// rec is a record that lives for an hour, with the items of pairs.
func rec(t testing.TB, key string, pairs ...any) core.Record {
	t.Helper()
	values, err := sessiontest.Values(pairs...)
	if err != nil {
		t.Fatal(err)
	}
	return core.Record{Key: key, Values: values, ExpireDate: time.Now().Add(time.Hour)}.WithCodec(codec)
}

// create stores a record or ends the test.
func create(t testing.TB, store core.Store, r core.Record) {
	t.Helper()
	if _, err := store.Create(t.Context(), r); err != nil {
		t.Fatalf("Create: got error %v, want none", err)
	}
}

// load reads a record or ends the test.
func load(t testing.TB, store core.Store, key string) core.Record {
	t.Helper()
	r, err := store.Load(t.Context(), key)
	if err != nil {
		t.Fatalf("Load: got error %v, want none", err)
	}
	return r
}

// item is one item of a stored session as text.
func item(t testing.TB, store core.Store, key, name string) string {
	t.Helper()
	values, err := load(t, store, key).Decode(codec)
	if err != nil {
		t.Fatalf("Decode: got error %v, want none", err)
	}
	text, _ := values.Text(name)
	return text
}
