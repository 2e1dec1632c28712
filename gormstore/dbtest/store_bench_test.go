package dbtest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// handMade is the model that somebody writes who does without this package.
type handMade struct {
	SessionKey  string    `gorm:"primaryKey;type:varchar(40)"`
	SessionData string    `gorm:"not null"`
	ExpireDate  time.Time `gorm:"not null;index"`
}

// fixedText is a codec that costs nothing, so that the benchmarks compare the
// database work alone.
type fixedText struct{ text string }

func (f fixedText) Encode(core.Values) (string, error) { return f.text, nil }
func (fixedText) Decode(string) (core.Values, error)   { return core.Values{}, nil }

// The payload of the benchmarks: about what Django keeps for a user.
var payload = strings.Repeat("eyJfYXV0aF91c2VyX2lkIjoiMSIs", 16)

type bench struct {
	db    *gorm.DB
	store *gormstore.Store[gormstore.DjangoSession]
	rec   core.Record
	ctx   context.Context
}

// newBench opens a file in WAL mode with a session in each of two tables: ours,
// and the one by hand. GORM's default transaction is off for both, which makes
// the work by hand faster.
func newBench(b testing.TB) *bench {
	db := SQLite.Open(b, &gorm.Config{SkipDefaultTransaction: true})
	store := migrated(b, db, gormstore.New)
	if err := db.AutoMigrate(&handMade{}); err != nil {
		b.Fatal(err)
	}
	r := core.Record{Key: key1, ExpireDate: time.Now().Add(time.Hour)}.WithCodec(fixedText{payload})
	create(b, store, r)
	if err := db.Create(&handMade{key1, payload, r.ExpireDate}).Error; err != nil {
		b.Fatal(err)
	}
	// The context of a request can be cancelled, which costs database/sql a
	// goroutine for each query.
	return &bench{db, store, r, b.Context()}
}

func (x *bench) loadStore() error { _, err := x.store.Load(x.ctx, key1); return err }

func (x *bench) loadByHand() error {
	var row handMade
	return x.db.WithContext(x.ctx).Where("session_key = ? AND expire_date > ?", key1, time.Now()).Take(&row).Error
}

// texts makes the stored text another one each time.
func text(i int) string { return payload[:len(payload)-8] + string(rune('a'+i%26)) + "zzzzzzz" }

func (x *bench) saveStore(i int) error {
	r, err := x.store.Load(x.ctx, key1)
	if err != nil {
		return err
	}
	next := x.rec.WithCodec(fixedText{text(i)})
	next.Version = r.Version
	_, err = x.store.Update(x.ctx, next)
	return err
}

func (x *bench) saveByHand(i int) error {
	var row handMade
	db := x.db.WithContext(x.ctx)
	if err := db.Where("session_key = ? AND expire_date > ?", key1, time.Now()).Take(&row).Error; err != nil {
		return err
	}
	return db.Model(&row).Updates(handMade{SessionData: text(i), ExpireDate: x.rec.ExpireDate}).Error
}

// keyOf is the i-th key of a benchmark.
func keyOf(i int) string {
	const digits = "0123456789abcdef"
	key := []byte("bench000000000000000000000000000")
	for at := len(key) - 1; i > 0; at, i = at-1, i/16 {
		key[at] = digits[i%16]
	}
	return string(key)
}

func (x *bench) createStore(i int) error {
	r := x.rec
	r.Key = keyOf(i)
	_, err := x.store.Create(x.ctx, r)
	return err
}

func (x *bench) createByHand(i int) error {
	return x.db.WithContext(x.ctx).Create(&handMade{keyOf(i), payload, x.rec.ExpireDate}).Error
}

// benchWork is each operation of the store, and what does the same by hand.
var benchWork = []struct {
	name          string
	store, byHand func(*bench, int) error
}{
	{"load", func(x *bench, _ int) error { return x.loadStore() }, func(x *bench, _ int) error { return x.loadByHand() }},
	{"change", (*bench).saveStore, (*bench).saveByHand},
	{"create", (*bench).createStore, (*bench).createByHand},
}

// BenchmarkSQLite times the store beside the same work by hand, in turns, so that
// both meet the same disk; x is the ratio of the median times.
//
//	go test -run '^$' -bench SQLite/ -benchmem -benchtime 3000x .
func BenchmarkSQLite(b *testing.B) {
	for _, w := range benchWork {
		b.Run(w.name+"/ratio", func(b *testing.B) {
			x := newBench(b)
			var spent [2][]time.Duration
			b.ResetTimer()
			for i := range b.N {
				for j, f := range []func(*bench, int) error{w.store, w.byHand} {
					start := time.Now()
					if err := f(x, i); err != nil {
						b.Fatal(err)
					}
					spent[j] = append(spent[j], time.Since(start))
				}
			}
			b.ReportMetric(float64(median(spent[0]))/float64(median(spent[1])), "x")
		})
		b.Run(w.name+"/store", func(b *testing.B) { repeat(b, w.store) })
		b.Run(w.name+"/by-hand", func(b *testing.B) { repeat(b, w.byHand) })
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func repeat(b *testing.B, f func(*bench, int) error) {
	x := newBench(b)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if err := f(x, i); err != nil {
			b.Fatal(err)
		}
	}
}
