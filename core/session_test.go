package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

// Each accessor's effect on the flags, as Django's.
func TestFlags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name               string
		do                 func(s *core.Session)
		accessed, modified bool
	}{
		{"nothing", func(s *core.Session) {}, false, false},
		{"Key", func(s *core.Session) { s.Key() }, false, false},
		{"IsEmpty", func(s *core.Session) { s.IsEmpty() }, false, false},
		{"Loaded", func(s *core.Session) { s.Loaded() }, false, false},
		{"Get", func(s *core.Session) { s.Get("there") }, true, false},
		{"Has", func(s *core.Session) { s.Has("there") }, true, false},
		{"Keys", func(s *core.Session) { s.Keys() }, true, false},
		{"Values", func(s *core.Session) { s.Values() }, true, false},
		{"All", func(s *core.Session) { s.All() }, true, false},
		{"ExpiryAge", func(s *core.Session) { s.ExpiryAge() }, true, false},
		{"ExpiryDate", func(s *core.Session) { s.ExpiryDate() }, true, false},
		{"ExpireAtBrowserClose", func(s *core.Session) { s.ExpireAtBrowserClose() }, true, false},
		{"TestCookieWorked", func(s *core.Session) { s.TestCookieWorked() }, true, false},
		{"Delete what is not there", func(s *core.Session) { s.Delete("not there") }, true, false},
		{"Pop what is not there", func(s *core.Session) { s.Pop("not there") }, true, false},
		{"SetDefault of what is there", func(s *core.Session) { s.SetDefault("there", 2) }, true, false},
		{"ResetExpiry without expiry", func(s *core.Session) { s.ResetExpiry() }, true, false},
		{"DeleteTestCookie without one", func(s *core.Session) { s.DeleteTestCookie() }, true, false},
		{"Set", func(s *core.Session) { s.Set("there", 2) }, true, true},
		{"Set the same", func(s *core.Session) { s.Set("there", 1) }, true, true},
		{"Delete", func(s *core.Session) { s.Delete("there") }, true, true},
		{"Pop", func(s *core.Session) { s.Pop("there") }, true, true},
		{"SetDefault", func(s *core.Session) { s.SetDefault("new", 2) }, true, true},
		{"Update", func(s *core.Session) { s.Update(map[string]any{"a": 1}) }, true, true},
		{"Update with nothing", func(s *core.Session) { s.Update(nil) }, true, true},
		{"Clear", func(s *core.Session) { s.Clear() }, true, true},
		{"Flush", func(s *core.Session) { s.Flush() }, true, true},
		{"CycleKey", func(s *core.Session) { s.CycleKey() }, true, true},
		{"SetExpiry", func(s *core.Session) { s.SetExpiry(time.Minute) }, true, true},
		{"SetTestCookie", func(s *core.Session) { s.SetTestCookie() }, true, true},
		{"MarkModified", func(s *core.Session) { s.MarkModified() }, false, true},
		{"Key.Update", func(s *core.Session) { core.Key[int]("there").Update(s, func(n int) int { return n }) }, true, true},
		{"Key.Get", func(s *core.Session) { core.Key[int]("there").Get(s) }, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, nil)
			st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Set("there", 1) })
			s := st.m.Open(context.Background(), st.cookie)
			tt.do(s)
			if got := s.Accessed(); got != tt.accessed {
				t.Errorf("Accessed() = %t, want %t", got, tt.accessed)
			}
			if got := s.Modified(); got != tt.modified {
				t.Errorf("Modified() = %t, want %t", got, tt.modified)
			}
		})
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	s := newManager(t, time.Now(), core.Config{}).Open(context.Background(), "")
	s.Set("b", 1)
	s.Set("a", map[string]any{"list": []int{1, 2}, "pi": 1.0})
	s.Set("c", "x")
	s.Set("b", int64(math.MaxInt64))

	if got, want := s.Keys(), []string{"b", "a", "c"}; !slices.Equal(got, want) {
		t.Errorf("Keys() = %q, want %q: the order of the first Set", got, want)
	}
	if got, want := s.Get("b"), int64(math.MaxInt64); got != want {
		t.Errorf("Get(b) = %v (%T), want %v (int64)", got, got, want)
	}
	if got, want := string(s.Values().AppendJSON(nil)), `{"b":9223372036854775807,"a":{"list":[1,2],"pi":1.0},"c":"x"}`; got != want {
		t.Errorf("items = %s, want %s", got, want)
	}
	s.Get("a").(map[string]any)["list"] = "changed"
	if got := core.Get[map[string][]int](s, "a"); got["list"] != nil {
		t.Errorf("an item of another shape = %v, want the zero value", got)
	}
	if _, ok := s.Get("a").(map[string]any)["list"].([]any); !ok {
		t.Error("changing what Get returned changed the session")
	}
	if got := s.Pop("c"); got != "x" {
		t.Errorf("Pop(c) = %v, want x", got)
	}
	if s.Has("c") || s.Get("c") != nil || s.Pop("c") != nil {
		t.Error("c is still there after Pop")
	}
	if got := s.SetDefault("d", 1); got != int64(1) {
		t.Errorf("SetDefault of a new item = %v, want 1", got)
	}
	if got := s.SetDefault("d", 2); got != int64(1) {
		t.Errorf("SetDefault of what is there = %v, want 1", got)
	}
	s.Update(map[string]any{"z": 1, "y": 2, "b": 3})
	if got, want := s.Keys(), []string{"b", "a", "d", "y", "z"}; !slices.Equal(got, want) {
		t.Errorf("Keys() after Update = %q, want %q", got, want)
	}
	seen := 0
	for name, value := range s.All() {
		seen++
		s.Delete(name) // may change the session under the loop
		_ = value
	}
	if seen != 5 || len(s.Keys()) != 0 {
		t.Errorf("All saw %d items and left %q, want 5 and none", seen, s.Keys())
	}
}

