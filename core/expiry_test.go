package core_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// extraVectors is the part of vectors_extra.json that the tests here read.
type extraVectors struct {
	Expiry []struct {
		Has          bool            `json:"has_session_expiry"`
		Expiry       json.RawMessage `json:"session_expiry"`
		CookieAge    int64           `json:"session_cookie_age"`
		AtClose      bool            `json:"expire_at_browser_close_setting"`
		Modification time.Time       `json:"modification"`
		Age          any             `json:"age"`
		Date         string          `json:"date"`
		BrowserClose bool            `json:"browser_close"`
	} `json:"expiry"`
	SetExpiry []struct {
		Call     string                     `json:"call"`
		Now      time.Time                  `json:"now"`
		Before   map[string]json.RawMessage `json:"before"`
		After    map[string]json.RawMessage `json:"after"`
		Modified bool                       `json:"modified"`
	} `json:"set_expiry"`
	SetCookie []cookieVector `json:"set_cookie"`
}

func readExtraVectors(t *testing.T) extraVectors {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors_extra.json")
	if err != nil {
		t.Fatal(err)
	}
	var v extraVectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// newManager returns a Manager over a new memory store, with a fixed clock.
func newManager(t *testing.T, now time.Time, cfg core.Config) *core.Manager {
	t.Helper()
	cfg.SecretKey = "only for tests"
	cfg.Now = func() time.Time { return now }
	cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	m, err := core.New(must(memstore.New()), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// overruledExpiry are the vectors of which Django makes a 500 and djinn does not,
// because no value of an item should lock a visitor out.
var overruledExpiry = map[string]string{
	`"2025-03-04T05:06:07"`: "a date without offset is UTC; Django with USE_TZ raises TypeError",
	`"garbage"`:             "text that is no date counts as no expiry of its own; Django raises ValueError",
	`""`:                    "the same, where Django's age works and its date raises ValueError",
}

func TestExpiryVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readExtraVectors(t).Expiry {
		m := newManager(t, v.Modification, core.Config{
			CookieAge:            time.Duration(v.CookieAge) * time.Second,
			ExpireAtBrowserClose: v.AtClose,
		})
		s := m.Open(context.Background(), "")
		if v.Has {
			s.Set("_session_expiry", v.Expiry)
		}
		name := string(v.Expiry)
		if got, want := s.ExpireAtBrowserClose(), v.BrowserClose; got != want {
			t.Errorf("%s: ExpireAtBrowserClose() = %t, want %t", name, got, want)
		}
		if why, ok := overruledExpiry[name]; ok {
			t.Logf("%s overruled: %s", name, why)
			if s.ExpiryAge() == 0 {
				t.Errorf("%s: ExpiryAge() = 0, want an age", name)
			}
			continue
		}
		if got, want := s.ExpiryAge(), time.Duration(v.Age.(float64)*float64(time.Second)); got != want {
			t.Errorf("%s: ExpiryAge() = %v, want %v", name, got, want)
		}
		want, err := time.Parse(time.RFC3339Nano, v.Date)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.ExpiryDate(); !got.Equal(want) {
			t.Errorf("%s: ExpiryDate() = %v, want %v", name, got, want)
		}
	}
}

func TestInvalidExpiryCountsAsNone(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, text := range []string{`"garbage"`, `[]`, `true`, `1e300`, `NaN`, `999999999999999999`, `99999999999999999999`} {
		m := newManager(t, now, core.Config{})
		s := m.Open(context.Background(), "")
		s.Set("_session_expiry", json.RawMessage(text))
		if got, want := s.ExpiryAge(), 14*24*time.Hour; got != want {
			t.Errorf("%s: ExpiryAge() = %v, want %v", text, got, want)
		}
		if got, want := s.ExpiryDate(), now.Add(14*24*time.Hour); !got.Equal(want) {
			t.Errorf("%s: ExpiryDate() = %v, want %v", text, got, want)
		}
	}
}

func TestSetExpiryVectors(t *testing.T) {
	t.Parallel()
	calls := map[string]func(s *core.Session, now time.Time){
		"int":            func(s *core.Session, _ time.Time) { s.SetExpiry(300 * time.Second) },
		"zero":           func(s *core.Session, _ time.Time) { s.SetExpiry(0) },
		"timedelta 1h":   func(s *core.Session, now time.Time) { s.SetExpiryDate(now.Add(time.Hour)) },
		"timedelta -10s": func(s *core.Session, now time.Time) { s.SetExpiryDate(now.Add(-10 * time.Second)) },
		"timedelta 1.5s": func(s *core.Session, now time.Time) { s.SetExpiryDate(now.Add(1500 * time.Millisecond)) },
		"datetime utc":   func(s *core.Session, _ time.Time) { s.SetExpiryDate(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) },
		"none":           func(s *core.Session, _ time.Time) { s.ResetExpiry() },
		"datetime naive": nil, // Go's times have an offset
		"datetime +05:30 micro": func(s *core.Session, _ time.Time) {
			s.SetExpiryDate(time.Date(2030, 1, 1, 0, 0, 0, 1000, time.FixedZone("", 5*3600+1800)))
		},
	}
	for _, v := range readExtraVectors(t).SetExpiry {
		call, ok := calls[v.Call]
		if !ok {
			t.Fatalf("no call for vector %q", v.Call)
		}
		if call == nil {
			continue
		}
		s := newManager(t, v.Now, core.Config{}).Open(context.Background(), "")
		for name, text := range v.Before {
			s.Set(name, text)
		}
		call(s, v.Now)
		got := map[string]json.RawMessage{}
		for name, text := range s.Values().Texts() {
			got[name] = json.RawMessage(text)
		}
		if len(got) != len(v.After) {
			t.Errorf("%s: items = %s, want %s", v.Call, got, v.After)
		}
		for name, want := range v.After {
			if string(got[name]) != string(want) {
				t.Errorf("%s: item %s = %s, want %s", v.Call, name, got[name], want)
			}
		}
		if s.Modified() != v.Modified {
			t.Errorf("%s: Modified() = %t, want %t", v.Call, s.Modified(), v.Modified)
		}
	}
}

// A fraction of a second must not become 0, which means "until the browser closes".
func TestSetExpiryRoundsUp(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Nanosecond:         "1",
		1500 * time.Millisecond: "2",
		time.Minute:             "60",
		0:                       "0",
		-time.Nanosecond:        "-1",
		-time.Minute:            "-60",
	} {
		s := newManager(t, time.Now(), core.Config{}).Open(context.Background(), "")
		s.SetExpiry(d)
		if got, _ := s.Values().Text("_session_expiry"); got != want {
			t.Errorf("SetExpiry(%v): item = %s, want %s", d, got, want)
		}
	}
}

func TestValuesExpireDate(t *testing.T) {
	t.Parallel()
	saved := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	for json, want := range map[string]time.Time{
		`{}`:                       saved.Add(time.Hour),
		`{"_session_expiry":null}`: saved.Add(time.Hour),
		`{"_session_expiry":0}`:    saved.Add(time.Hour),
		`{"_session_expiry":60}`:   saved.Add(time.Minute),
		`{"_session_expiry":-60}`:  saved.Add(-time.Minute),
		`{"_session_expiry":"2030-01-02T00:00:00+00:00"}`: time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC),
	} {
		v, err := core.ParseValues(json)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.ExpireDate(saved, time.Hour); !got.Equal(want) {
			t.Errorf("ExpireDate of %s: got %v, want %v", json, got, want)
		}
	}
}

// The zero time is long past, and so is what expires then.
func TestExpiryDateLongPast(t *testing.T) {
	t.Parallel()
	s := newManager(t, time.Now(), core.Config{}).Open(context.Background(), "")
	s.SetExpiryDate(time.Time{})
	if got := s.ExpiryAge(); got >= 0 {
		t.Errorf("ExpiryAge = %v, want a negative one", got)
	}
	if got := s.ExpiryDate(); !got.IsZero() {
		t.Errorf("ExpiryDate = %v, want the zero time", got)
	}
}
