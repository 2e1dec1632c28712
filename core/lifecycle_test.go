package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

const count core.Key[int] = "count"

func increment(s *core.Session, _ http.ResponseWriter) {
	count.Update(s, func(n int) int { return n + 1 })
}

func login(s *core.Session, _ http.ResponseWriter) {
	s.CycleKey()
	s.Set("user", "aladdin")
}

func untouched(*core.Session, http.ResponseWriter) {}

func read(s *core.Session, _ http.ResponseWriter) { s.Get("count") }

// What each kind of request asks of the store: one call to load, one to save.
func TestStoreCalls(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	steps := []struct {
		name    string
		handler func(*core.Session, http.ResponseWriter)
		calls   string
		cookie  bool // a Set-Cookie is expected
	}{
		{"untouched, no cookie", untouched, "", false},
		{"read, no cookie", read, "", false},
		{"set and deleted, no cookie", func(s *core.Session, _ http.ResponseWriter) { s.Set("a", 1); s.Delete("a") }, "", false},
		{"flush, no cookie", func(s *core.Session, _ http.ResponseWriter) { s.Flush() }, "", false},
		{"cycle, no cookie", func(s *core.Session, _ http.ResponseWriter) { s.CycleKey() }, "", false},
		{"first write", increment, "create", true},
		{"untouched", untouched, "", false},
		{"read", read, "load", false},
		{"write", increment, "load update", true},
		{"set the same", func(s *core.Session, _ http.ResponseWriter) { s.Set("count", 2) }, "load", false},
		{"changed and changed back", func(s *core.Session, _ http.ResponseWriter) { s.Set("count", 3); s.Set("count", 2) }, "load", false},
		{"marked modified", func(s *core.Session, _ http.ResponseWriter) { s.MarkModified() }, "load", false},
		{"clear", func(s *core.Session, _ http.ResponseWriter) { s.Clear() }, "load update", true},
		{"write after clear", increment, "load update", true},
		{"login", login, "load rotate", true},
		{"500", func(s *core.Session, w http.ResponseWriter) { s.Set("a", 1); w.WriteHeader(500) }, "load", false},
		{"404", func(s *core.Session, w http.ResponseWriter) { s.Set("a", 1); w.WriteHeader(404) }, "load update", true},
		{"logout", func(s *core.Session, _ http.ResponseWriter) { s.Flush() }, "delete", true},
		{"after logout", read, "", false},
	}
	for _, step := range steps {
		w := st.visit(step.handler)
		if got := st.spy.took(); got != step.calls {
			t.Errorf("%s: the store was asked %q, want %q", step.name, got, step.calls)
		}
		if got := w.Header().Get("Set-Cookie") != ""; got != step.cookie {
			t.Errorf("%s: Set-Cookie sent: %t, want %t", step.name, got, step.cookie)
		}
	}
}

// An unknown key is never adopted.
func TestUnknownKey(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	planted := core.NewSessionKey()
	st.cookie = planted
	st.visit(increment)
	if st.cookie == planted || st.cookie == "" {
		t.Errorf("the session lives under the planted key")
	}
	st.wantCalls("load create")
	st.cookie = planted
	w := st.visit(read)
	if got := w.Header().Get("Set-Cookie"); got != "" || w.Header().Get("Vary") != "Cookie" {
		t.Errorf("reading with an unknown key: Set-Cookie = %q, Vary = %q, want none and Cookie", got, w.Header().Get("Vary"))
	}
	w = st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Flush() })
	if got := w.Header().Get("Set-Cookie"); got != "" {
		t.Errorf("a log-out with an unknown key: Set-Cookie = %q, want none: nothing was ended", got)
	}
	st.cookie = planted
	st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Clear(); s.Set("a", 1) })
	if st.cookie == planted {
		t.Error("Clear adopts an unknown key")
	}
}

