package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// drainTimeout is how long requests under way may take after SIGINT or SIGTERM.
const drainTimeout = 10 * time.Second

// Main runs a program: it reads the settings, opens the store, serves what build
// returns, and stops cleanly on SIGINT and SIGTERM. A second signal ends it
// at once.
func Main(build func(*Env) (http.Handler, error)) { main(build, false) }

// MainOwnTable is [Main] for a program with a session table of its own: see
// [Env.Cached].
func MainOwnTable(build func(*Env) (http.Handler, error)) { main(build, true) }

func main(build func(*Env) (http.Handler, error), ownTable bool) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, build, ownTable, os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run is Main without the process around it.
func run(ctx context.Context, build func(*Env) (http.Handler, error), ownTable bool, getenv func(string) string, out, log io.Writer) error {
	settings, err := FromEnv(getenv)
	if err != nil {
		return err
	}
	settings.OwnTable = ownTable
	env, err := Open(ctx, settings, log)
	if err != nil {
		return err
	}
	defer env.Close()
	handler, err := build(env)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "sessions: engine %s, %s\n", env.Engine, env.Where)
	return Serve(ctx, settings.Addr, handler, out)
}

// Serve listens at addr, prints the URL to open to out, and serves until ctx ends.
// Requests under way then have ten seconds to finish.
func Serve(ctx context.Context, addr string, handler http.Handler, out io.Writer) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("ADDR: %w: another program may be using it: write another port, for example ADDR=127.0.0.1:8081", err)
	}
	fmt.Fprintf(out, "open %s\n", pageURL(listener.Addr()))
	return serve(ctx, listener, handler)
}

// serve serves until ctx ends, and then lets requests under way finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("requests were still under way %s after the signal, and were cut off: %w", drainTimeout, err), server.Close())
	}
	return nil
}

// pageURL is what to open in a browser on this machine.
func pageURL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String() + "/"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}
