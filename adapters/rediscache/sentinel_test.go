package rediscache_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
)

// While a replica takes over, a visit sees the truth or an error. What had reached
// the replica is there afterwards, a logout too.
func TestFailover(t *testing.T) {
	operator := func(t *testing.T, p *pair) { do(t, p.sentinel, "sentinel", "failover", masterName) }
	tests := []struct {
		name   string
		args   []string // of the primary
		begin  func(t *testing.T, p *pair)
		over   func(ctx context.Context, p *pair) bool
		errors bool // for a while there is no primary, so visits must have failed
	}{
		{"by an operator", nil, operator, demoted, false},
		{"by an operator, no writes without a replica", []string{"--min-replicas-to-write", "1"}, operator, demoted, false},
		{"primary killed", nil, func(_ *testing.T, p *pair) { p.primary.stop() }, promoted, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := startPair(t, tt.args...)
			site := newSite(t, p)
			ada, bob := &visitor{site: site}, &visitor{site: site}
			ada.mustSay(t, "/login?user=ada", page{"ada", 0})
			ada.mustSay(t, "/count", page{"ada", 1})
			bob.mustSay(t, "/login?user=bob", page{"bob", 0})
			loggedIn := bob.cookie
			bob.mustSay(t, "/logout", page{})
			bob.cookie = loggedIn // a copy that somebody kept
			p.replicate(t)

			tt.begin(t, p)
			seen := tally{last: 1}
			await(t, "the replica has taken over", func(ctx context.Context) bool {
				seen.visit(t, ada, bob)
				return tt.over(ctx, p)
			})
			await(t, "the site has found the new primary", func(context.Context) bool { return seen.visit(t, ada, bob) })
			for range 10 {
				if !seen.visit(t, ada, bob) {
					t.Error("a visit failed after the site had found the new primary")
				}
			}
			(&visitor{site: site}).mustSay(t, "/login?user=eve", page{"eve", 0})
			t.Logf("%d visits answered, %d failed, %d acknowledged changes lost that had not been copied", seen.answered, seen.failed, seen.lost)
			if tt.errors && seen.failed == 0 {
				t.Error("no visit failed: the test proves nothing")
			}
		})
	}
}

// tally is what visits came to during a failover. Only what the replica had
// before it is certain: ada is in and counted to 1, and bob is out.
type tally struct {
	answered, failed, lost int
	last                   int // ada's last acknowledged count
}

// visit lets ada look and count and bob look, and reports whether all were answered.
func (s *tally) visit(t *testing.T, ada, bob *visitor) bool {
	t.Helper()
	before := s.failed
	for _, path := range []string{"/", "/count"} {
		a := ada.get(t, path)
		if s.count(t, a); a.status != http.StatusOK {
			continue
		}
		least := 1
		if path == "/count" {
			least = 2
		}
		if a.User != "ada" || a.N < least {
			t.Fatalf("ada's visit of %s: got %+v, want ada with a count of %d at least", path, a.page, least)
		}
		if a.set && (a.deletes || a.value != ada.cookie) {
			t.Fatalf("ada's visit of %s: the cookie is deleted (%t) or another one", path, a.deletes)
		}
		if path == "/count" {
			s.lost += max(0, s.last+1-a.N)
			s.last = a.N
		}
	}
	b := bob.get(t, "/")
	if s.count(t, b); b.status == http.StatusOK && b.page != (page{}) {
		t.Fatalf("bob's visit after his logout: got %+v, want nobody", b.page)
	}
	return s.failed == before
}

// count checks what holds for every answer: there is one, or a 503 that leaves
// the cookie alone.
func (s *tally) count(t *testing.T, a answered) {
	t.Helper()
	switch {
	case a.status == http.StatusOK:
		s.answered++
	case a.status == http.StatusServiceUnavailable && !a.set:
		s.failed++
	default:
		t.Fatalf("got status %d (with a cookie: %t), want 200, or 503 without one", a.status, a.set)
	}
}

// page is what the site shows.
type page struct {
	User string
	N    int
}

// newSite serves sessions that are in whatever server is p's primary.
func newSite(t *testing.T, p *pair) *httptest.Server {
	t.Helper()
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: masterName, SentinelAddrs: []string{p.sentinel.Options().Addr}, ContextTimeoutEnabled: true,
		MaxRetries: -1, DialerRetries: 1, // so that the site sees every error
	})
	t.Cleanup(func() { client.Close() })
	m, err := core.New(must(cachestore.New(rediscache.New(client))),
		core.Config{SecretKey: "of this test alone", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	user, n := core.Key[string]("user"), core.Key[int]("n")
	site := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := m.Session(r.Context())
		switch r.URL.Path {
		case "/login":
			user.Set(s, r.FormValue("user"))
		case "/logout":
			s.Flush()
		case "/count":
			n.Update(s, func(n int) int { return n + 1 })
		}
		_ = json.NewEncoder(w).Encode(page{user.Get(s), n.Get(s)})
	})))
	t.Cleanup(site.Close)
	return site
}