func TestCycleKeyKeepsItems(t *testing.T) {
	t.Parallel()
	for name, show := range map[string]func(*spyStore) core.Store{
		"with Rotator":    func(s *spyStore) core.Store { return rotateSpy{touchSpy{s}} },
		"without Rotator": func(s *spyStore) core.Store { return s },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, show)
			st.visit(increment)
			old := st.cookie
			st.visit(login)
			if st.cookie == old {
				t.Fatal("the key is the same after CycleKey")
			}
			if st.get("count") != int64(1) || st.get("user") != "aladdin" {
				t.Error("items are lost with CycleKey")
			}
			if ok, err := st.m.Exists(context.Background(), old); ok || err != nil {
				t.Errorf("Exists(old key) = %t, %v, want false", ok, err)
			}
		})
	}
}

// What another request writes while this one rotates is in the new record.
func TestRotationLosesNoUpdate(t *testing.T) {
	t.Parallel()
	for name, show := range map[string]func(*spyStore) core.Store{
		"with Rotator":    func(s *spyStore) core.Store { return rotateSpy{touchSpy{s}} },
		"without Rotator": func(s *spyStore) core.Store { return s },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, show)
			st.visit(increment)
			other, old, meanwhile := *st, st.cookie, true
			st.spy.setBefore(func(op string) error {
				if meanwhile && (op == "rotate" || op == "create") {
					meanwhile = false
					other.visit(func(s *core.Session, _ http.ResponseWriter) { s.Set("theirs", 1) })
				}
				return nil
			})
			if w := st.visit(login); w.Code != http.StatusOK {
				t.Fatalf("status = %d, want 200", w.Code)
			}
			if st.get("theirs") != int64(1) || st.get("count") != int64(1) || st.get("user") != "aladdin" {
				t.Errorf("theirs = %v, count = %v, user = %v; want all three kept", st.get("theirs"), st.get("count"), st.get("user"))
			}
			if ok, _ := st.m.Exists(context.Background(), old); ok || st.cookie == old {
				t.Error("the old key is alive")
			}
		})
	}
}

// Two logins at once with one anonymous session leave one live key.
func TestParallelRotations(t *testing.T) {
	t.Parallel()
	for name, show := range map[string]func(*spyStore) core.Store{
		"with Rotator":    func(s *spyStore) core.Store { return rotateSpy{touchSpy{s}} },
		"without Rotator": func(s *spyStore) core.Store { return s },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, show)
			for range 50 {
				st.cookie = ""
				st.visit(increment)
				var mu sync.Mutex
				codes, keys := map[int]int{}, []string{}
				var wg sync.WaitGroup
				for range 2 {
					wg.Add(1)
					browser := *st
					go func() {
						defer wg.Done()
						w := browser.visit(login)
						mu.Lock()
						defer mu.Unlock()
						codes[w.Code]++
						for _, c := range w.Result().Cookies() {
							keys = append(keys, c.Value)
						}
					}()
				}
				wg.Wait()
				live := 0
				for _, key := range keys {
					if ok, _ := st.m.Exists(context.Background(), key); ok {
						live++
					}
				}
				// A request that comes after the other's rotation is an anonymous
				// one with a session of its own; one that was under way is refused.
				if refused := codes[http.StatusBadRequest]; live != len(keys) || live+refused != 2 || live == 0 {
					t.Fatalf("status codes %v, %d cookies sent, %d of them alive", codes, len(keys), live)
				}
			}
		})
	}
}

// A request in flight cannot bring back what another one ended.
func TestLogoutIsFinal(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*core.Session, http.ResponseWriter){
		"Flush":    func(s *core.Session, _ http.ResponseWriter) { s.Flush() },
		"CycleKey": func(s *core.Session, _ http.ResponseWriter) { s.CycleKey() },
	}
	slow := map[string]struct {
		do   func(*core.Session, http.ResponseWriter)
		want int
	}{
		"write":        {increment, http.StatusBadRequest},
		"rotate":       {login, http.StatusBadRequest},
		"read":         {read, http.StatusOK},
		"set the same": {func(s *core.Session, _ http.ResponseWriter) { s.Set("count", 1) }, http.StatusOK},
		"clear":        {func(s *core.Session, _ http.ResponseWriter) { s.Get("a"); s.Clear(); s.Set("a", 1) }, http.StatusBadRequest},
	}
	for endName, end := range ends {
		for slowName, req := range slow {
			t.Run(slowName+" meets "+endName, func(t *testing.T) {
				t.Parallel()
				st := newSite(t, core.Config{TouchInterval: -1}, nil)
				st.visit(increment)
				old := st.cookie
				other := *st
				w := st.visit(func(s *core.Session, w http.ResponseWriter) {
					req.do(s, w)
					s.Get("count")
					other.visit(end)
				})
				if w.Code != req.want {
					t.Errorf("status = %d, want %d", w.Code, req.want)
				}
				if got := w.Header()["Set-Cookie"]; got != nil {
					t.Errorf("the slow request sends %q, want no cookie", got)
				}
				if ok, _ := st.m.Exists(context.Background(), old); ok {
					t.Error("the old key is alive again")
				}
			})
		}
	}
}

