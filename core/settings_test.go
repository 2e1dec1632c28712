package core_test

import (
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cookiestore"
	"github.com/djinn-go/djinn/core/filestore"
	"github.com/djinn-go/djinn/core/memstore"
)

func clockA() time.Time { return time.Now() }
func clockB() time.Time { return time.Now().Add(time.Hour) }

// Config says once how old a session may be; the store goes by it.
func TestStoreGoesByTheConfig(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) core.Store{
		"cookiestore":           func(t *testing.T) core.Store { return must(cookiestore.New()) },
		"filestore":             func(t *testing.T) core.Store { return must(filestore.New(t.TempDir())) },
		"a wrapped cookiestore": func(t *testing.T) core.Store { return unwrapping{must(cookiestore.New())} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			m, err := core.New(open(t), core.Config{SecretKey: "only for tests", CookieAge: time.Hour, Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			s := m.Open(t.Context(), "")
			s.Set("a", 1)
			if err := s.Save(t.Context()); err != nil {
				t.Fatal(err)
			}
			now = now.Add(59 * time.Minute)
			if ok, err := m.Exists(t.Context(), s.Key()); !ok || err != nil {
				t.Errorf("after 59 minutes: Exists = %t, %v, want true", ok, err)
			}
			now = now.Add(13 * 24 * time.Hour)
			if ok, err := m.Exists(t.Context(), s.Key()); ok || err != nil {
				t.Errorf("after 13 days under a CookieAge of an hour: Exists = %t, %v, want false", ok, err)
			}
		})
	}
}

type unwrapping struct{ core.Store }

func (u unwrapping) Unwrap() core.Store { return u.Store }

// A store that was told something else, by its own option or by another Manager, makes
// New fail, and the message names both values.
func TestSettingsThatDiffer(t *testing.T) {
	t.Parallel()
	hour := core.Config{SecretKey: "only for tests", CookieAge: time.Hour}
	for name, tt := range map[string]struct {
		store core.Store
		first *core.Config
		then  core.Config
		want  []string // of the message; nil for no error
	}{
		"own age":       {must(cookiestore.New(cookiestore.WithCookieAge(2 * time.Hour))), nil, hour, []string{"CookieAge 2h0m0s", "1h0m0s"}},
		"own, the same": {must(cookiestore.New(cookiestore.WithCookieAge(time.Hour))), nil, hour, nil},
		"own clock":     {must(memstore.New(memstore.WithClock(clockA))), nil, core.Config{SecretKey: "k", Now: clockB}, []string{"clockA", "clockB"}},
		"default clock": {must(memstore.New(memstore.WithClock(clockA))), nil, core.Config{SecretKey: "k"}, []string{"clockA", "time.Now"}},
		"own name":      {must(filestore.New(t.TempDir(), filestore.WithCookieName("site"))), nil, hour, []string{`"site"`, `"sessionid"`}},
		"two managers, two ages": {must(filestore.New(t.TempDir())), &hour, core.Config{SecretKey: "only for tests", CookieAge: 2 * time.Hour},
			[]string{"CookieAge 1h0m0s", "2h0m0s"}},
		"two managers, two sizes": {must(filestore.New(t.TempDir())), &hour, core.Config{SecretKey: "only for tests", CookieAge: time.Hour, MaxSize: 5000},
			[]string{"MaxSize 1048576", "5000"}},
		"two managers, one store that needs only the clock": {must(memstore.New()), &hour,
			core.Config{SecretKey: "only for tests", CookieName: "admin", CookieAge: 2 * time.Hour}, nil},
		"two managers alike": {must(filestore.New(t.TempDir())), &hour, hour, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.first != nil {
				if _, err := core.New(tt.store, *tt.first); err != nil {
					t.Fatal(err)
				}
			}
			_, err := core.New(tt.store, tt.then)
			if (err != nil) != (tt.want != nil) {
				t.Fatalf("New = %v, want an error: %t", err, tt.want != nil)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("New = %v, want it to name %s", err, want)
				}
			}
		})
	}
}

// A New that fails for another reason tells the store nothing.
func TestFailedNewTellsTheStoreNothing(t *testing.T) {
	t.Parallel()
	store := must(cookiestore.New())
	if _, err := core.New(store, core.Config{CookieAge: time.Hour}); err == nil {
		t.Fatal("New without a SecretKey: got no error")
	}
	if _, err := core.New(store, core.Config{SecretKey: "only for tests", CookieAge: 2 * time.Hour}); err != nil {
		t.Errorf("New afterwards: %v, want none", err)
	}
}
