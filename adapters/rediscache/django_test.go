package rediscache_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/memstore"
)

// django is a Django site on the shared Redis server, with a prefix of its own.
type django struct {
	t              *testing.T
	path           string
	engine, prefix string
}

// answer is what the site says after a step.
type answer struct {
	Items  string // as Python prints them
	Found  bool   // what a request with the key would see
	Key    string
	Exists bool // there is an entry, or a row
}

// djangoPath is the folder with a Django that has a Redis cache of its own, which
// is 4.0 or later, and the packages that the cache needs: the one that the environment
// names, or the interpreter's own ("").
var djangoPath = sync.OnceValues(func() (string, error) {
	path := os.Getenv("DJINN_DJANGO_PATH")
	cmd := exec.Command("/usr/bin/python3", "-c", "import django, redis, sys; sys.exit(django.VERSION < (4, 0) and 'Django %s has no Redis cache' % django.__version__)")
	cmd.Env = append(os.Environ(), "PYTHONPATH="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.New("install Debian's python3-redis, and name a folder with Django 4.0 or later in DJINN_DJANGO_PATH (.ci/django makes one): " +
			strings.TrimSpace(string(out)))
	}
	return path, nil
})

func newDjango(t *testing.T, engine string) *django {
	t.Helper()
	shared(t)
	path, err := djangoPath()
	if err != nil {
		missing(t, err.Error())
	}
	return &django{t: t, path: path, engine: engine, prefix: rand.Text()}
}

// step lets the site do something to the session under key.
func (d *django) step(action, key, items string) answer {
	d.t.Helper()
	in, err := json.Marshal(map[string]string{
		"engine": d.engine, "location": "redis://127.0.0.1:6379/9", "prefix": d.prefix,
		"action": action, "key": key, "items": items,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "testdata/site.py")
	cmd.Env = append(os.Environ(), "PYTHONPATH="+d.path)
	cmd.Stdin = strings.NewReader(string(in))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatalf("Django, %s: %v", action, err)
	}
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		d.t.Fatalf("Django answered %q: %v", out, err)
	}
	return a
}

// store is the Go side of the site. The rows of cached_db are each side's own
// here: what passes between them is the cache.
func (d *django) store() (store core.Store, durable *memstore.Store) {
	opts := []cachestore.Option{cachestore.WithKeyPrefix(d.prefix)}
	cache := rediscache.New(shared(d.t))
	if d.engine == "cache" {
		return must(cachestore.New(cache, opts...)), nil
	}
	durable = must(memstore.New())
	return must(cachestore.NewCachedDB(cache, durable, append(opts, cachestore.WithCacheTimeout(5*time.Second))...)), durable
}

func bothEngines(t *testing.T, f func(t *testing.T, d *django)) {
	for _, engine := range []string{"cache", "cached_db"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f(t, newDjango(t, engine))
		})
	}
}

func TestGoReadsWhatDjangoWrites(t *testing.T) {
	bothEngines(t, func(t *testing.T, d *django) {
		a := d.step("create", "", `{"n": 1, "f": 1.0, "t": (1, [2, None]), "s": "é😀", "d": {"x": True, 7: -2**70}, "_session_expiry": 3600}`)
		store, _ := d.store()
		rec, err := store.Load(context.Background(), a.Key)
		if err != nil {
			t.Fatal(err)
		}
		values, err := rec.Decode(nil)
		if err != nil {
			t.Fatal(err)
		}
		const want = `{"n":1,"f":1.0,"t":[1,[2,null]],"s":"\u00e9\ud83d\ude00","d":{"x":true,"7":-1180591620717411303424},"_session_expiry":3600}`
		if got := string(values.AppendJSON(nil)); got != want {
			t.Errorf("items: got %s, want %s", got, want)
		}
		if life := time.Until(rec.ExpireDate); life < 59*time.Minute || life > time.Hour {
			t.Errorf("the session lives for %s more, want about an hour", life)
		}
	})
}