// Two requests that change different items both win, and a counter is exact.
func TestNoLostUpdates(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		s.Update(map[string]any{"count": 1, "kept": 1, "gone": 1, "same": "old"})
	})
	other := *st
	st.visit(func(s *core.Session, w http.ResponseWriter) {
		increment(s, w)
		s.Set("mine", 1)
		s.Delete("gone")
		s.Set("same", "mine")
		s.SetDefault("token", "mine")
		other.visit(func(s *core.Session, w http.ResponseWriter) {
			increment(s, w)
			s.Set("theirs", 1)
			s.Set("same", "theirs")
			s.SetDefault("token", "theirs")
		})
	})
	for name, want := range map[string]any{
		"count": int64(3), "kept": int64(1), "mine": int64(1), "theirs": int64(1), "gone": nil, "same": "mine", "token": "theirs",
	} {
		if got := st.get(name); got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	if len(st.events.reasons(core.EventConflict)) == 0 {
		t.Error("no conflict was reported")
	}
}

func TestCounterIsExact(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		browser := *st
		go func() {
			defer wg.Done()
			for range 50 {
				if w := browser.visit(increment); w.Code != http.StatusOK {
					t.Errorf("status = %d, want 200", w.Code)
				}
			}
		}()
	}
	wg.Wait()
	if got := st.get("count"); got != int64(401) {
		t.Errorf("count = %v, want 401", got)
	}
}

