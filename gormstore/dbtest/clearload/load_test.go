//go:build nightly

package clearload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

const (
	perSecond = 400 // requests
	changes   = 5   // every fifth request changes its session, the others read
)

// expiring is a session that is extended at about the moment at which it expires.
type expiring struct {
	key string
	due time.Time // when a request wants to extend it
}

// load is the visitors of the site.
type load struct {
	site  http.Handler
	inUse []string // keys of sessions that live

	mu       sync.Mutex
	expiring []expiring // the next one first
	extended []string   // those of expiring whose request was told that it is saved
	tooLate  int        // those of expiring whose request was told that there is no session
}

// sample is what became of a request.
type sample struct {
	took   time.Duration // since the moment at which it was due
	failed string        // "" if it was answered well
}

// during sends requests while work runs. Each starts when it is due, however long
// the others take, and its time counts from then: a database that stalls is seen
// by every visitor that it keeps waiting.
func (l *load) during(ctx context.Context, work func()) []sample {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	var (
		samples  []sample
		mu       sync.Mutex
		requests sync.WaitGroup
	)
	start := time.Now()
	for i := 0; ; i++ {
		due := start.Add(time.Duration(i) * time.Second / perSecond)
		select {
		case <-done:
			requests.Wait()
			return samples
		case <-time.After(time.Until(due)):
		}
		requests.Go(func() {
			failed := l.request(ctx, due, i%changes == 0)
			took := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			samples = append(samples, sample{took, failed})
		})
	}
}

// request sends one and tells what went wrong.
func (l *load) request(ctx context.Context, due time.Time, change bool) (failed string) {
	if !change {
		return l.expect(l.send(ctx, "GET", l.inUse[rand.IntN(len(l.inUse))]), http.StatusNoContent)
	}
	key, ok := l.nextExpiring(due)
	if !ok {
		return l.expect(l.send(ctx, "POST", l.inUse[rand.IntN(len(l.inUse))]), http.StatusNoContent)
	}
	status := l.send(ctx, "POST", key)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch status {
	case http.StatusNoContent:
		l.extended = append(l.extended, key)
	case http.StatusGone, http.StatusBadRequest: // gone before it was loaded, or before it was saved
		l.tooLate++
	default:
		return l.expect(status, http.StatusNoContent)
	}
	return ""
}

func (l *load) nextExpiring(due time.Time) (key string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.expiring) == 0 || l.expiring[0].due.After(due) {
		return "", false
	}
	key = l.expiring[0].key
	l.expiring = l.expiring[1:]
	return key, true
}

func (l *load) send(ctx context.Context, method, key string) (status int) {
	r := httptest.NewRequestWithContext(ctx, method, "/", nil)
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: key})
	w := httptest.NewRecorder()
	l.site.ServeHTTP(w, r)
	return w.Code
}

func (*load) expect(status, want int) (failed string) {
	if status == want {
		return ""
	}
	return fmt.Sprintf("answered %d", status)
}

// figures of a phase.
type figures struct {
	requests      int
	failed        map[string]int
	p50, p99, max time.Duration
}

func summarize(samples []sample) figures {
	f := figures{requests: len(samples), failed: map[string]int{}}
	took := make([]time.Duration, len(samples))
	for i, s := range samples {
		took[i] = s.took
		if s.failed != "" {
			f.failed[s.failed]++
		}
	}
	slices.Sort(took)
	if n := len(took); n > 0 {
		f.p50, f.p99, f.max = took[n/2], took[n*99/100], took[n-1]
	}
	return f
}
