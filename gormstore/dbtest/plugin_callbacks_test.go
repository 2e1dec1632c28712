package dbtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// tenancy is a plugin as many applications have one: every statement on a table
// with a tenant_id is limited to the tenant in its context, and without one fails.
type tenancy struct{}

type tenantKey struct{}

var errNoTenant = errors.New("no tenant in the context")

func (tenancy) Name() string { return "tenancy" }

func (tenancy) Initialize(db *gorm.DB) error {
	limit := func(tx *gorm.DB) {
		if id, ok := tenantOf(tx); ok {
			tx.Statement.AddClause(clause.Where{Exprs: []clause.Expression{clause.Eq{Column: clause.Column{Table: clause.CurrentTable, Name: "tenant_id"}, Value: id}}})
		}
	}
	stamp := func(tx *gorm.DB) {
		if id, ok := tenantOf(tx); ok {
			tx.Statement.SetColumn("TenantID", id, true)
		}
	}
	c := db.Callback()
	return errors.Join(
		c.Create().Before("gorm:create").Register("tenancy:create", stamp),
		c.Query().Before("gorm:query").Register("tenancy:query", limit),
		c.Row().Before("gorm:row").Register("tenancy:row", limit),
		c.Update().Before("gorm:update").Register("tenancy:update", func(tx *gorm.DB) { stamp(tx); limit(tx) }),
		c.Delete().Before("gorm:delete").Register("tenancy:delete", limit),
	)
}

func tenantOf(tx *gorm.DB) (int64, bool) {
	if tx.Statement.Schema == nil || tx.Statement.Schema.LookUpField("TenantID") == nil {
		return 0, false
	}
	id, ok := tx.Statement.Context.Value(tenantKey{}).(int64)
	if !ok {
		_ = tx.AddError(errNoTenant)
	}
	return id, ok
}

type tenantSession struct {
	gormstore.Base
	TenantID int64 `gorm:"index"`
}

// FillSession fills nothing: the plugin does.
func (s *tenantSession) FillSession(context.Context, core.Values) error { return nil }

// TestTenancy: a plugin that adds a condition to every statement is obeyed: a
// session exists for its tenant alone.
func TestTenancy(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[tenantSession])
			if err := db.Use(tenancy{}); err != nil {
				t.Fatal(err)
			}
			one := context.WithValue(t.Context(), tenantKey{}, int64(1))
			two := context.WithValue(t.Context(), tenantKey{}, int64(2))
			if _, err := store.Create(one, rec(t, key1, "n", 1)); err != nil {
				t.Fatal(err)
			}
			steps := map[string]func(ctx context.Context) error{
				"Load":   func(ctx context.Context) error { _, err := store.Load(ctx, key1); return err },
				"Update": func(ctx context.Context) error { _, err := store.Update(ctx, rec(t, key1, "n", 2)); return err },
				"Rotate": func(ctx context.Context) error { _, err := store.Rotate(ctx, key1, rec(t, key2)); return err },
				"Touch": func(ctx context.Context) error {
					return store.Touch(ctx, core.Record{Key: key1, ExpireDate: time.Now().Add(9 * time.Hour)})
				},
				"Delete": func(ctx context.Context) error {
					existed, err := store.Delete(ctx, key1)
					if err == nil && !existed {
						return core.ErrNotFound
					}
					return err
				},
			}
			for name, step := range steps {
				if err := step(two); !errors.Is(err, core.ErrNotFound) {
					t.Errorf("%s of another tenant's session: got error %v, want ErrNotFound", name, err)
				}
				err := step(t.Context())
				if !errors.Is(err, errNoTenant) || errors.Is(err, core.ErrNotFound) {
					t.Errorf("%s without a tenant: got error %v, want the plugin's", name, err)
				}
			}
			for _, name := range []string{"Load", "Update", "Touch", "Delete"} {
				if err := steps[name](one); err != nil {
					t.Errorf("%s of the tenant's own session: got error %v, want none", name, err)
				}
			}
		})
	}
}

// TestCallbacksSee: callbacks that the user registers see each statement, under
// the context of the call, and may fill columns.
func TestCallbacksSee(t *testing.T) {
	t.Parallel()
	type traceKey struct{}
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[auditedSession])
			var seen []string
			note := func(what string) func(*gorm.DB) {
				return func(tx *gorm.DB) {
					id, _ := tx.Statement.Context.Value(traceKey{}).(string)
					seen = append(seen, what+" "+tx.Statement.Table+" "+id)
				}
			}
			c := db.Callback()
			err := errors.Join(
				c.Create().Before("gorm:create").Register("trace:create", func(tx *gorm.DB) {
					note("create")(tx)
					tx.Statement.SetColumn("Trace", "by callback", true)
				}),
				c.Update().Before("gorm:update").Register("trace:update", note("update")),
				c.Delete().After("gorm:delete").Register("trace:delete", note("delete")),
				c.Row().After("gorm:row").Register("trace:row", note("row")),
			)
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.WithValue(t.Context(), traceKey{}, "trace-1")
			if _, err := store.Create(ctx, rec(t, key1)); err != nil {
				t.Fatal(err)
			}
			if got := row[auditedSession](t, db, key1).Trace; got != "by callback" {
				t.Errorf("a column that a callback fills: got %q, want %q", got, "by callback")
			}
			if _, err := store.Load(ctx, key1); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Update(ctx, rec(t, key1, "n", 1)); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Delete(ctx, key1); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(seen, ", ")
			// A soft deletion takes the payload away before it.
			want := "create audited_sessions trace-1, row audited_sessions trace-1, update audited_sessions trace-1, " +
				"update audited_sessions trace-1, delete audited_sessions trace-1"
			if got != want {
				t.Errorf("callbacks: got %q, want %q", got, want)
			}
		})
	}
}

