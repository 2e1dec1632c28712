package exampletest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/djinn-go/djinn/examples/internal/setup"
)

// engine is a SESSION_ENGINE and what is to be seen of it.
type engine struct {
	name string
	// settings are what it needs, in places of the test's own.
	settings func(testing.TB) setup.Settings
	// read, saved, rotated and deleted are texts of the panel.
	read, saved, rotated, deleted, where string
	// counted: the panel counts statements or calls.
	counted bool
	// bare: the page has no panel.
	bare bool
	// copies: a copy of the cookie stays good after a logout.
	copies bool
}

// engines are all of them, with both caches where there is one.
var engines = []engine{
	onServer("db", "SELECT", "UPDATE", func(testing.TB) setup.Settings { return setup.Settings{} }),
	onServer("cache", "cache Get: found", "cache CompareAndSwap: stored", func(testing.TB) setup.Settings {
		return setup.Settings{Engine: setup.Cache}
	}),
	onServer("cache in Redis", "cache Get: found", "cache CompareAndSwap: stored", func(t testing.TB) setup.Settings {
		return setup.Settings{Engine: setup.Cache, RedisURL: redisServer(t)}
	}),
	onServer("cached_db", "cache Get: found", "UPDATE", func(testing.TB) setup.Settings {
		return setup.Settings{Engine: setup.CachedDB}
	}),
	onServer("cached_db in Redis", "cache Get: found", "UPDATE", func(t testing.TB) setup.Settings {
		return setup.Settings{Engine: setup.CachedDB, RedisURL: redisServer(t)}
	}),
	onServer("file", "", "", func(t testing.TB) setup.Settings {
		return setup.Settings{Engine: setup.File, FilePath: t.TempDir()}
	}),
	{
		name:     "signed_cookies",
		settings: func(testing.TB) setup.Settings { return setup.Settings{Engine: setup.SignedCookies} },
		read:     "signature and age are checked",
		saved:    "the cookie has the change",
		rotated:  "The session is signed anew",
		deleted:  "nothing on the server to delete",
		where:    "in the cookie",
		copies:   true,
	},
}

// onServer is an engine whose records are on the server, and what the panel shows
// of a load and a save; nothing if nobody writes that down.
func onServer(name, read, saved string, settings func(testing.TB) setup.Settings) engine {
	return engine{
		name: name, settings: settings,
		read: read, saved: saved, counted: read != "",
		rotated: "The session gets a new key",
		deleted: "The record is deleted",
		where:   "under the key",
	}
}

// redisServer starts a Redis server of the test's own, which ends with the test,
// and returns its URL. It listens on a socket: no other test can have its port.
func redisServer(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		Missing(t, "redis-server is not installed")
	}
	dir, err := os.MkdirTemp("", "djinn-redis") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	cmd := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
			return "unix://" + socket
		}
		if time.Now().After(deadline) {
			t.Fatalf("redis-server does not answer: %v", err)
		}
	}
}
