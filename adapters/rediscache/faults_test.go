package rediscache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/sessiontest"
)

func record(t testing.TB, json string) core.Record {
	t.Helper()
	values, err := core.ParseValues(json)
	if err != nil {
		t.Fatal(err)
	}
	return core.Record{Key: core.NewSessionKey(), Values: values, ExpireDate: time.Now().Add(time.Hour)}
}

// wantFailure fails unless err is one that the engine takes for a failure, and
// that names neither the key nor the items.
func wantFailure(t *testing.T, what string, err error, rec core.Record) {
	t.Helper()
	for _, answer := range []error{nil, core.ErrNotFound, core.ErrExists, core.ErrConflict} {
		if errors.Is(err, answer) {
			t.Errorf("%s: got %v, want an error that is no answer", what, err)
			return
		}
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		text := fmt.Sprintf("%v %+v %#v", e, e, e)
		if strings.Contains(text, rec.Key) || strings.Contains(text, "canary") {
			t.Errorf("%s: the error holds a key or an item", what)
		}
	}
}

func TestServerDown(t *testing.T) {
	s := startServer(t)
	client := s.client(redis.Options{MaxRetries: -1, DialTimeout: time.Second})
	cache := rediscache.New(client)
	store := must(cachestore.New(cache))
	durable := must(memstore.New())
	var reports int
	db := must(cachestore.NewCachedDB(cache, durable, cachestore.WithOnError(func(context.Context, error) { reports++ })))
	ctx := context.Background()

	rec := record(t, `{"canary":1}`)
	for _, s := range []core.Store{store, db} {
		if _, err := s.Create(ctx, rec); err != nil {
			t.Fatal(err)
		}
	}
	s.stop()

	_, err := store.Load(ctx, rec.Key)
	wantFailure(t, "cache: Load", err, rec)
	_, err = store.Update(ctx, rec)
	wantFailure(t, "cache: Update", err, rec)
	_, err = store.Create(ctx, record(t, `{}`))
	wantFailure(t, "cache: Create", err, rec)
	_, err = store.Delete(ctx, rec.Key)
	wantFailure(t, "cache: Delete", err, rec)
	wantFailure(t, "cache: Touch", store.Touch(ctx, rec), rec)
	wantFailure(t, "cache: Ping", store.Ping(ctx), rec)

	// The database carries on alone.
	loaded, err := db.Load(ctx, rec.Key)
	if err != nil || !loaded.Values.Has("canary") {
		t.Fatalf("cached_db: Load: got %v, want the record of the database", err)
	}
	loaded.Values = core.Values{}
	if _, err := db.Update(ctx, loaded); err != nil {
		t.Errorf("cached_db: Update: %v", err)
	}
	if reports == 0 {
		t.Error("cached_db: nobody was told that the cache is down")
	}
	if existed, err := db.Delete(ctx, rec.Key); err != nil || !existed {
		t.Errorf("cached_db: Delete: got %t, %v, want true", existed, err)
	}
	if _, err := db.Load(ctx, rec.Key); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("cached_db: Load after Delete: got %v, want ErrNotFound", err)
	}
}

// A logout while Redis could not be reached is told to it when it can be, before
// it is asked anything.
func TestLogoutWhileUnreachable(t *testing.T) {
	s := startServer(t)
	ctx := context.Background()
	proxy := newProxy(t, s.addr())
	client := redis.NewClient(&redis.Options{Addr: proxy.addr(), MaxRetries: -1, DialTimeout: 200 * time.Millisecond})
	defer client.Close()
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	opts := []cachestore.Option{cachestore.WithOnError(func(context.Context, error) {}), cachestore.WithCacheTimeout(time.Second)}
	durable := must(memstore.New())
	db := must(cachestore.NewCachedDB(rediscache.New(client), durable, opts...))
	if err := db.Configure(core.Settings{Now: clock}); err != nil {
		t.Fatal(err)
	}
	rec := record(t, `{"a":1}`)
	if _, err := db.Create(ctx, rec); err != nil {
		t.Fatal(err)
	}
	entry := ":1:django.contrib.sessions.cached_db" + rec.Key
	direct := s.client(redis.Options{})
	if n := direct.Exists(ctx, entry).Val(); n != 1 {
		t.Fatalf("Create left %d entries in Redis, want 1", n)
	}

	proxy.cut(true)
	if existed, err := db.Delete(ctx, rec.Key); err != nil || !existed {
		t.Fatalf("Delete without Redis: got %t, %v, want true", existed, err)
	}
	proxy.cut(false)
	mu.Lock()
	now = now.Add(2 * time.Second)
	mu.Unlock()
	if _, err := db.Load(ctx, rec.Key); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Load when Redis is back: got %v, want ErrNotFound", err)
	}
	if n := direct.Exists(ctx, entry).Val(); n != 0 {
		t.Error("the entry is still in Redis: other nodes would serve it")
	}
}