// TestSettings: the store works under each setting that GORM has, also in a
// session of the user's db.
func TestSettings(t *testing.T) {
	t.Parallel()
	tests := map[string]*gorm.Config{
		"PrepareStmt":            {PrepareStmt: true},
		"SkipDefaultTransaction": {SkipDefaultTransaction: true},
		"TranslateError":         {TranslateError: true},
		"CreateBatchSize":        {CreateBatchSize: 10},
		"QueryFields":            {QueryFields: true},
		"AllowGlobalUpdate":      {AllowGlobalUpdate: true},
		"FullSaveAssociations":   {FullSaveAssociations: true},
		"PropagateUnscoped":      {PropagateUnscoped: true},
		"NowFunc":                {NowFunc: func() time.Time { return time.Now().UTC() }},
	}
	for _, d := range All {
		for name, cfg := range tests {
			t.Run(d.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				config := *cfg // gorm.Open writes to it
				everyStatement(t, migrated(t, d.Open(t, &config), gormstore.NewModel[hookedSession]))
			})
		}
		t.Run(d.Name+"/a session of the user's", func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil).Session(&gorm.Session{PrepareStmt: true, QueryFields: true, CreateBatchSize: 5}).WithContext(t.Context())
			everyStatement(t, migrated(t, db, gormstore.NewModel[hookedSession]))
		})
	}
}

// collector is a logger of the application's, as adapters for zap and others are
// written.
type collector struct{ b *buffer }

func (l collector) LogMode(logger.LogLevel) logger.Interface { return l }
func (l collector) Info(_ context.Context, format string, args ...any) {
	fmt.Fprintf(l.b, format+"\n", args...)
}
func (l collector) Warn(ctx context.Context, format string, args ...any) {
	l.Info(ctx, format, args...)
}
func (l collector) Error(ctx context.Context, format string, args ...any) {
	l.Info(ctx, format, args...)
}
func (l collector) Trace(_ context.Context, begin time.Time, fc func() (string, int64), err error) {
	sql, rows := fc()
	fmt.Fprintf(l.b, "%v %s %d %v\n", time.Since(begin), sql, rows, err)
}

// TestLoggers: no logger gets a key, a payload or a value of a column out of the
// store's statements, and each gets the statements.
func TestLoggers(t *testing.T) {
	t.Parallel()
	loggers := map[string]func(*buffer) logger.Interface{
		"slog": func(b *buffer) logger.Interface {
			handler := slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug})
			return logger.NewSlogLogger(slog.New(handler), logger.Config{LogLevel: logger.Info, SlowThreshold: time.Nanosecond})
		},
		"the application's": func(b *buffer) logger.Interface { return collector{b} },
	}
	for _, d := range All {
		for name, open := range loggers {
			t.Run(d.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				out := &buffer{}
				db := d.Open(t, &gorm.Config{Logger: open(out), TranslateError: true})
				store := migrated(t, db, gormstore.NewModel[hookedSession])
				everyStatement(t, store)
				create(t, store, rec(t, key1, "device", "device-of-alice"))
				payload := load(t, store, key1).Encoded
				if _, err := store.Create(t.Context(), rec(t, key1)); !errors.Is(err, core.ErrExists) {
					t.Errorf("Create under a taken key: got %v, want ErrExists", err)
				}
				if _, err := store.Update(t.Context(), rec(t, key1, "device", "after update")); err == nil {
					t.Error("Update with a hook that fails: got no error, want the hook's")
				}
				if _, err := store.Update(t.Context(), rec(t, key1, "device", strings.Repeat("device-of-alice", 20))); err != nil {
					t.Log("Update with a text that is too long:", err)
					if strings.Contains(err.Error(), "device-of-alice") {
						t.Errorf("the error quotes a value: %v", err)
					}
				}
				text := out.String()
				for _, statement := range []string{"INSERT", "SELECT", "UPDATE", "DELETE"} {
					if !strings.Contains(text, statement) {
						t.Errorf("the log has no %s in it", statement)
					}
				}
				for _, secret := range []string{key1, key2, payload, payload[:20], "device-of-alice"} {
					if i := strings.Index(text, secret); i >= 0 {
						t.Errorf("a secret was logged: %s", text[max(0, i-200):min(len(text), i+60)])
					}
				}
			})
		}
	}
}
