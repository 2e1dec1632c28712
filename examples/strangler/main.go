// Command strangler moves a Django site to Go one route at a time: a Go front
// serves some pages itself and hands the rest to Django, with one session for
// both. It starts Django too; run it and open the URL it prints:
//
//	go run ./examples/strangler
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
	"github.com/djinn-go/djinn/examples/internal/setup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once, and Django with it
	if err := run(ctx, os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run starts Django and then the front, and stops them in the other order. If
// Django ends, so does the front.
func run(ctx context.Context, getenv func(string) string, out, log io.Writer) (err error) {
	settings, err := readSettings(getenv)
	if err != nil {
		return err
	}
	python, err := findPython(ctx, getenv("PYTHON"))
	if err != nil {
		return err
	}
	env, err := setup.Open(ctx, settings, log) // makes the session table if Django has not
	if err != nil {
		return err
	}
	defer env.Close()

	django, err := startDjango(ctx, python, settings, log)
	if err != nil {
		return err
	}
	defer func() {
		if stopped := django.Stop(); err == nil {
			err = stopped
		}
	}()
	handler, err := newHandler(env, django.URL)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Django %s (%s) answers at %s, behind the front\n", python.django, python.path, django.URL)
	fmt.Fprintf(out, "to look around, log in as %s with the password %s, which everybody knows\n", demoUser, demoPassword)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		<-django.Ended
		cancel()
	}()
	return setup.Serve(ctx, settings.Addr, handler, out)
}

// readSettings reads what all examples read. Both sides share a SQLite file here,
// at a path that is good in either's working directory.
func readSettings(getenv func(string) string) (s setup.Settings, err error) {
	if engine := getenv("SESSION_ENGINE"); engine != "" && engine != "db" {
		return s, fmt.Errorf("SESSION_ENGINE %q: this example keeps its sessions in the database: leave it out, or write db", engine)
	}
	s, err = setup.FromEnv(func(name string) string {
		if v := getenv(name); v != "" || name != "DATABASE_URL" {
			return v
		}
		return "sqlite:djinn-strangler.sqlite3"
	})
	if err != nil {
		return s, err
	}
	file, ok := strings.CutPrefix(s.DatabaseURL, "sqlite:")
	if !ok {
		return s, errors.New("DATABASE_URL: this example wants a SQLite file that Django can open too: write sqlite:PATH")
	}
	if file, err = filepath.Abs(file); err != nil {
		return s, fmt.Errorf("DATABASE_URL: %w", err)
	}
	s.DatabaseURL = "sqlite:" + file
	return s, nil
}

// newHandler is the front: one store, one secret key and one cookie name, all of
// them Django's, for the sessions and for who is logged in.
func newHandler(env *setup.Env, djangoURL string) (http.Handler, error) {
	sessions, err := core.New(env.Store, core.Config{
		SecretKey:  env.SecretKey,
		CookieName: env.CookieName,
	})
	if err != nil {
		return nil, err
	}
	logins, err := auth.New(auth.Config{SecretKey: env.SecretKey})
	if err != nil {
		return nil, err
	}
	proxy, err := newProxy(djangoURL)
	if err != nil {
		return nil, err
	}
	return routes(sessions, &site{logins: logins, accounts: accounts{env.DB()}}, proxy), nil
}