func TestServerFull(t *testing.T) {
	s := startServer(t, "--maxmemory", "3mb", "--maxmemory-policy", "noeviction")
	client := s.client(redis.Options{})
	cache := rediscache.New(client)
	store := must(cachestore.New(cache))
	durable := must(memstore.New())
	db := must(cachestore.NewCachedDB(cache, durable, cachestore.WithOnError(func(context.Context, error) {})))
	ctx := context.Background()
	kept, inDB := record(t, `{"canary":1}`), record(t, `{"a":1}`)
	for s, rec := range map[core.Store]core.Record{store: kept, db: inDB} {
		if _, err := s.Create(ctx, rec); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	for i := 0; err == nil && i < 2000; i++ {
		_, err = store.Create(ctx, record(t, `{"canary":"`+strings.Repeat("x", 10_000)+`"}`))
	}
	if !errors.Is(err, rediscache.ErrFull) {
		t.Fatalf("Create on a full server: got %v, want ErrFull", err)
	}
	wantFailure(t, "Create on a full server", err, kept)
	loaded, err := store.Load(ctx, kept.Key)
	if err != nil {
		t.Errorf("Load on a full server: %v", err)
	}
	if _, err := store.Update(ctx, loaded); !errors.Is(err, rediscache.ErrFull) {
		t.Errorf("Update on a full server: got %v, want ErrFull", err)
	}
	if _, err := store.Load(ctx, kept.Key); err != nil {
		t.Errorf("Load after an Update that failed: %v", err)
	}
	if existed, err := store.Delete(ctx, kept.Key); err != nil || !existed {
		t.Errorf("Delete on a full server: got %t, %v, want true", existed, err)
	}
	if existed, err := db.Delete(ctx, inDB.Key); err != nil || !existed {
		t.Errorf("cached_db: Delete on a full server: got %t, %v, want true", existed, err)
	}
	if n := client.Exists(ctx, ":1:django.contrib.sessions.cached_db"+inDB.Key).Val(); n != 0 {
		t.Error("cached_db: the entry of a deleted session is still in the full server")
	}
}

// A server that evicts logs visitors out of the cache back end, and costs
// cached_db nothing but queries.
func TestServerEvicts(t *testing.T) {
	s := startServer(t, "--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random")
	cache := rediscache.New(s.client(redis.Options{}))
	store := must(cachestore.New(cache))
	db := must(cachestore.NewCachedDB(cache, must(memstore.New()), cachestore.WithCacheTimeout(5*time.Second)))
	ctx := context.Background()
	const n = 400
	var inCache, inDB []string
	for i := range n {
		json := fmt.Sprintf(`{"i":%d,"pad":%q}`, i, strings.Repeat("x", 5000))
		for s, keys := range map[core.Store]*[]string{store: &inCache, db: &inDB} {
			key, err := s.Create(ctx, record(t, json))
			if err != nil {
				t.Fatal(err)
			}
			*keys = append(*keys, key)
		}
	}
	lost := 0
	for i := range n {
		switch rec, err := store.Load(ctx, inCache[i]); {
		case errors.Is(err, core.ErrNotFound):
			lost++
		case err != nil || rec.Values.Get("i") != int64(i):
			t.Fatalf("cache: Load: got %v, %v, want %d", rec.Values.Get("i"), err, i)
		}
		rec, err := db.Load(ctx, inDB[i])
		if err != nil {
			t.Fatalf("cached_db: Load: %v", err)
		}
		values, err := rec.Decode(nil)
		if err != nil || values.Get("i") != int64(i) {
			t.Fatalf("cached_db: got %v, %v, want %d", values.Get("i"), err, i)
		}
		rec.Values, _ = sessiontest.Values("i", i, "more", strings.Repeat("y", 5000))
		if _, err := db.Update(ctx, rec); err != nil {
			t.Fatalf("cached_db: Update: %v", err)
		}
	}
	if lost == 0 {
		t.Error("nothing was evicted: the test proves nothing")
	}
	t.Logf("of %d sessions in the cache alone, %d were evicted", n, lost)
}

// A client that retries sends a write again whose reply was lost. It must count
// as one.
func TestLostReplies(t *testing.T) {
	s := startServer(t)
	proxy := newProxy(t, s.addr())
	client := redis.NewClient(&redis.Options{Addr: proxy.addr(), MaxRetries: 3, MinRetryBackoff: time.Millisecond, MaxRetryBackoff: time.Millisecond})
	defer client.Close()
	store := must(cachestore.New(rediscache.New(client)))
	ctx := context.Background()
	warm := record(t, `{}`) // so that the server has the scripts
	if _, err := store.Create(ctx, warm); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Update(ctx, warm); err != nil {
		t.Fatal(err)
	}

	rec := record(t, `{"n":0}`)
	proxy.loseReply()
	if _, err := store.Create(ctx, rec); err != nil {
		t.Fatalf("Create whose reply was lost: got %v, want no error", err)
	}
	loaded, err := store.Load(ctx, rec.Key)
	if err != nil {
		t.Fatal(err)
	}
	loaded.Values, _ = sessiontest.Values("n", 1)
	proxy.loseReply()
	if _, err := store.Update(ctx, loaded); err != nil {
		t.Fatalf("Update whose reply was lost: got %v, want no error", err)
	}
	if _, err := store.Update(ctx, loaded); !errors.Is(err, core.ErrConflict) {
		t.Errorf("the same Update by another request: got %v, want ErrConflict", err)
	}
	if n := proxy.lost(); n != 2 {
		t.Errorf("%d replies were lost, want 2", n)
	}
}

func TestForeignKey(t *testing.T) {
	client := shared(t)
	ctx := context.Background()
	rec := record(t, `{"a":1}`)
	key := ":1:django.contrib.sessions.cache" + rec.Key
	if err := client.LPush(ctx, key, "canary").Err(); err != nil {
		t.Fatal(err)
	}
	defer client.Del(ctx, key)
	_, err := must(cachestore.New(rediscache.New(client))).Load(ctx, rec.Key)
	wantFailure(t, "Load of a list", err, rec)
	if err != nil && !strings.Contains(err.Error(), "WRONGTYPE") {
		t.Errorf("Load of a list: got %v, want it to say WRONGTYPE", err)
	}
}

// proxy passes bytes on, until told otherwise.
type proxy struct {
	l      net.Listener
	target string

	mu    sync.Mutex
	conns map[net.Conn]bool
	down  bool
	lose  bool
	count int
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, target: target, conns: map[net.Conn]bool{}}
	t.Cleanup(func() { l.Close(); p.cut(true) })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p
}

func (p *proxy) addr() string { return p.l.Addr().String() }

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	p.mu.Lock()
	if p.down {
		p.mu.Unlock()
		return
	}
	p.conns[client] = true
	p.mu.Unlock()
	go func() { _, _ = io.Copy(server, client); server.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		lose := p.lose
		if lose {
			p.lose, p.count = false, p.count+1
		}
		p.mu.Unlock()
		if lose {
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cut refuses connections and ends those there are, or stops doing so.
func (p *proxy) cut(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
	if down {
		for c := range p.conns {
			c.Close()
		}
		p.conns = map[net.Conn]bool{}
	}
}

// loseReply ends the connection instead of passing on the next reply.
func (p *proxy) loseReply() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = true
}

func (p *proxy) lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}