// A set value is a snapshot.
func TestSetCopies(t *testing.T) {
	t.Parallel()
	s := newManager(t, time.Now(), core.Config{}).Open(context.Background(), "")
	list := []string{"a"}
	s.Set("list", list)
	list[0] = "changed"
	if got := core.Get[[]string](s, "list"); got[0] != "a" {
		t.Errorf("the item changed with the slice that was set: %q", got)
	}
}

func TestTypedKeys(t *testing.T) {
	t.Parallel()
	type line struct {
		Name  string `json:"name"`
		Count int    `json:"count"`
	}
	const (
		visits core.Key[int]       = "visits"
		cart   core.Key[[]line]    = "cart"
		name   core.Key[string]    = "name"
		when   core.Key[time.Time] = "when"
	)
	st := newSite(t, core.Config{}, nil)
	s := st.m.Open(context.Background(), "")
	if got, ok := visits.Lookup(s); got != 0 || ok {
		t.Errorf("Lookup of nothing = %d, %t", got, ok)
	}
	visits.Update(s, func(n int) int { return n + 1 })
	visits.Update(s, func(n int) int { return n + 1 })
	if got := visits.Get(s); got != 2 {
		t.Errorf("visits = %d, want 2", got)
	}
	cart.Set(s, []line{{"lamp", 1}})
	cart.Update(s, func(c []line) []line { return append(c, line{"oil", 2}) })
	if got, ok := cart.Lookup(s); !ok || len(got) != 2 || got[1] != (line{"oil", 2}) {
		t.Errorf("cart = %v, %t", got, ok)
	}
	if got, ok := cart.From(s.Values()); !ok || len(got) != 2 {
		t.Errorf("cart from a snapshot = %v, %t", got, ok)
	}
	now := time.Now().UTC().Round(0)
	when.Set(s, now)
	if got := when.Pop(s); !got.Equal(now) || s.Has("when") {
		t.Errorf("Pop = %v, want %v, and gone", got, now)
	}
	if got := name.Pop(s); got != "" {
		t.Errorf("Pop of nothing = %q", got)
	}

	// Another type is not a silent zero: it is reported, once.
	name.Set(s, "aladdin")
	st.events.warnings()
	number := core.Key[int]("name")
	for range 3 {
		if got, ok := number.Lookup(s); got != 0 || ok {
			t.Errorf("a name as a number = %d, %t", got, ok)
		}
	}
	if got := st.events.warnings(); len(got) != 1 {
		t.Errorf("%d reports of another type, want 1: %q", len(got), got)
	}
	var typeErr *core.TypeError
	if _, err := number.GetErr(s); !errors.As(err, &typeErr) || typeErr.Item != "name" || typeErr.Want != "int" {
		t.Errorf("GetErr = %v, want a TypeError for name, int", err)
	} else if strings.Contains(err.Error(), "aladdin") {
		t.Errorf("the error shows the value: %v", err)
	}
	if v, err := core.Key[string]("name").GetErr(s); v != "aladdin" || err != nil {
		t.Errorf("GetErr = %q, %v", v, err)
	}
	if v, err := core.Key[string]("nothing").GetErr(s); v != "" || err != nil {
		t.Errorf("GetErr of nothing = %q, %v", v, err)
	}
}

