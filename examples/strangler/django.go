package main

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/djinn-go/djinn/examples/internal/setup"
)

// legacy is the Django site.
//
//go:embed legacy
var legacy embed.FS

// Who may log in at once. Whoever has read this page knows the password.
const (
	demoUser     = "aladdin"
	demoPassword = "open-sesame"
)

// How long Django may take to come, which includes its migrations, and to go.
const (
	startTimeout = time.Minute
	stopTimeout  = 10 * time.Second
)

// djangoSite is a Django that runs as a process of its own.
type djangoSite struct {
	// URL is where it listens: a port of its own on the loopback interface.
	URL string
	// Ended is closed when the process has ended.
	Ended <-chan struct{}

	dir   string         // its files
	stdin io.WriteCloser // it stops when this is closed, be it by our own end
	kill  func() error
	err   error // how it ended; valid when Ended is closed
}

// startDjango starts the site and waits until it listens. What it complains of
// goes to log.
func startDjango(ctx context.Context, p python, s setup.Settings, log io.Writer) (*djangoSite, error) {
	d, firstLine, err := launch(p, s, log)
	if err != nil {
		return nil, fmt.Errorf("starting Django: %w", err)
	}
	select {
	case port, ok := <-firstLine:
		if ok {
			d.URL = "http://127.0.0.1:" + strings.TrimSpace(port)
			return d, nil
		}
		err = errors.New("Django ended before it listened; what it said is above")
	case <-time.After(startTimeout):
		err = fmt.Errorf("Django does not listen after %s", startTimeout)
	case <-ctx.Done():
		err = errors.New("interrupted while Django was starting")
	}
	return nil, errors.Join(err, d.Stop())
}

// launch starts the process. Its first line comes through the channel, which is
// closed without one if there is none.
func launch(p python, s setup.Settings, log io.Writer) (*djangoSite, <-chan string, error) {
	dir, err := unpack()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(p.path, "serve.py") //nolint:noctx // it outlives the signal: the front stops first
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"SECRET_KEY="+string(s.SecretKey), "DATABASE_URL="+s.DatabaseURL, "SESSION_COOKIE_NAME="+s.CookieName,
		"DEMO_USER="+demoUser, "DEMO_PASSWORD="+demoPassword, "DJANGO_SETTINGS_MODULE=settings")
	cmd.Stderr = log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}

	ended, firstLine := make(chan struct{}), make(chan string, 1)
	d := &djangoSite{Ended: ended, dir: dir, stdin: stdin, kill: cmd.Process.Kill}
	go func() {
		lines := bufio.NewReader(stdout)
		if line, err := lines.ReadString('\n'); err == nil {
			firstLine <- line
		}
		close(firstLine)
		_, _ = io.Copy(log, lines) // until it ends
		d.err = cmd.Wait()
		close(ended)
	}()
	return d, firstLine, nil
}

// unpack writes the site's files into a new directory.
func unpack() (dir string, err error) {
	files, err := fs.Sub(legacy, "legacy")
	if err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp("", "djinn-strangler"); err != nil {
		return "", err
	}
	if err := os.CopyFS(dir, files); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// Stop ends Django and waits until it has ended.
func (d *djangoSite) Stop() error {
	_ = d.stdin.Close() // fails if it has ended already
	select {
	case <-d.Ended:
	case <-time.After(stopTimeout):
		_ = d.kill() // fails if it has ended just now
		<-d.Ended
	}
	err := os.RemoveAll(d.dir)
	if d.err != nil {
		err = errors.Join(fmt.Errorf("Django ended with %w", d.err), err)
	}
	return err
}
