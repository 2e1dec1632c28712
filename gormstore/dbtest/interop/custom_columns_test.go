package interop

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// tablesAgree: whoever made the table, Django sees the columns of its migration in it.
// The one difference is that GORM makes an int64 as wide as it is.
func tablesAgree(t *testing.T, c *custom) {
	account := "IntegerField"
	if c.byGo && c.db.Name() != "sqlite" { // which has one width
		account = "BigIntegerField"
	}
	want := map[string]string{
		"session_key":  "CharField(primary_key=True, max_length=40)",
		"session_data": "TextField()",
		"expire_date":  "DateTimeField()",
		"account_id":   account + "(blank=True, null=True)",
	}
	if c.byGo && c.db.Name() == "sqlite" && !c.release.atLeast(4, 0) {
		// Django 3.2 overlooks a primary key that is named behind the columns. It
		// makes no difference to the ORM or to migrations.
		want["session_key"] = "CharField(max_length=40)"
	}
	var got map[string]string
	c.process.call(t, "inspectdb", arguments{"model": customModel}, &got)
	if !maps.Equal(got, want) {
		t.Errorf("inspectdb prints %v, want %v", got, want)
	}
}

// nullableSession is what Go knows of a table of testdata/custom/columns: less than
// Django does. So are the next two.
type nullableSession struct{ gormstore.Base }

func (nullableSession) TableName() string { return "columns_nullable" }

type defaultedSession struct{ gormstore.Base }

func (defaultedSession) TableName() string { return "columns_defaulted" }

type databaseDefaultedSession struct{ gormstore.Base }

func (databaseDefaultedSession) TableName() string { return "columns_databasedefaulted" }

// onModel is Go's side of another table.
func onModel(store core.Store) *goSite {
	return &goSite{place: &place{store: func(func() time.Time) (core.Store, error) { return store, nil }}, key: secretKey}
}

// keepsNullable: what others wrote into a column that Go's model does not know stays
// through saves, a new key and a log-in.
func keepsNullable(t *testing.T, c *custom) {
	const model, note = "columns.Nullable", "seen in Agrabah"
	golang := onModel(migrateModel[nullableSession](t, c.db))
	b := visitor(t, golang, edit{Set: `{"n":1}`})
	if got := c.rows(t, arguments{"model": model, "session_key": b.cookie}); len(got) != 1 || got[0].Note != nil {
		t.Fatalf("Django reads %+v, want a row whose note is NULL", got)
	}
	c.process.call(t, "write", arguments{"model": model, "key": b.cookie, "note": note}, nil)
	golang.edit(t, b, edit{Set: `{"n":2}`})
	golang.edit(t, b, edit{Set: `{"n":3}`, Cycle: true})
	got := c.rows(t, arguments{"model": model, "session_key": b.cookie})
	if len(got) != 1 || got[0].Note == nil || *got[0].Note != note {
		t.Errorf("after Go's saves Django reads %+v, want the note", got)
	}
	var items string
	c.process.call(t, "decoded", arguments{"model": model, "key": b.cookie}, &items)
	if items != `{"n":3}` {
		t.Errorf("Django decodes %s, want n = 3", items)
	}
	c.visit(t, b, "columns.models", "edit", `{"n":4}`)
	if got := c.rows(t, arguments{"model": model, "session_key": b.cookie}); len(got) != 1 || got[0].Note != nil {
		t.Errorf("after Django's save Django reads %+v, want a note that is NULL: take the remark off the page", got)
	}
}

// refusesDefault: Django before 5.0, and without db_default since, fills defaults in
// itself, and the column is NOT NULL. Migrate says so before the first visitor does.
func refusesDefault(t *testing.T, c *custom) {
	store, err := gormstore.NewModel[defaultedSession](c.db)
	if err != nil {
		t.Fatal(err)
	}
	err = store.Migrate(t.Context())
	for _, want := range []string{"columns_defaulted", "the column kind is unknown", "NOT NULL without a default", "alter it by a migration"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Migrate: %v, want something about %q", err, want)
		}
	}
	// The cure on Go's side is to know the column.
	golang := onModel(migrateModel[kindSession](t, c.db))
	b := visitor(t, golang, edit{Set: `{"n":1}`})
	if got := c.rows(t, arguments{"model": "columns.Defaulted", "session_key": b.cookie}); len(got) != 1 || got[0].Kind == nil || *got[0].Kind != "api" {
		t.Errorf("Django reads %+v, want the kind that Go gave", got)
	}
}

// kindSession knows all columns of the table.
type kindSession struct {
	gormstore.Base
	Kind string
}

func (kindSession) TableName() string { return "columns_defaulted" }

func (s *kindSession) FillSession(context.Context, core.Values) error {
	s.Kind = "api"
	return nil
}

// takesDatabaseDefault: the cure on Django's side.
func takesDatabaseDefault(t *testing.T, c *custom) {
	golang := onModel(migrateModel[databaseDefaultedSession](t, c.db))
	b := visitor(t, golang, edit{Set: `{"n":1}`})
	wantKind := func(want string) {
		t.Helper()
		got := c.rows(t, arguments{"model": "columns.DatabaseDefaulted", "session_key": b.cookie})
		if len(got) != 1 || got[0].Kind == nil || *got[0].Kind != want {
			t.Errorf("Django reads %+v, want the kind %q", got, want)
		}
	}
	wantKind("web")
	c.process.call(t, "write", arguments{"model": "columns.DatabaseDefaulted", "key": b.cookie, "kind": "kiosk"}, nil)
	golang.edit(t, b, edit{Set: `{"n":2}`})
	wantKind("kiosk")
}

// altersTable: a migration of Django's looks indexes up by what they are for. So those
// that have GORM's names are no obstacle.
func altersTable(t *testing.T, c *custom) {
	var before, without, after int
	c.process.call(t, "index", arguments{"model": customModel, "field": "account_id", "wanted": true}, &before)
	c.process.call(t, "index", arguments{"model": customModel, "field": "account_id", "wanted": false}, &without)
	c.process.call(t, "index", arguments{"model": customModel, "field": "account_id", "wanted": true}, &after)
	if before != 1 || without != 0 || after != 1 {
		t.Errorf("the column has %d indexes, %d after Django took it away, %d after it made one; want 1, 0, 1", before, without, after)
	}
	migrateModel[accountSession](t, c.db)
	c.wantAccount(t, member(t, c.golang, "jasmine"), "jasmine")
}
