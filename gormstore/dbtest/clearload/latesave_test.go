//go:build nightly

package clearload

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/djinn-go/djinn/gormstore"
)

// lateSaver is Django's part of a table that Django and djinn share. A slow request
// of Django's that loaded a session before it expired saves it by its key alone,
// whatever happened since: the session lives again. lateSaver does so with sessions
// that cleaners are removing.
type lateSaver struct {
	site    *site
	backlog []string // keys of expired rows
	saved   []string // those that live again
	failed  []error
}

// while saves a session every few milliseconds until work is done.
func (s *lateSaver) while(ctx context.Context, work func()) {
	done := make(chan struct{})
	var saver sync.WaitGroup
	saver.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				s.save(ctx, s.backlog[rand.IntN(len(s.backlog))])
			}
		}
	})
	work()
	close(done)
	saver.Wait()
}

// save does what Django's Model.save does.
func (s *lateSaver) save(ctx context.Context, key string) {
	res := s.site.db.WithContext(ctx).Exec("UPDATE django_session SET session_data = ?, expire_date = ? WHERE session_key = ?",
		s.site.payload, gormstore.DateTimeOf(time.Now().Add(twoWeeks)), key)
	if res.Error != nil {
		s.site.note(res.Error)
		s.failed = append(s.failed, res.Error)
	}
	if res.RowsAffected == 1 {
		s.saved = append(s.saved, key)
	}
}
