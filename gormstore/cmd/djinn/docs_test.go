package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

var update = flag.Bool("update", false, "record the commands of docs/djinn.md again")

const manual = "../../../docs/djinn.md"

// recording is a block of the manual: commands, each after a "$ ", and what they
// print.
var recording = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")

// The recordings in the manual are what the commands print. After a change of the
// output run
//
//	go test -run Manual -update
func TestManual(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	b := newBooth(t)
	recorded := recording.ReplaceAllStringFunc(string(text), func(block string) string {
		return "```console\n" + b.record(t, recording.FindStringSubmatch(block)[1]) + "```"
	})
	if recorded == string(text) {
		return
	}
	if *update {
		if err := os.WriteFile(manual, []byte(recorded), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the recordings in docs/djinn.md are stale: look at the difference after \"go test -run Manual -update\"")
}

// Every command has its place in the manual.
func TestManualIsComplete(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range new(app).root().Commands() {
		if !strings.Contains(string(text), "\n$ djinn "+cmd.Name()) {
			t.Errorf("docs/djinn.md does not show djinn %s", cmd.Name())
		}
	}
}

// booth is where the manual's commands run: by a clock that stands still, on sessions
// that are always the same.
type booth struct {
	*world
	now   time.Time
	files map[string]string // for standard input
}

func newBooth(t *testing.T) *booth {
	t.Helper()
	b := &booth{world: newWorld(t, dialectSQLite), now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), files: map[string]string{}}
	b.env["SECRET_KEY_FALLBACKS"] = fallbackKey
	random := rand.New(rand.NewPCG(1, 2))
	newKey := func() string {
		key := make([]byte, 32)
		for i := range key {
			key[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[random.IntN(36)]
		}
		return string(key)
	}
	b.run(t, "migrate")
	b.run(t, "migrate", "--table", "accounts_session", "--user-column", "account_id")
	for i := range 1800 {
		age := time.Duration(i) * time.Hour
		s := seed{key: newKey(), signed: b.now.Add(-age), expires: b.now.Add(14*day - age + time.Minute), items: fmt.Sprintf(`{"_auth_user_id":"%d","cart":["%s"]}`, i%50, strings.Repeat("lamp ", i%30))}
		if i%9 == 8 {
			s.signing = fallbackKey
		}
		b.plant(t, djangoTable, s)
	}
	for _, column := range []string{"client_ip varchar(45)", "user_agent varchar(255)", "created_at datetime", "last_seen datetime"} {
		b.exec(t, "ALTER TABLE accounts_session ADD COLUMN "+column+" NULL")
	}
	for i, device := range []struct{ user, ip, agent string }{{"42", "192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}, {"42", "2001:db8::7", "Mozilla/5.0 (iPhone) Safari/604.1"}, {"43", "198.51.100.3", "curl/8.15.0"}} {
		at := b.now.Add(-time.Duration(i*30+2) * time.Hour)
		b.plant(t, "accounts_session", seed{key: newKey(), signed: at, expires: at.Add(14 * day), columns: map[string]any{
			"account_id": device.user, "client_ip": device.ip, "user_agent": device.agent, "created_at": gormstore.DateTimeOf(at.Add(-5 * day)), "last_seen": gormstore.DateTimeOf(at)}})
	}
	shown := b.plant(t, djangoTable, seed{key: newKey(), signed: b.now.Add(-26 * time.Hour), expires: b.now.Add(14*day - 26*time.Hour), items: `{"_auth_user_id":"42","_auth_user_backend":"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"5ecre7hash","cart":[{"name":"lamp","n":2}]}`})
	b.files["key.txt"] = shown
	b.files["PUBLIC_ID"] = core.PublicID(shown)
	b.files["cookie.txt"] = sign(t, fallbackKey, cookieSalt, `{"cart":[{"name":"lamp","n":2}],"visits":7}`, b.now.Add(-2*time.Hour))
	b.secrets = append(b.secrets, b.files["cookie.txt"])
	return b
}

// record runs the commands of a block and returns the block as it should be.
func (b *booth) record(t *testing.T, block string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(block) {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue // what it printed last time
		}
		out.WriteString(line)
		out.WriteString(unmeasured(b.say(t, strings.TrimPrefix(strings.TrimSpace(command), "djinn "))))
	}
	return out.String()
}

// say runs a command and returns what it prints.
func (b *booth) say(t *testing.T, line string) string {
	t.Helper()
	line, comment, _ := strings.Cut(line, " # ")
	line, file, _ := strings.Cut(line, " < ")
	args := strings.Fields(strings.ReplaceAll(line, "PUBLIC_ID", b.files["PUBLIC_ID"]))
	if comment == "on a terminal" {
		b.fill(t, 2000, b.now)
		return lastFrames(b.terminal(t, "", args...).out)
	}
	env := b.env
	if comment == "without DATABASE_URL" {
		env = nil
	}
	var both bytes.Buffer
	a := &app{stdin: strings.NewReader(b.files[file]), stdout: &both, stderr: &both, now: func() time.Time { return b.now }, getenv: func(name string) string { return env[name] }}
	code := a.run(context.Background(), args)
	if code != 0 {
		fmt.Fprintf(&both, "[exit code %d]\n", code)
	}
	return b.check(t, result{out: both.String()}).out
}

// lastFrames are the lines of a screen as they are at the end.
func lastFrames(screen string) string {
	var out strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(screen, "\r\n", "\n")) {
		out.WriteString(line[strings.LastIndexByte(strings.TrimSuffix(line, "\n"), '\r')+1:])
	}
	return out.String()
}

var measured = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`in \S+ \([\d,]+ a second\)`), "in … (… a second)"},
	{regexp.MustCompile(`\[=+\] 100\.00% \S+ rows/s in \S+`), "[" + strings.Repeat("=", 40) + "] 100.00% … rows/s in …"},
}

// unmeasured takes out what depends on the machine.
func unmeasured(text string) string {
	for _, m := range measured {
		text = m.pattern.ReplaceAllLiteralString(text, m.instead)
	}
	return text
}

func TestManualNamesNoPlace(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), filepath.Clean(os.TempDir())+"/") {
		t.Error("docs/djinn.md names a directory of the machine on which it was recorded")
	}
}
