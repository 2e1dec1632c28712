package setup

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRun starts a program, stops it while a request is under way, and wants that
// request answered.
func TestRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	build := func(env *Env) (http.Handler, error) {
		if env.CookieName != "sid" || env.SecretKey != "k" || env.Store == nil {
			t.Errorf("the program gets other settings than were made: %q", env.CookieName)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			stop()
			for closed := false; !closed; { // wait for the server to refuse new connections
				conn, err := net.Dial("tcp", r.Host)
				if closed = err != nil; !closed {
					_ = conn.Close()
				}
			}
			select {
			case <-r.Context().Done(): // cut off
			case <-time.After(50 * time.Millisecond):
			}
			_, _ = io.WriteString(w, "finished")
		}), nil
	}
	out, in := io.Pipe()
	var log strings.Builder
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, build, false, env("ADDR", "127.0.0.1:0", "SECRET_KEY", "k", "SESSION_COOKIE_NAME", "sid",
			"DATABASE_URL", "sqlite:"+filepath.Join(t.TempDir(), "db")), in, &log)
		_ = in.Close()
	}()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("the program did not start: %v, %v", err, <-ended)
	}
	if !strings.HasPrefix(line, "sessions: engine db, in the SQLite file ") {
		t.Errorf("got %q, want it to say which engine, and where the sessions are", line)
	}
	if line, err = lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "open ")
	if !ok {
		t.Fatalf("got %q, want the URL to open", line)
	}
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "finished" {
		t.Errorf("got %q, %v, want the request under way to finish", body, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("got %v, want a clean stop", err)
	}
	if log.String() != "" {
		t.Errorf("got the log %q, want none: the key is set", log.String())
	}
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	build := func(*Env) (http.Handler, error) { return http.NotFoundHandler(), nil }
	var log strings.Builder
	err = run(t.Context(), build, false, env("ADDR", busy.Addr().String(), "DATABASE_URL", "sqlite:"+filepath.Join(t.TempDir(), "db")), io.Discard, &log)
	if err == nil || !strings.Contains(err.Error(), "write another port") {
		t.Errorf("a port in use: got %v, want an error that says the cure", err)
	}
	if !strings.Contains(log.String(), "WARNING: SECRET_KEY is not set") || strings.Contains(log.String(), string(developmentKey)) {
		t.Errorf("got the log %q, want a warning without the key", log.String())
	}
}

func TestPageURL(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/",
		"0.0.0.0:80":     "http://localhost:80/",
		"[::]:8080":      "http://localhost:8080/",
		"[::1]:8080":     "http://[::1]:8080/",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := pageURL(tcp); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}
