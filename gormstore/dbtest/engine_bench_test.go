package dbtest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/gormstore"
)

// What a whole request costs, beside the same work written by hand with GORM: a
// handler that finds its row by the cookie, keeps a JSON object in it, and knows
// no more: no signature, no conflicts, no Vary, no deadline.

// handRow is the table of the handler written by hand.
type handRow struct {
	SessionKey  string `gorm:"primaryKey;size:40"`
	SessionData string
	ExpireDate  time.Time `gorm:"index"`
}

const benchKey = "benchbenchbenchbenchbenchbenchbe"

// items are what a session of a logged-in visitor holds.
func benchItems() map[string]any {
	items := map[string]any{
		"_auth_user_id":      "42",
		"_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
		"_auth_user_hash":    "f3b1c2d4e5a697887766554433221100ffeeddccbbaa99887766554433221100",
		"count":              0,
	}
	for i := range 6 {
		items["item"+strconv.Itoa(i)] = "some text of a usual length"
	}
	return items
}

type discard struct{ h http.Header }

func (w discard) Header() http.Header       { return w.h }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// request is one as a server makes it: its context can be cancelled, which costs
// database/sql a goroutine for each query.
func request(b *testing.B, cookie string) *http.Request {
	r := httptest.NewRequestWithContext(b.Context(), "GET", "/", nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: cookie})
	}
	return r
}

// benchRequest runs h once per iteration, for a visitor with a session.
func benchRequest(b *testing.B, h http.Handler, cookie string) {
	b.Helper()
	r := request(b, cookie)
	w := discard{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.h)
		h.ServeHTTP(w, r)
	}
}

var handlers = []struct {
	name string
	do   func(s *core.Session)
}{
	{"untouched", func(*core.Session) {}},
	{"read", func(s *core.Session) { core.Get[int](s, "count") }},
	{"change", func(s *core.Session) { core.Key[int]("count").Update(s, func(n int) int { return n + 1 }) }},
}

// site is a Manager over store, and the key of a visitor.
func site(b *testing.B, store core.Store) (m *core.Manager, key string) {
	b.Helper()
	m, err := core.New(store, core.Config{SecretKey: "only for tests"})
	if err != nil {
		b.Fatal(err)
	}
	s := m.Open(b.Context(), "")
	s.Update(benchItems())
	if err := s.Save(b.Context()); err != nil {
		b.Fatal(err)
	}
	return m, s.Key()
}

// handler does do with the session and answers without a body.
func handler(m *core.Manager, do func(s *core.Session)) http.Handler {
	return m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		do(m.Session(r.Context()))
		w.WriteHeader(http.StatusNoContent)
	}))
}

func newSession(s *core.Session) { s.Update(benchItems()) }

func benchStore(b *testing.B, store core.Store) {
	m, key := site(b, store)
	for _, h := range handlers {
		b.Run(h.name, func(b *testing.B) { benchRequest(b, handler(m, h.do), key) })
	}
	b.Run("new", func(b *testing.B) { benchRequest(b, handler(m, newSession), "") })
}

func BenchmarkRequestMemory(b *testing.B) { benchStore(b, must(memstore.New())) }

func BenchmarkRequestSQLite(b *testing.B) {
	benchStore(b, migrated(b, SQLite.Open(b, nil), gormstore.New))
}

// handMadeSite is the table of the handler written by hand, with one visitor, and
// without the transaction that GORM puts around each write unless it is told not to.
func handMadeSite(b *testing.B) *gorm.DB {
	b.Helper()
	db := SQLite.Open(b, &gorm.Config{SkipDefaultTransaction: true})
	if err := db.AutoMigrate(&handRow{}); err != nil {
		b.Fatal(err)
	}
	text, err := json.Marshal(benchItems())
	if err != nil {
		b.Fatal(err)
	}
	if err := db.Create(&handRow{benchKey, string(text), time.Now().Add(time.Hour).UTC()}).Error; err != nil {
		b.Fatal(err)
	}
	return db
}

// BenchmarkRequestByHand is the handler written by hand, on SQLite.
func BenchmarkRequestByHand(b *testing.B) {
	db := handMadeSite(b)
	b.Run("read", func(b *testing.B) { benchRequest(b, byHand(db, false), benchKey) })
	b.Run("change", func(b *testing.B) { benchRequest(b, byHand(db, true), benchKey) })
	b.Run("new", func(b *testing.B) { benchRequest(b, newByHand(b, db), "") })
}

// BenchmarkRequestRatio runs both in turns, each on a file of its own, so that they
// meet the same machine; x is the ratio of the median times.
//
//	go test -run '^$' -bench RequestRatio -benchtime 3000x .
func BenchmarkRequestRatio(b *testing.B) {
	for _, w := range []struct {
		name     string
		do       func(s *core.Session)
		byHand   func(db *gorm.DB) http.Handler
		newcomer bool
	}{
		{"read", handlers[1].do, func(db *gorm.DB) http.Handler { return byHand(db, false) }, false},
		{"change", handlers[2].do, func(db *gorm.DB) http.Handler { return byHand(db, true) }, false},
		{"new", newSession, func(db *gorm.DB) http.Handler { return newByHand(b, db) }, true},
	} {
		b.Run(w.name, func(b *testing.B) {
			m, key := site(b, migrated(b, SQLite.Open(b, nil), gormstore.New))
			turns := []struct {
				h http.Handler
				r *http.Request
			}{{handler(m, w.do), request(b, key)}, {w.byHand(handMadeSite(b)), request(b, benchKey)}}
			if w.newcomer {
				turns[0].r, turns[1].r = request(b, ""), request(b, "")
			}
			var spent [2][]time.Duration
			writer := discard{http.Header{}}
			for b.Loop() {
				for i, turn := range turns {
					clear(writer.h)
					start := time.Now()
					turn.h.ServeHTTP(writer, turn.r)
					spent[i] = append(spent[i], time.Since(start))
				}
			}
			b.ReportMetric(float64(median(spent[0]))/float64(median(spent[1])), "x")
		})
	}
}

// newByHand makes a row for a visitor who has none.
func newByHand(b *testing.B, db *gorm.DB) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := json.Marshal(benchItems())
		key := core.NewSessionKey()
		if err == nil {
			err = db.WithContext(r.Context()).Create(&handRow{key, string(text), time.Now().Add(time.Hour).UTC()}).Error
		}
		if err != nil {
			b.Error(err)
		}
		http.SetCookie(w, &http.Cookie{Name: "sessionid", Value: key, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		w.WriteHeader(http.StatusNoContent)
	})
}

func byHand(db *gorm.DB, change bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := func() error {
			cookie, err := r.Cookie("sessionid")
			if err != nil {
				return err
			}
			db := db.WithContext(r.Context())
			var row handRow
			if err := db.Where("session_key = ? AND expire_date > ?", cookie.Value, time.Now().UTC()).Take(&row).Error; err != nil {
				return err
			}
			var items map[string]any
			if err := json.Unmarshal([]byte(row.SessionData), &items); err != nil {
				return err
			}
			n, ok := items["count"].(float64)
			if !ok {
				return errors.New("count is no number")
			}
			if !change {
				return nil
			}
			items["count"] = n + 1
			text, err := json.Marshal(items)
			if err != nil {
				return err
			}
			http.SetCookie(w, &http.Cookie{Name: "sessionid", Value: cookie.Value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
			return db.Model(&row).Updates(handRow{SessionData: string(text), ExpireDate: time.Now().Add(time.Hour).UTC()}).Error
		}()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			panic(err)
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
