package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/examples/internal/exampletest"
	"github.com/djinn-go/djinn/examples/internal/setup"
)

func TestFindPythonSaysTheCure(t *testing.T) {
	t.Parallel()
	_, err := findPython(t.Context(), filepath.Join(t.TempDir(), "no-such-python"))
	for _, want := range []string{"no-such-python", "apt install python3-django", "pip install Django", "PYTHON="} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// TestDjangoStops: it takes its port and its files with it.
func TestDjangoStops(t *testing.T) {
	t.Parallel()
	p, err := findPython(t.Context(), os.Getenv("PYTHON"))
	if err != nil {
		exampletest.Missing(t, err.Error())
	}
	settings := setup.Settings{DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "db"), CookieName: "sessionid", SecretKey: "a key for tests"}
	d, err := startDjango(t.Context(), p, settings, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(d.URL, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Errorf("Django does not listen: %v", err)
	} else {
		_ = conn.Close()
	}
	if err := d.Stop(); err != nil {
		t.Errorf("Stop: %v, want a clean stop", err)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Error("after Stop somebody still listens at Django's port")
	}
	if _, err := os.Stat(d.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Stop: %v, want Django's files to be gone", err)
	}

	settings.DatabaseURL = "sqlite:" + filepath.Join(t.TempDir(), "no", "such", "directory")
	var log strings.Builder
	if _, err := startDjango(t.Context(), p, settings, &log); err == nil || !strings.Contains(err.Error(), "ended before it listened") {
		t.Errorf("without a database: got %v, want an error", err)
	}
	if !strings.Contains(log.String(), "unable to open database file") {
		t.Errorf("got the log %q, want what Django complains of", log.String())
	}
}

// TestFrontEndsWithDjango: a front without its Django would answer half of the
// pages with errors, and nobody would know.
func TestFrontEndsWithDjango(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	crashing := filepath.Join(dir, "python3")
	script := "#!/bin/sh\ncase $1 in -c) echo 9.9 ;; *) echo 1; exit 3 ;; esac\n"
	if err := os.WriteFile(crashing, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"PYTHON": crashing, "ADDR": "127.0.0.1:0", "SECRET_KEY": "k", "DATABASE_URL": "sqlite:" + filepath.Join(dir, "db")}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := run(ctx, func(name string) string { return env[name] }, io.Discard, t.Output())
	if ctx.Err() != nil || err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v, want to know how Django ended", err)
	}
}

func TestReadSettings(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"DATABASE_URL=postgres://u:secret@h/d": "SQLite file that Django can open too",
		"SESSION_ENGINE=signed_cookies":        "keeps its sessions in the database",
		"ADDR=8080":                            "write host:port",
	} {
		name, value, _ := strings.Cut(value, "=")
		_, err := readSettings(func(n string) string {
			if n == name {
				return value
			}
			return ""
		})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want an error with %q", name, err, want)
		}
	}
	s, err := readSettings(func(string) string { return "" })
	if err != nil || !filepath.IsAbs(strings.TrimPrefix(s.DatabaseURL, "sqlite:")) {
		t.Errorf("got %q, %v, want a path that is good in Django's directory too", s.DatabaseURL, err)
	}
}
