package rediscache_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// missing skips the test, or fails it where services are required.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("DJINN_REQUIRE_SERVICES") == "1" {
		t.Fatalf("DJINN_REQUIRE_SERVICES=1, but %s", what)
	}
	t.Skip(what)
}

// shared returns a client of the server that this machine runs, with a database
// of its own.
func shared(t testing.TB) redis.UniversalClient {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", DB: 9})
	t.Cleanup(func() { client.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		missing(t, "no Redis server answers on 127.0.0.1:6379")
	}
	return client
}

// server is a redis-server of the test's own.
type server struct {
	t    testing.TB
	port int
	args []string
	cmd  *exec.Cmd
}

// startServer starts a server on a free port, without files. It ends with the
// test.
func startServer(t testing.TB, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		missing(t, "there is no redis-server in the PATH")
	}
	s := &server{t: t, port: freePort(t)}
	s.args = append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
	}, args...)
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", s.args...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("start redis-server: %v", err)
	}
	client := redis.NewClient(&redis.Options{Addr: s.addr()})
	defer client.Close()
	await(s.t, "redis-server answers", func(ctx context.Context) bool { return client.Ping(ctx).Err() == nil })
}

// stop kills the server, as a machine does that fails.
func (s *server) stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

func (s *server) addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

func (s *server) client(opts redis.Options) *redis.Client {
	opts.Addr = s.addr()
	client := redis.NewClient(&opts)
	s.t.Cleanup(func() { client.Close() })
	return client
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// await waits until ok, which is a server coming up, for 20 seconds at most.
func await(t testing.TB, what string, ok func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for !ok(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("waited 20 s until %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// cluster is a Redis Cluster of three masters without replicas.
type cluster struct {
	nodes [3]*redis.Client
	ids   [3]string
	addrs []string
}

const slots = 16384

func startCluster(t testing.TB) *cluster {
	t.Helper()
	ctx := context.Background()
	c := &cluster{}
	var servers [3]*server
	for i := range servers {
		bus := freePort(t)
		servers[i] = startServer(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
			"--cluster-port", strconv.Itoa(bus), "--cluster-node-timeout", "2000")
		c.nodes[i] = servers[i].client(redis.Options{})
		c.addrs = append(c.addrs, servers[i].addr())
		first, last := i*slots/3, (i+1)*slots/3-1
		do(t, c.nodes[i], "cluster", "addslotsrange", first, last)
		do(t, c.nodes[i], "cluster", "set-config-epoch", i+1)
		c.ids[i] = do(t, c.nodes[i], "cluster", "myid").(string)
		if i > 0 {
			do(t, c.nodes[0], "cluster", "meet", "127.0.0.1", servers[i].port, bus)
		}
	}
	await(t, "the cluster is formed", func(context.Context) bool {
		for _, node := range c.nodes {
			info, err := node.ClusterInfo(ctx).Result()
			if err != nil || !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:3") {
				return false
			}
		}
		return true
	})
	return c
}

func (c *cluster) client(t testing.TB) *redis.ClusterClient {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.addrs, MaxRedirects: 16})
	t.Cleanup(func() { client.Close() })
	return client
}

// moveSlots moves slots that have keys in them to another node, key by key as an
// operator's tool does, until ctx ends. It returns how many slots and keys it
// moved.
func (c *cluster) moveSlots(ctx context.Context, t testing.TB) (moved, keys int) {
	// All move to one node: two that take slots at this pace, faster than nodes
	// hear of each other's, would both claim one for a while, which no operator's
	// tool risks.
	for i := 0; ctx.Err() == nil; i++ {
		time.Sleep(2 * time.Millisecond)
		from, to := 2*(i%2), 1
		key, err := c.nodes[from].RandomKey(context.Background()).Result()
		if err != nil { // none here
			continue
		}
		slot := do(t, c.nodes[from], "cluster", "keyslot", key).(int64)
		do(t, c.nodes[to], "cluster", "setslot", slot, "importing", c.ids[from])
		do(t, c.nodes[from], "cluster", "setslot", slot, "migrating", c.ids[to])
		for {
			found := do(t, c.nodes[from], "cluster", "getkeysinslot", slot, 10).([]any)
			if len(found) == 0 {
				break
			}
			host, port, _ := strings.Cut(c.addrs[to], ":")
			args := append([]any{"migrate", host, port, "", 0, 5000, "keys"}, found...)
			do(t, c.nodes[from], args...)
			keys += len(found)
		}
		for _, j := range []int{to, from, 3 - from - to} {
			do(t, c.nodes[j], "cluster", "setslot", slot, "node", c.ids[to])
		}
		moved++
	}
	return moved, keys
}

// do sends a command that must succeed.
func do(t testing.TB, client *redis.Client, args ...any) any {
	reply, err := client.Do(context.Background(), args...).Result()
	if err != nil {
		t.Errorf("%v: %v", args[:2], err)
	}
	return reply
}