// A value that JSON cannot hold fails the request by name, and nothing is saved.
func TestUnencodableValues(t *testing.T) {
	t.Parallel()
	cycle := map[string]any{}
	cycle["self"] = cycle
	for name, value := range map[string]any{"channel": make(chan int), "function": func() {}, "cycle": cycle, "complex": 1i} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, nil)
			st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Set("kept", 1) })
			var err error
			w := st.visit(func(s *core.Session, w http.ResponseWriter) {
				s.Set("kept", 2)
				s.Set("the item", value)
				_, err = w.Write([]byte("all is well"))
			})
			if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "well") {
				t.Errorf("response = %d %q, want 500 without the handler's body", w.Code, w.Body)
			}
			var enc *core.EncodeError
			if !errors.As(err, &enc) || enc.Item != "the item" || enc.Type == "" {
				t.Errorf("Write's error = %v, want an EncodeError that names the item and its type", err)
			}
			if got := st.get("kept"); got != int64(1) {
				t.Errorf("the stored item = %v, want 1: as it was", got)
			}
		})
	}
}

// NaN and the infinities are what Python's json writes and reads.
func TestNaN(t *testing.T) {
	t.Parallel()
	s := newManager(t, time.Now(), core.Config{}).Open(context.Background(), "")
	s.Set("nan", math.NaN())
	if text, _ := s.Values().Text("nan"); text != "NaN" {
		t.Errorf("NaN is kept as %s", text)
	}
	if got := core.Get[float64](s, "nan"); !math.IsNaN(got) {
		t.Errorf("NaN comes back as %v", got)
	}
}

// Values of a session are decoded one by one and written back to the letter.
func TestUntouchedItemsKeepTheirText(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("9", 200)
	text := `{"one":1,"float":1.0,"big":` + big + `,"u":"\u00e9\ud83d\ude00\ud800","esc":"\u0041","nested":{"z":1.50,"a":[ 1,  2 ]},"n":NaN}`
	values, err := core.ParseValues(text)
	if err != nil {
		t.Fatal(err)
	}
	st := newSite(t, core.Config{}, nil)
	st.cookie = core.NewSessionKey()
	if _, err := st.spy.Store.Create(context.Background(), core.Record{Key: st.cookie, Values: values, ExpireDate: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		if got := s.Get("big"); got != json.Number(big) {
			t.Errorf("big = %v (%T), want json.Number", got, got)
		}
		s.Set("new", 1)
	})
	s := st.m.Open(context.Background(), st.cookie)
	want := strings.TrimSuffix(text, "}") + `,"new":1}`
	if got := string(s.Values().AppendJSON(nil)); got != want {
		t.Errorf("items = %s\nwant %s", got, want)
	}
}

// Goroutines of one request may share its session.
func TestConcurrentUseInOneRequest(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	const n core.Key[int] = "n"
	st.visit(func(s *core.Session, w http.ResponseWriter) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for range 50 {
					n.Update(s, func(n int) int { return n + 1 })
					s.Get("n")
					s.Values()
				}
			}()
		}
		wg.Wait()
	})
	if got := st.get("n"); got != int64(400) {
		t.Errorf("n = %v, want 400", got)
	}
}

// Whatever makes a response an error is reported once, not only to the visitor.
func TestUnkeepableItemsAreReported(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"a channel": make(chan int), "too large": strings.Repeat("x", 200)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{MaxSize: 100}, nil)
			st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Set("the item", value) })
			var failed []core.Event
			for _, e := range st.events.all {
				if e.Kind == core.EventFailed {
					failed = append(failed, e)
				}
			}
			if len(failed) != 1 || core.StatusCode(failed[0].Err) != http.StatusInternalServerError {
				t.Errorf("reported %v, want one failure that says why the response is a 500", failed)
			}
		})
	}
}
