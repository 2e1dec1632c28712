package core_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/cookiestore"
	"github.com/djinn-go/djinn/core/filestore"
	"github.com/djinn-go/djinn/core/memstore"
)

func clockA() time.Time { return time.Now() }
func clockB() time.Time { return time.Now().Add(time.Hour) }

// Config says once how old a session may be, and what the time is; the store goes by it.
func TestStoreGoesByTheConfig(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(dir string) core.Store{
		"cookiestore":           func(string) core.Store { return must(cookiestore.New()) },
		"a wrapped cookiestore": func(string) core.Store { return unwrapping{must(cookiestore.New())} },
		"filestore":             func(dir string) core.Store { return must(filestore.New(dir)) },
		"a filestore behind a full cache": func(dir string) core.Store {
			return must(cachestore.NewCachedDB(must(cachestore.NewMemory(cachestore.WithMaxBytes(1))), must(filestore.New(dir))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, now := t.TempDir(), time.Now()
			m, err := core.New(open(dir), core.Config{SecretKey: "only for tests", CookieAge: time.Hour, Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			s := m.Open(t.Context(), "")
			s.Set("a", 1)
			if err := s.Save(t.Context()); err != nil {
				t.Fatal(err)
			}
			savedByDjango(t, dir, now)
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

// savedByDjango gives the sessions in dir the time stamp of a save by Django, which
// keeps no expiry in the file.
func savedByDjango(t *testing.T, dir string, now time.Time) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "sessionid*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if err := os.Chtimes(path, now, now); err != nil {
			t.Fatal(err)
		}
	}
}

type unwrapping struct{ core.Store }

func (u unwrapping) Unwrap() core.Store { return u.Store }

// A store that was told something else, by who made it or by another Manager, makes
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
		"own age":       {configured(must(cookiestore.New()), core.Settings{CookieAge: 2 * time.Hour}), nil, hour, []string{"CookieAge 2h0m0s", "1h0m0s"}},
		"own, the same": {configured(must(cookiestore.New()), core.Settings{CookieAge: time.Hour}), nil, hour, nil},
		"own clock":     {configured(must(memstore.New()), core.Settings{Now: clockA}), nil, core.Config{SecretKey: "k", Now: clockB}, []string{"clockA", "clockB"}},
		"default clock": {configured(must(memstore.New()), core.Settings{Now: clockA}), nil, core.Config{SecretKey: "k"}, []string{"clockA", "time.Now"}},
		"own name":      {configured(must(filestore.New(t.TempDir())), core.Settings{CookieName: "site"}), nil, hour, []string{`"site"`, `"sessionid"`}},
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

// What a store is told twice may be said in parts, and is never mixed with what it
// must not be told.
func TestStoreSettings(t *testing.T) {
	t.Parallel()
	var s core.StoreSettings
	keep := func(told core.Settings, want ...string) {
		t.Helper()
		before, err := s.Get(), s.Keep(told)
		if (err != nil) != (len(want) > 0) {
			t.Fatalf("Keep = %v, want an error: %t", err, len(want) > 0)
		}
		for _, want := range want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("Keep = %v, want it to name %s", err, want)
			}
		}
		after := s.Get()
		before.Now, after.Now = nil, nil
		if err != nil && !reflect.DeepEqual(before, after) {
			t.Errorf("Keep failed and changed %v to %v", before, after)
		}
	}
	want := func(name string, age time.Duration, size int, ahead time.Duration) {
		t.Helper()
		got := s.Get()
		if got.CookieName != name || got.CookieAge != age || got.MaxSize != size {
			t.Errorf("Get = %q, %v, %d, want %q, %v, %d", got.CookieName, got.CookieAge, got.MaxSize, name, age, size)
		}
		for _, now := range []time.Time{s.Now(), got.Now()} {
			if off := time.Until(now) - ahead; off.Abs() > time.Minute {
				t.Errorf("the clock is off by %v", off)
			}
		}
	}
	const day = 24 * time.Hour
	want("sessionid", 14*day, 1<<20, 0) // Django's
	keep(core.Settings{})
	want("sessionid", 14*day, 1<<20, 0)
	keep(core.Settings{CookieAge: time.Hour})
	want("sessionid", time.Hour, 1<<20, 0)
	keep(core.Settings{CookieName: "site", MaxSize: 5000})
	want("site", time.Hour, 5000, 0)
	keep(core.Settings{CookieName: "site", CookieAge: 2 * time.Hour, Now: clockB}, "CookieAge 1h0m0s", "2h0m0s")
	want("site", time.Hour, 5000, 0) // and no clock
	keep(core.Settings{CookieName: "admin", CookieAge: 2 * time.Hour, MaxSize: 1}, `"site"`, `"admin"`, "1h0m0s", "2h0m0s", "MaxSize 5000")
	keep(core.Settings{Now: clockB})
	keep(core.Settings{CookieName: "site", CookieAge: time.Hour, MaxSize: 5000, Now: clockB})
	keep(core.Settings{Now: clockA}, "clockB", "clockA")
	want("site", time.Hour, 5000, time.Hour)
}

// What New refuses in a Config is refused here, too.
func TestStoreSettingsRefuse(t *testing.T) {
	t.Parallel()
	for field, told := range map[string]core.Settings{
		"CookieAge is -1h0m0s": {CookieAge: -time.Hour},
		"CookieAge is 1ns":     {CookieAge: 1},
		"MaxSize is -1":        {MaxSize: -1},
	} {
		var s core.StoreSettings
		if err := s.Keep(told); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("Keep = %v, want an error that says %s", err, field)
		}
		if got := s.Get(); got.CookieAge != 14*24*time.Hour || got.MaxSize != 1<<20 {
			t.Errorf("%s: was kept", field)
		}
	}
}

// Of Managers that are made at once and differ, one gets the store.
func TestStoreSettingsAtOnce(t *testing.T) {
	t.Parallel()
	for range 20_000 {
		var s core.StoreSettings
		var kept atomic.Int64
		var ready, done sync.WaitGroup
		const managers = 4
		ready.Add(managers)
		for i := range managers {
			done.Add(1)
			go func() {
				defer done.Done()
				ready.Done()
				ready.Wait()
				if s.Keep(core.Settings{CookieAge: time.Duration(i+1) * time.Hour, MaxSize: i + 1}) == nil {
					kept.Add(1)
				}
			}()
		}
		done.Wait()
		if got := s.Get(); kept.Load() != 1 || got.CookieAge != time.Duration(got.MaxSize)*time.Hour {
			t.Fatalf("%d were kept, age %v and size %d, want those of one", kept.Load(), got.CookieAge, got.MaxSize)
		}
	}
}