// visitor is a browser that keeps its cookie as the test wants it.
type visitor struct {
	site   *httptest.Server
	cookie string
}

// answered is a response of the site.
type answered struct {
	page
	status       int
	set, deletes bool // the cookie
	value        string
}

func (v *visitor) get(t *testing.T, path string) answered {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.site.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: v.cookie})
	}
	w, err := v.site.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	a := answered{status: w.StatusCode}
	for _, c := range w.Cookies() {
		a.set, a.value, a.deletes = true, c.Value, c.Value == "" || c.MaxAge < 0
	}
	if a.status == http.StatusOK {
		if err := json.NewDecoder(w.Body).Decode(&a.page); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return a
}

// mustSay visits a site that is well, and takes the cookie.
func (v *visitor) mustSay(t *testing.T, path string, want page) {
	t.Helper()
	a := v.get(t, path)
	if a.status != http.StatusOK || a.page != want {
		t.Fatalf("%s: got %d, %+v, want 200, %+v", path, a.status, a.page, want)
	}
	if a.set {
		v.cookie = a.value
	}
}

// pair is a primary and its replica, watched by a Sentinel.
type pair struct {
	primary, replica *server
	old, young       *redis.Client // of the first and of the second
	sentinel         *redis.Client
}

const masterName = "sessions"

func startPair(t *testing.T, args ...string) *pair {
	t.Helper()
	p := &pair{primary: startServer(t, append(args, "--repl-diskless-sync-delay", "0")...)}
	p.replica = startServer(t, "--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", strconv.Itoa(p.primary.port))
	p.old, p.young = p.primary.client(redis.Options{MaxRetries: -1, PoolSize: 1}), p.replica.client(redis.Options{MaxRetries: -1})
	await(t, "the replica is in step", func(ctx context.Context) bool {
		up := p.young.InfoMap(ctx, "replication").Item("Replication", "master_link_status") == "up"
		return up && p.old.Set(ctx, "first", "write", 0).Err() == nil // min-replicas-to-write may yet forbid it
	})
	s := startSentinel(t, p.primary.port)
	p.sentinel = s.client(redis.Options{Protocol: 2}) // whose answer to SENTINEL REPLICAS is lists
	await(t, "the Sentinel knows the replica", func(ctx context.Context) bool {
		reply, err := p.sentinel.Do(ctx, "sentinel", "replicas", masterName).Slice()
		return err == nil && len(reply) == 1 && field(reply[0], "master-link-status") == "ok"
	})
	return p
}

// startSentinel starts a Sentinel that decides alone and looks more often than one
// does in production, so that a failover takes a second and not twenty.
func startSentinel(t *testing.T, port int) *server {
	t.Helper()
	s := &server{t: t, port: freePort(t)}
	dir := t.TempDir()
	conf := fmt.Sprintf(`port %d
bind 127.0.0.1
dir %s
sentinel monitor %s 127.0.0.1 %d 1
sentinel down-after-milliseconds %[3]s 500
sentinel failover-timeout %[3]s 5000
`, s.port, dir, masterName, port)
	file := filepath.Join(dir, "sentinel.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = []string{file, "--sentinel"}
	s.start()
	t.Cleanup(s.stop)
	do(t, s.client(redis.Options{}), "sentinel", "debug", "info-period", 200, "publish-period", 200)
	return s
}

// replicate returns when the replica has all that was written up to now.
func (p *pair) replicate(t *testing.T) {
	t.Helper()
	do(t, p.old, "set", "last", "write") // WAIT waits for writes of its own connection
	if n := do(t, p.old, "wait", 1, 5000); n != int64(1) {
		t.Fatalf("%v replicas have the writes, want 1", n)
	}
}

// promoted reports whether the Sentinel sends clients to the former replica.
func promoted(ctx context.Context, p *pair) bool {
	addr, err := p.sentinel.Do(ctx, "sentinel", "get-master-addr-by-name", masterName).StringSlice()
	return err == nil && len(addr) == 2 && addr[1] == strconv.Itoa(p.replica.port)
}

// demoted reports whether, besides, the former primary follows the new one.
func demoted(ctx context.Context, p *pair) bool {
	info := p.old.InfoMap(ctx, "replication")
	return promoted(ctx, p) && info.Item("Replication", "role") == "slave" && info.Item("Replication", "master_link_status") == "up"
}

// field looks up a name in a list of names and values.
func field(list any, name string) string {
	items, _ := list.([]any)
	for i := 0; i+1 < len(items); i += 2 {
		if items[i] == name {
			value, _ := items[i+1].(string)
			return value
		}
	}
	return ""
}
