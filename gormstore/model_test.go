package gormstore

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
	"gorm.io/gorm/utils/tests"

	"github.com/djinn-go/djinn/core"
)

// named is a dialector without a database, by any name.
type named struct {
	tests.DummyDialector
	name string
}

func (d named) Name() string { return d.name }

func dummyDB(t *testing.T, name string) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(named{name: name}, &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

type (
	fine      struct{ Base }
	noColumns struct {
		Base `gorm:"-"`
	}
	prefixed struct {
		Base `gorm:"embeddedPrefix:x_"`
	}
	pointer struct{ *Base }
	twice   struct {
		Base
		inner
	}
	inner   struct{ Base }
	twoKeys struct {
		gorm.Model
		Base
	}
	takes struct {
		Base
		Mine string `gorm:"column:session_data"`
	}
	takesRequest struct {
		ClientBase
		Agent string `gorm:"column:user_agent"`
	}
	prefixedRequest struct {
		ClientBase `gorm:"embeddedPrefix:x_"`
	}
	pointerRequest struct{ *ClientBase }
	bothBases      struct {
		Base
		ClientBase
	}
	ownKey struct {
		Base
		Number int64 `gorm:"primaryKey"`
	}
	onlyID struct {
		Base
		ID int64
	}
	nameless   struct{ Base }
	valueFills struct{ Base }
	wrongFills struct{ Base }
	strange    struct {
		Base
		C chan int
	}
)

// noNames is a naming strategy with a mistake in it.
type noNames struct{ schema.NamingStrategy }

func (noNames) TableName(string) string { return "" }

func (nameless) TableName() string                                 { return "" }
func (valueFills) FillSession(context.Context, core.Values) error  { return nil }
func (*wrongFills) FillSession(ctx context.Context, v core.Values) {}

func TestModelsRefused(t *testing.T) {
	t.Parallel()
	db := dummyDB(t, "sqlite")
	unnamed, err := gorm.Open(named{name: "sqlite"}, &gorm.Config{NamingStrategy: noNames{}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		open func() error
		want string
	}{
		{"fine", func() error { _, err := NewModel[fine](db); return err }, ""},
		{"Base is hidden", func() error { _, err := NewModel[noColumns](db); return err }, "no column"},
		{"Base with a prefix", func() error { _, err := NewModel[prefixed](db); return err }, "without a prefix"},
		{"Base by pointer", func() error { _, err := NewModel[pointer](db); return err }, "by value"},
		{"two Bases", func() error { _, err := NewModel[twice](db); return err }, "embed it once"},
		{"another primary key", func() error { _, err := NewModel[twoKeys](db); return err }, "gorm.Model"},
		{"a column of Base's", func() error { _, err := NewModel[takes](db); return err }, "takes the column session_data"},
		{"a column of ClientBase's", func() error { _, err := NewModel[takesRequest](db); return err }, "takes the column user_agent"},
		{"ClientBase with a prefix", func() error { _, err := NewModel[prefixedRequest](db); return err }, "without a prefix"},
		{"ClientBase by pointer", func() error { _, err := NewModel[pointerRequest](db); return err }, "by value"},
		{"Base and ClientBase", func() error { _, err := NewModel[bothBases](db); return err }, "embed it once"},
		{"a primary key of its own", func() error { _, err := NewModel[ownKey](db); return err }, "primaryKey tag"},
		{"a column named id", func() error { _, err := NewModel[onlyID](db); return err }, ""},
		{"no table name by the naming strategy", func() error { _, err := NewModel[fine](unnamed); return err }, "TableName"},
		{"no table name", func() error { _, err := NewModel[nameless](db); return err }, "TableName"},
		{"FillSession on the value", func() error { _, err := NewModel[valueFills](db); return err }, "value receiver"},
		{"FillSession of another shape", func() error { _, err := NewModel[wrongFills](db); return err }, "would not be called"},
		{"a type GORM does not know", func() error { _, err := NewModel[strange](db); return err }, "GORM does not understand"},
	}
	for _, tt := range tests {
		err := tt.open()
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: got error %v, want none", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: got error %v, want one with %q", tt.name, err, tt.want)
		}
	}
}

func TestDBsRefused(t *testing.T) {
	t.Parallel()
	broken := dummyDB(t, "sqlite")
	broken.Error = errors.New("no route to host")
	tests := []struct {
		name string
		db   *gorm.DB
		want string
	}{
		{"nil", nil, "gorm.Open"},
		{"never opened", &gorm.DB{}, "gorm.Open"},
		{"with an error", broken, "no route to host"},
		{"DryRun", dummyDB(t, "sqlite").Session(&gorm.Session{DryRun: true}), "DryRun"},
		{"with a condition", dummyDB(t, "sqlite").Where("a = 1"), "carries"},
		{"with a table", dummyDB(t, "sqlite").Table("x"), "TableName"},
		{"another database", dummyDB(t, "sqlserver"), "not supported"},
		{"MySQL", dummyDB(t, "mysql"), ""},
		{"PostgreSQL", dummyDB(t, "postgres"), ""},
	}
	for _, tt := range tests {
		_, err := New(tt.db)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: got error %v, want none", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: got error %v, want one with %q", tt.name, err, tt.want)
		}
	}
}
