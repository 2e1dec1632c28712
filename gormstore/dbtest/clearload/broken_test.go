//go:build nightly

package clearload

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// forgetful is a cleaner that reads which sessions have expired, and deletes them a
// moment later without another look.
func forgetful(s *site) func(context.Context, core.ClearOptions) (int64, error) {
	return func(ctx context.Context, _ core.ClearOptions) (cleared int64, err error) {
		db := s.db.WithContext(ctx)
		for {
			var keys []string
			err := db.Model(&gormstore.DjangoSession{}).Where("expire_date < ?", gormstore.DateTimeOf(time.Now())).
				Order("expire_date").Limit(5000).Pluck("session_key", &keys).Error
			if err != nil || len(keys) == 0 {
				return cleared, err
			}
			time.Sleep(100 * time.Millisecond) // as many as it deletes are late
			res := db.Where("session_key IN ?", keys).Delete(&gormstore.DjangoSession{})
			if cleared += res.RowsAffected; res.Error != nil {
				return cleared, res.Error
			}
		}
	}
}

// greedy is a cleaner that deletes everything at once.
func greedy(s *site) func(context.Context, core.ClearOptions) (int64, error) {
	return func(ctx context.Context, _ core.ClearOptions) (int64, error) {
		res := s.db.WithContext(ctx).Where("expire_date < ?", gormstore.DateTimeOf(time.Now())).Delete(&gormstore.DjangoSession{})
		return res.RowsAffected, res.Error
	}
}

// TestBrokenIsFound: the load shows a cleaner that removes living sessions, and, on
// a table so large that it takes a while, one that stops the site.
func TestBrokenIsFound(t *testing.T) {
	type broken struct {
		name    string
		cleaner cleaner
		scenario
		limits
		want string
	}
	list := []broken{{"forgetful", forgetful, tiny, loose, "living sessions are gone"}}
	if !testing.Short() {
		list = append(list, broken{"greedy", greedy, full, databases[0].full, "1 cleaner: p99"})
	}
	for _, b := range list {
		t.Run(b.name, func(t *testing.T) {
			found := b.broken(run(t, dbtest.SQLite, b.scenario, b.cleaner))
			if !strings.Contains(strings.Join(found, "\n"), b.want) {
				t.Errorf("the broken cleaner: got %q, want something with %q", found, b.want)
			}
			t.Logf("%q", found)
		})
	}
}
