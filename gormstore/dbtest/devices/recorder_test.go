package devices

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"
)

// recorder stands between GORM and the connection pool. It notes what is sent, BEGIN
// and COMMIT included, and can run something before or after a statement: a second
// request, or a failure.
type recorder struct {
	gorm.ConnPool
	mu            sync.Mutex
	sent          []string
	before, after func(query string) error
}

// record puts a recorder on a handle of its own over db's connections.
func record(t testing.TB, db *gorm.DB) (*gorm.DB, *recorder) {
	t.Helper()
	r := &recorder{ConnPool: db.ConnPool}
	db = db.Session(&gorm.Session{NewDB: true, Context: context.Background()})
	config := *db.Config
	config.ConnPool = r
	db.Config, db.Statement.DB, db.Statement.ConnPool = &config, db, r
	return db, r
}

// once sets what runs before a statement that begins so, once.
func (r *recorder) once(prefix string, f func() error) {
	var once sync.Once
	r.set(&r.before, func(query string) (err error) {
		if strings.HasPrefix(query, prefix) {
			once.Do(func() { err = f() })
		}
		return err
	})
}

func (r *recorder) set(hook *func(string) error, f func(string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*hook = f
}

func (r *recorder) run(hook *func(string) error, query string) error {
	r.mu.Lock()
	f := *hook
	if hook == &r.before {
		r.sent = append(r.sent, query)
	}
	r.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(query)
}

// words are the first words of what was sent since the last call.
func (r *recorder) words() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	words := make([]string, len(r.sent))
	for i, query := range r.sent {
		words[i], _, _ = strings.Cut(query, " ")
	}
	r.sent = nil
	return strings.Join(words, " ")
}

func (r *recorder) exec(ctx context.Context, on gorm.ConnPool, query string, args []any) (sql.Result, error) {
	if err := r.run(&r.before, query); err != nil {
		return nil, err
	}
	res, err := on.ExecContext(ctx, query, args...)
	if err == nil {
		err = r.run(&r.after, query)
	}
	return res, err
}

func (r *recorder) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return r.exec(ctx, r.ConnPool, query, args)
}

func (r *recorder) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := r.run(&r.before, query); err != nil {
		return nil, err
	}
	return r.ConnPool.QueryContext(ctx, query, args...)
}

// BeginTx makes the recorder a gorm.ConnPoolBeginner.
func (r *recorder) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	if err := r.run(&r.before, "BEGIN"); err != nil {
		return nil, err
	}
	tx, err := r.ConnPool.(gorm.TxBeginner).BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &recordedTx{Tx: tx, recorder: r}, nil
}

// GetDBConn lets gorm.DB.DB find the pool.
func (r *recorder) GetDBConn() (*sql.DB, error) { return r.ConnPool.(*sql.DB), nil }

type recordedTx struct {
	*sql.Tx
	recorder *recorder
}

func (tx *recordedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.recorder.exec(ctx, tx.Tx, query, args)
}

func (tx *recordedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := tx.recorder.run(&tx.recorder.before, query); err != nil {
		return nil, err
	}
	return tx.Tx.QueryContext(ctx, query, args...)
}

func (tx *recordedTx) Commit() error {
	if err := tx.recorder.run(&tx.recorder.before, "COMMIT"); err != nil {
		_ = tx.Tx.Rollback()
		return err
	}
	return tx.Tx.Commit()
}

func (tx *recordedTx) Rollback() error {
	_ = tx.recorder.run(&tx.recorder.before, "ROLLBACK")
	return tx.Tx.Rollback()
}
