package devices

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/sessiontest"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// accountSession fills a column that does not say whose the session is.
type accountSession struct {
	gormstore.Base
	AccountID *int64 `gorm:"index"`
}

func (s *accountSession) FillSession(_ context.Context, values core.Values) error {
	if id, ok := values.Get("account").(int64); ok {
		s.AccountID = &id
	}
	return nil
}

// TestAllocations: to know whose a session is costs little beside a column that is
// filled and says nothing. It is not parallel: other tests would be counted.
func TestAllocations(t *testing.T) {
	codec, err := core.DjangoCodec{SecretKey: "a secret key for tests"}.New()
	if err != nil {
		t.Fatal(err)
	}
	measure := func(store interface {
		core.Store
		Migrate(context.Context) error
	}, err error) (load, update float64) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		record := func(n int) core.Record {
			values, err := sessiontest.Values("account", 42, "n", strconv.Itoa(n))
			if err != nil {
				t.Fatal(err)
			}
			return core.Record{Key: rowKey("allo", 1), Values: values, ExpireDate: time.Now().Add(time.Hour)}.WithCodec(codec)
		}
		if _, err := store.Create(t.Context(), record(0)); err != nil {
			t.Fatal(err)
		}
		load = testing.AllocsPerRun(100, func() {
			if _, err := store.Load(t.Context(), rowKey("allo", 1)); err != nil {
				t.Error(err)
			}
		})
		n := 0
		update = testing.AllocsPerRun(100, func() {
			n++
			if _, err := store.Update(t.Context(), record(n)); err != nil {
				t.Error(err)
			}
		})
		return load, update
	}
	db := dbtest.SQLite.Open(t, nil)
	load, update := measure(gormstore.NewModel[accountSession](db))
	ownerLoad, ownerUpdate := measure(gormstore.NewModel[plainSession](db))
	t.Logf("load %.0f and %.0f, update %.0f and %.0f allocations", load, ownerLoad, update, ownerUpdate)
	if ownerLoad > load {
		t.Errorf("a load of a model with a user column: got %.0f allocations, want the %.0f of one without", ownerLoad, load)
	}
	if most := update + 6; ownerUpdate > most {
		t.Errorf("an update of a model with a user column: got %.0f allocations, want at most %.0f", ownerUpdate, most)
	}
}