func TestGoRefusesWhatIsNoJSON(t *testing.T) {
	d := newDjango(t, "cache")
	a := d.step("create", "", `{"a": 1, "set": {1, 2}, "when": __import__("datetime").datetime(2026, 1, 1)}`)
	store, _ := d.store()
	rec, err := store.Load(context.Background(), a.Key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rec.Decode(nil); !errors.Is(err, core.ErrUndecodable) {
		t.Errorf("Decode: got %v, want ErrUndecodable", err)
	}
	if got := d.step("read", a.Key, ""); got.Items != a.Items || !got.Found {
		t.Errorf("Django then finds %t, %s, want %s as before", got.Found, got.Items, a.Items)
	}
}

func TestDjangoReadsWhatGoWrites(t *testing.T) {
	bothEngines(t, func(t *testing.T, d *django) {
		ctx := context.Background()
		store, _ := d.store()
		values, err := core.ParseValues(`{"n":1,"f":1.0,"big":1e400,"l":[-0,[null]],"s":"\u00e9\ud83d\ude00","d":{"x":true,"y":18446744073709551616}}`)
		if err != nil {
			t.Fatal(err)
		}
		rec := core.Record{Key: core.NewSessionKey(), Values: values, ExpireDate: time.Now().Add(time.Hour)}
		key, err := store.Create(ctx, rec)
		if err != nil {
			t.Fatal(err)
		}
		const want = `{'n': 1, 'f': 1.0, 'big': inf, 'l': [0, [None]], 's': 'é😀', 'd': {'x': True, 'y': 18446744073709551616}}`
		if got := d.step("read", key, ""); got.Items != want || !got.Found {
			t.Errorf("Django finds %t, %s, want %s", got.Found, got.Items, want)
		}
		if _, err := store.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
		if got := d.step("read", key, ""); got.Found {
			t.Errorf("after Delete in Go, Django finds %s", got.Items)
		}
	})
}

func TestChangesPassBothWays(t *testing.T) {
	d := newDjango(t, "cache")
	ctx := context.Background()
	store, _ := d.store()
	a := d.step("create", "", `{"a": 1.0}`)
	stale, err := store.Load(ctx, a.Key)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.step("change", a.Key, "").Items; got != `{'a': 1.0, 'django': 'was here'}` {
		t.Fatalf("Django changed its session to %s", got)
	}
	update := stale
	if _, err := store.Update(ctx, update); !errors.Is(err, core.ErrConflict) {
		t.Errorf("Update with the version from before Django's change: got %v, want ErrConflict", err)
	}
	fresh, err := store.Load(ctx, a.Key)
	if err != nil {
		t.Fatal(err)
	}
	fresh.Values, err = core.ParseValues(`{"a":1.0,"django":"was here","go":[]}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Update(ctx, fresh); err != nil {
		t.Fatal(err)
	}
	if got, want := d.step("change", a.Key, "").Items, `{'a': 1.0, 'django': 'was here', 'go': []}`; got != want {
		t.Errorf("Django reads %s, want %s", got, want)
	}
	d.step("delete", a.Key, "")
	if _, err := store.Load(ctx, a.Key); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Load after Django's logout: got %v, want ErrNotFound", err)
	}
	if err := store.(core.Toucher).Touch(ctx, fresh); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Touch after Django's logout: got %v, want ErrNotFound", err)
	}
}

// While Go writes, a marker is in the cache. Django must take it for a miss and
// ask the database.
func TestDjangoTakesAMarkerForAMiss(t *testing.T) {
	d := newDjango(t, "cached_db")
	ctx := context.Background()
	store, durable := d.store()
	key, err := store.Create(ctx, core.Record{Key: core.NewSessionKey(), ExpireDate: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	reads := &pausedStore{Store: durable, during: func() {
		if got := d.step("read", key, ""); got.Found {
			t.Errorf("Django finds %s behind a marker, want a miss", got.Items)
		}
	}}
	paused := must(cachestore.NewCachedDB(rediscache.New(shared(t)), reads, cachestore.WithKeyPrefix(d.prefix), cachestore.WithCacheTimeout(5*time.Second)))
	if _, err := paused.Delete(ctx, key); err != nil {
		t.Fatal(err)
	}
	if !reads.ran {
		t.Error("the database was not asked")
	}
}

// pausedStore does something before it deletes.
type pausedStore struct {
	core.Store
	during func()
	ran    bool
}

func (s *pausedStore) Delete(ctx context.Context, key string) (bool, error) {
	s.ran = true
	s.during()
	return s.Store.Delete(ctx, key)
}
