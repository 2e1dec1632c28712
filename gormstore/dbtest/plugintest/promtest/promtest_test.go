package promtest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"gorm.io/plugin/prometheus"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

const key = "key1aaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// TestPool: the plugin's figures are those of the pool that the store uses, and
// sessions live as without it.
func TestPool(t *testing.T) {
	t.Parallel()
	for _, d := range dbtest.All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			pool, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			pool.SetMaxOpenConns(1)
			if err := db.Use(prometheus.New(prometheus.Config{DBName: d.Name, RefreshInterval: 1})); err != nil {
				t.Fatal(err)
			}
			store, err := gormstore.New(db)
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			session := core.Record{Key: key, ExpireDate: time.Now().Add(time.Hour)}.WithCodec(codec(t))
			if _, err := store.Create(t.Context(), session); err != nil {
				t.Fatal(err)
			}

			// A connection that somebody holds makes the store wait, which the plugin counts.
			held, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				if _, err := store.Load(t.Context(), key); err != nil {
					t.Errorf("Load: got error %v, want none", err)
				}
			})
			for deadline := time.Now().Add(10 * time.Second); pool.Stats().WaitCount == 0; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Error("the store does not wait for a connection of the pool")
					break
				}
			}
			_ = held.Close()
			wg.Wait()
			for deadline := time.Now().Add(10 * time.Second); gauge(t, d.Name, "gorm_dbstats_wait_count") < 1; time.Sleep(20 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("gorm_dbstats_wait_count: got 0, want 1 or more")
				}
			}
			if existed, err := store.Delete(t.Context(), key); !existed || err != nil {
				t.Errorf("Delete: got %t, %v, want true, no error", existed, err)
			}
		})
	}
}

// gauge is the plugin's figure for a database. It fails t if a key is among the
// figures.
func gauge(t *testing.T, database, name string) (value float64) {
	t.Helper()
	families, err := client.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if strings.Contains(fmt.Sprint(f), key) {
			t.Errorf("a figure has a session key in it: %v", f)
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && l.GetName() == "db_name" && l.GetValue() == database {
					value = m.GetGauge().GetValue()
				}
			}
		}
	}
	return value
}

func codec(t *testing.T) core.Codec {
	t.Helper()
	c, err := core.DjangoCodec{SecretKey: "promtest secret key"}.New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