// Changes are replayed as what they came to, whatever came before them.
func TestReplay(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(*core.Session, http.ResponseWriter)
		want string // with count 7 loaded, count 10 and other 1 set meanwhile
	}{
		{"update", increment, `{"count":11,"other":1}`},
		{"two updates", func(s *core.Session, w http.ResponseWriter) { increment(s, w); increment(s, w) }, `{"count":12,"other":1}`},
		{"set, update", func(s *core.Session, w http.ResponseWriter) { s.Set("count", 5); increment(s, w) }, `{"count":6,"other":1}`},
		{"update, set", func(s *core.Session, w http.ResponseWriter) { increment(s, w); s.Set("count", 5) }, `{"count":5,"other":1}`},
		{"delete, update", func(s *core.Session, w http.ResponseWriter) { s.Delete("count"); increment(s, w) }, `{"count":1,"other":1}`},
		{"delete", func(s *core.Session, w http.ResponseWriter) { s.Delete("count") }, `{"other":1}`},
		{"clear", func(s *core.Session, w http.ResponseWriter) { s.Clear() }, `{}`},
		{"clear, update", func(s *core.Session, w http.ResponseWriter) { s.Clear(); increment(s, w) }, `{"count":1}`},
		{"save, update", func(s *core.Session, w http.ResponseWriter) {
			increment(s, w)
			if err := s.Save(context.Background()); err != nil {
				panic(err)
			}
			increment(s, w)
		}, `{"count":12,"other":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, nil)
			st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Set("count", 7) })
			other := *st
			st.visit(func(s *core.Session, w http.ResponseWriter) {
				s.Get("count")
				other.visit(func(s *core.Session, w http.ResponseWriter) {
					s.Set("count", 10)
					s.Set("other", 1)
				})
				tt.do(s, w)
			})
			if got := string(st.m.Open(context.Background(), st.cookie).Values().AppendJSON(nil)); got != tt.want {
				t.Errorf("items = %s, want %s", got, tt.want)
			}
		})
	}
}

// A failure of the store is an error response and never looks like a logout.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		cfg     core.Config
		fail    string
		handler func(s *core.Session, w http.ResponseWriter)
		status  int
		body    string
	}{
		{"load", core.Config{}, "load", read, 503, "Service Unavailable\n"},
		{"load, untouched", core.Config{}, "load", untouched, 200, ""},
		{"load, handler answers 404", core.Config{}, "load", func(s *core.Session, w http.ResponseWriter) { s.Get("a"); w.WriteHeader(404) }, 503, "Service Unavailable\n"},
		{"load, handler goes on", core.Config{}, "load", func(s *core.Session, w http.ResponseWriter) {
			s.Get("a")
			var store *core.StoreError
			if err := s.Err(); !errors.As(err, &store) || !errors.Is(err, errDown) || store.Op != core.OpLoad {
				panic(fmt.Sprint("Err = ", err))
			}
			s.FailOpen()
			s.Set("a", 1)
			w.WriteHeader(418)
		}, 418, ""},
		{"load, handler looks", core.Config{}, "load", func(s *core.Session, w http.ResponseWriter) {
			s.Get("a")
			if s.Err() == nil {
				panic("Err = nil")
			}
			w.WriteHeader(418)
		}, 503, "Service Unavailable\n"},
		{"load, fail open", core.Config{FailOpen: true}, "load", func(s *core.Session, w http.ResponseWriter) {
			fmt.Fprint(w, "hello ", core.Get[string](s, "user"))
		}, 200, "hello "},
		{"load, route fails open", core.Config{}, "load", func(s *core.Session, w http.ResponseWriter) {
			s.FailOpen()
			fmt.Fprint(w, "hello ", core.Get[string](s, "user"))
		}, 200, "hello "},
		{"update", core.Config{}, "update", increment, 503, "Service Unavailable\n"},
		{"touch", core.Config{TouchInterval: -1}, "touch", func(s *core.Session, _ http.ResponseWriter) { s.MarkModified() }, 503, "Service Unavailable\n"},
		{"rotate", core.Config{}, "rotate", login, 503, "Service Unavailable\n"},
		{"delete", core.Config{}, "delete", func(s *core.Session, w http.ResponseWriter) { s.Flush(); fmt.Fprint(w, "goodbye") }, 503, "Service Unavailable\n"},
		{"update, own answer", core.Config{ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.WriteHeader(core.StatusCode(err))
			fmt.Fprint(w, "come back later")
		}}, "update", increment, 503, "come back later"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, tt.cfg, nil)
			st.visit(func(s *core.Session, w http.ResponseWriter) { increment(s, w); s.Set("user", "aladdin") })
			cookie := st.cookie
			st.spy.setBefore(failOn(tt.fail))
			w := st.visit(func(s *core.Session, w http.ResponseWriter) {
				w.Header().Set("ETag", "mine")
				tt.handler(s, w)
				fmt.Fprint(w, "")
			})
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("response = %d %q, want %d %q", w.Code, w.Body, tt.status, tt.body)
			}
			if got := w.Header()["Set-Cookie"]; got != nil {
				t.Errorf("Set-Cookie = %q, want none", got)
			}
			if got := w.Header().Get("ETag") != ""; got != (tt.status != 503) {
				t.Errorf("the handler's ETag goes out: %t", got)
			}
			st.spy.setBefore(nil)
			if got := st.events.warnings(); tt.status == 503 && len(got) != 0 {
				t.Errorf("the failure is reported again: %q", got)
			}
			st.cookie = cookie
			if got := st.get("user"); got != "aladdin" {
				t.Errorf("user = %v afterwards, want aladdin", got)
			}
		})
	}
}

// Every call of the store has a deadline.
func TestStoreTimeout(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"load", "update"} {
		st := newSite(t, core.Config{StoreTimeout: 20 * time.Millisecond}, func(s *spyStore) core.Store { return slowStore{s, op} })
		st.visit(increment)
		start := time.Now()
		w := st.visit(increment)
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("slow %s: status = %d, want 503", op, w.Code)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("slow %s: took %v, want about 20ms", op, d)
		}
	}
}

type slowStore struct {
	*spyStore
	op string
}

func (s slowStore) Load(ctx context.Context, key string) (core.Record, error) {
	if s.op == "load" {
		<-ctx.Done()
		return core.Record{}, ctx.Err()
	}
	return s.spyStore.Load(ctx, key)
}

func (s slowStore) Update(ctx context.Context, rec core.Record) (string, error) {
	if s.op == "update" {
		<-ctx.Done()
		return "", ctx.Err()
	}
	return s.spyStore.Update(ctx, rec)
}

// A client that hangs up does not undo the request.
func TestCommitOutlivesTheClient(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	ctx, cancel := context.WithCancel(context.Background())
	r := httptest.NewRequest("GET", "/", nil).WithContext(ctx)
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: st.cookie})
	st.m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		increment(st.m.Session(r.Context()), w)
		cancel()
	})).ServeHTTP(httptest.NewRecorder(), r)
	if got := st.get("count"); got != int64(2) {
		t.Errorf("count = %v, want 2", got)
	}
}

// A record that cannot be read makes an anonymous visitor, not a 500, and stays.
func TestUndecodableRecord(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for name, json := range map[string]string{
		"no JSON": `{`, "a list": `[1]`, "nested too deep": `{"a":` + deep + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, func(s *spyStore) core.Store { return textStore{s, json} })
			st.cookie = core.NewSessionKey()
			was := st.cookie
			w := st.visit(read)
			if w.Code != 200 || w.Header()["Set-Cookie"] != nil {
				t.Errorf("reading: %d, Set-Cookie %q, want 200 and none", w.Code, w.Header()["Set-Cookie"])
			}
			st.wantCalls("load")
			if got := st.events.reasons(core.EventUndecodable); len(got) != 1 {
				t.Errorf("%d events, want 1", len(got))
			}
			st.visit(increment)
			if st.cookie == was {
				t.Error("the unreadable record's key is used again")
			}
			st.wantCalls("load create")
			st.cookie = was
			st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Get("a"); s.Flush() })
			st.wantCalls("load delete")
		})
	}
}

// textStore finds the same text under every key.
type textStore struct {
	*spyStore
	json string
}

func (s textStore) Load(ctx context.Context, key string) (core.Record, error) {
	if err := s.note("load"); err != nil {
		return core.Record{}, err
	}
	return core.Record{Key: key, Encoded: s.json, ExpireDate: time.Now().Add(time.Hour)}, nil
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{MaxSize: 100}, nil)
	set := func(n int) func(s *core.Session, w http.ResponseWriter) {
		return func(s *core.Session, w http.ResponseWriter) { s.Set("a", strings.Repeat("x", n)) }
	}
	// {"a":"…"} is 8 bytes longer than its text.
	if w := st.visit(set(92)); w.Code != 200 {
		t.Errorf("100 bytes: status = %d, want 200", w.Code)
	}
	if w := st.visit(set(93)); w.Code != 500 {
		t.Errorf("101 bytes: status = %d, want 500", w.Code)
	}
	if got := len(st.get("a").(string)); got != 92 {
		t.Errorf("the stored item has %d bytes, want 92: as it was", got)
	}
}

// SaveEveryRequest extends what lives and creates nothing.
func TestSaveEveryRequest(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{SaveEveryRequest: true, TouchInterval: -1}, nil)
	st.visit(untouched)
	st.wantCalls("")
	st.cookie = "abc"
	if w := st.visit(untouched); w.Header()["Set-Cookie"] != nil {
		t.Errorf("junk: Set-Cookie = %q, want none", w.Header()["Set-Cookie"])
	}
	st.wantCalls("")
	st.cookie = core.NewSessionKey()
	st.visit(untouched)
	st.wantCalls("load")
	st.visit(increment) // the browser still has the unknown key
	st.wantCalls("load create")
	w := st.visit(untouched)
	st.wantCalls("load touch")
	if w.Header().Get("Set-Cookie") == "" || w.Header().Get("Vary") != "Cookie" {
		t.Errorf("Set-Cookie = %q, Vary = %q, want both", w.Header().Get("Set-Cookie"), w.Header().Get("Vary"))
	}
	st.visit(func(_ *core.Session, w http.ResponseWriter) { w.WriteHeader(500) })
	st.wantCalls("")
}

// Touches are throttled, and never move the expiry backwards.
func TestTouchInterval(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	st := newSite(t, core.Config{SaveEveryRequest: true, Now: func() time.Time { return now }}, nil)
	st.spy.Store = configured(must(memstore.New()), core.Settings{Now: func() time.Time { return now }})
	st.visit(increment)
	st.wantCalls("create")
	for _, step := range []struct {
		after time.Duration
		calls string
	}{{59 * time.Second, "load"}, {time.Second, "load touch"}, {time.Second, "load"}, {-time.Hour, "load"}} {
		now = now.Add(step.after)
		st.visit(untouched)
		st.wantCalls(step.calls)
	}
}

// What happens after the first byte is saved if it can be, and reported if not.
func TestLateChanges(t *testing.T) {
	t.Parallel()
	late := func(do func(s *core.Session)) func(*core.Session, http.ResponseWriter) {
		return func(s *core.Session, w http.ResponseWriter) {
			fmt.Fprint(w, "first byte")
			do(s)
		}
	}
	st := newSite(t, core.Config{}, nil)
	st.visit(late(func(s *core.Session) { s.Set("a", 1) }))
	st.wantCalls("")
	if got := st.events.warnings(); len(got) != 2 || !strings.Contains(got[0], "first used") || !strings.Contains(got[1], "cookie of a new session") {
		t.Errorf("reports = %q, want a late first use and a lost cookie", got)
	}
	st.visit(increment)
	st.events.warnings()
	st.visit(func(s *core.Session, w http.ResponseWriter) {
		s.Get("count")
		fmt.Fprint(w, "first byte")
		increment(s, w)
	})
	if got := st.get("count"); got != int64(2) {
		t.Errorf("count = %v, want 2: the browser knows the session, so a late change is saved", got)
	}
	if got := st.events.warnings(); len(got) != 0 {
		t.Errorf("reports = %q, want none", got)
	}
	was := st.cookie
	st.visit(late(func(s *core.Session) { s.CycleKey(); s.Set("user", "aladdin") }))
	st.cookie = was
	if got := st.get("user"); got != nil {
		t.Errorf("user = %v under a key that should have been cycled, want nil", got)
	}
	if got := st.events.warnings(); len(got) != 2 || !strings.Contains(got[1], "CycleKey") {
		t.Errorf("reports = %q, want one about CycleKey", got)
	}
	st.visit(late(func(s *core.Session) { s.Flush() }))
	if ok, _ := st.m.Exists(context.Background(), was); ok {
		t.Error("a late Flush left the session alive")
	}
}

func TestUseAfterTheRequest(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	var kept *core.Session
	st.visit(func(s *core.Session, w http.ResponseWriter) { increment(s, w); kept = s })
	st.spy.took()
	st.events.warnings()
	kept.Set("a", 1)
	kept.Flush()
	kept.Delete("count")
	kept.CycleKey()
	kept.Clear()
	kept.SetDefault("b", 1)
	increment(kept, nil)
	if got := kept.Get("count"); got != int64(1) {
		t.Errorf("a read after the request = %v, want what was loaded", got)
	}
	if err := kept.Save(context.Background()); err == nil {
		t.Error("Save after the request returns no error")
	}
	st.wantCalls("")
	if got := st.events.warnings(); len(got) != 9 {
		t.Errorf("%d reports, want 9 (8 uses and the first read): %q", len(got), got)
	}
	if got := st.get("count"); got != int64(1) {
		t.Errorf("count = %v, want 1", got)
	}
}

// Save makes the key known early, and the cookie still goes out once.
func TestSave(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	var key string
	st.visit(func(s *core.Session, w http.ResponseWriter) {
		increment(s, w)
		if s.Key() != "" {
			t.Error("a session has a key before it is saved")
		}
		if err := s.Save(context.Background()); err != nil {
			t.Error(err)
		}
		key = s.Key()
	})
	st.wantCalls("create")
	if key == "" || key != st.cookie {
		t.Error("the key after Save is not the cookie's")
	}
	st.spy.setBefore(failOn("update"))
	w := st.visit(func(s *core.Session, w http.ResponseWriter) {
		increment(s, w)
		if err := s.Save(context.Background()); !errors.Is(err, errDown) {
			t.Errorf("Save = %v, want %v", err, errDown)
		}
		s.FailOpen()
		fmt.Fprint(w, "handled")
	})
	if w.Code != 200 || w.Body.String() != "handled" {
		t.Errorf("response = %d %q, want the handler's own: it goes on in spite of the error", w.Code, w.Body)
	}
	w = st.visit(func(s *core.Session, w http.ResponseWriter) {
		increment(s, w)
		_ = s.Save(context.Background())
		fmt.Fprint(w, "handled")
	})
	if w.Code != 503 || strings.Contains(w.Body.String(), "handled") {
		t.Errorf("response = %d %q, want 503: nobody has said that the failure does not matter", w.Code, w.Body)
	}
}

// A panic drops changes, as a 500 does, and does not spare a flushed session.
func TestPanic(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	key := st.cookie
	visit := func(do func(s *core.Session)) {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not pass through")
			}
		}()
		st.visit(func(s *core.Session, _ http.ResponseWriter) { do(s); panic("oops") })
	}
	visit(func(s *core.Session) { s.Set("count", 5) })
	if got := st.get("count"); got != int64(1) {
		t.Errorf("count = %v, want 1", got)
	}
	visit(func(s *core.Session) { s.Flush() })
	if ok, _ := st.m.Exists(context.Background(), key); ok {
		t.Error("the session survived a Flush before the panic")
	}
}

// A taken key is not adopted: another one is drawn; a store that always says so
// is an error.
func TestTakenKey(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	left := 2
	st.spy.setBefore(func(op string) error {
		if op == "create" && left > 0 {
			left--
			return core.ErrExists
		}
		return nil
	})
	if w := st.visit(increment); w.Code != 200 || st.cookie == "" {
		t.Errorf("status = %d, want 200 and a cookie", w.Code)
	}
	st.spy.setBefore(func(op string) error {
		if op == "create" {
			return core.ErrExists
		}
		return nil
	})
	st.cookie = ""
	if w := st.visit(increment); w.Code != 503 {
		t.Errorf("status = %d, want 503", w.Code)
	}
}

func TestManagerOutsideRequests(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	st := newSite(t, core.Config{}, nil)
	s := st.m.Open(ctx, "not a key")
	if s.Key() != "" || !s.IsEmpty() {
		t.Error("Open adopts what cannot be a key")
	}
	if err := s.Save(ctx); err != nil || s.Key() != "" {
		t.Errorf("saving an empty session: %v, key %q, want neither", err, s.Key())
	}
	s.Set("a", 1)
	if err := s.Save(ctx); err != nil {
		t.Fatal(err)
	}
	key := s.Key()
	s.CycleKey()
	if err := s.Save(ctx); err != nil {
		t.Fatal(err)
	}
	if s.Key() == key || st.m.Open(ctx, s.Key()).Get("a") != int64(1) {
		t.Error("CycleKey and Save do not give a new key with the items")
	}
	if existed, err := st.m.Delete(ctx, s.Key()); !existed || err != nil {
		t.Errorf("Delete = %t, %v", existed, err)
	}
	s.Set("a", 2)
	if err := s.Save(ctx); !errors.Is(err, core.ErrInterrupted) {
		t.Errorf("Save of a deleted session = %v, want ErrInterrupted", err)
	}
	if existed, err := st.m.Delete(ctx, "x"); existed || err != nil {
		t.Errorf("Delete of junk = %t, %v", existed, err)
	}
	if _, err := st.m.ClearExpired(ctx, core.ClearOptions{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("ClearExpired of a store that cannot = %v, want ErrUnsupported", err)
	}
}

// MarkModified on a session that has no key yet has nothing to ask the store for.
func TestMarkModifiedOfNothing(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	w := st.visit(func(s *core.Session, _ http.ResponseWriter) { s.MarkModified() })
	st.wantCalls("")
	if got := w.Header().Get("Set-Cookie"); got != "" {
		t.Error("an empty session got a cookie")
	}
}
