package main

import (
	"strings"
	"testing"
	"time"
)

func TestCompletion(t *testing.T) {
	t.Parallel()
	w := &world{database: &database{}}
	for shell, want := range map[string]string{"bash": "complete -o default -F __start_djinn djinn", "zsh": "#compdef djinn", "fish": "complete -c djinn", "powershell": "Register-ArgumentCompleter"} {
		w.run(t, "completion", shell).want(t, 0, want, "")
	}
	for line, want := range map[string]string{
		"migrate --sql --dialect ": "sqlite\npostgres\nmysql\n:4\n",
		"list --sort=":             "expires\n-expires\ncreated\n-created\nseen\n-seen\nsize\n-size\nkey\n-key\n:4\n",
		"list --table ":            ":4\n",
		"show ":                    ":4\n",
	} {
		args := append([]string{"__complete"}, strings.Split(line, " ")...)
		if r := w.run(t, args...); r.out != want {
			t.Errorf("completing %q: got %q, want %q", line, r.out, want)
		}
	}
	w.run(t, "__complete", "re").want(t, 0, "revoke\tEnd sessions\n", "Completion ended")
}

func TestHelp(t *testing.T) {
	t.Parallel()
	w := &world{database: &database{}}
	w.run(t).want(t, 0, "Exit codes:", "")
	w.run(t, "--version").want(t, 0, "djinn version ", "")
	for _, cmd := range new(app).root().Commands() {
		w.run(t, cmd.Name(), "--help").want(t, 0, cmd.Long, "")
		if cmd.Short == "" || cmd.Long == "" {
			t.Errorf("djinn %s has no help", cmd.Name())
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-01-31":                time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC),
		"2026-03-02 10:00:00":       now,
		"2026-03-02T10:00:00":       now,
		"2026-03-02T12:00:00+02:00": now,
		"7d":                        now.AddDate(0, 0, 7),
		"-1d":                       now.AddDate(0, 0, -1),
		"-90m":                      now.Add(-90 * time.Minute),
		"":                          {}, "d": {}, "tomorrow": {}, "99999999999d": {}, "2026-13-01": {},
	} {
		got, err := parseTime(text, now)
		if want.IsZero() != (err != nil) || !got.Equal(want) {
			t.Errorf("parseTime(%q): got %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		thousands(0): "0", thousands(999): "999", thousands(1000): "1,000", thousands(-1234567): "-1,234,567",
		count(1, "row"): "1 row", count(2000, "row"): "2,000 rows",
		byteSize(9999): "9,999 B", byteSize(10240): "10.0 KiB", byteSize(3 << 20): "3.0 MiB",
		roughly(90 * time.Minute): "1 hour", roughly(800 * day): "2 years", roughly(time.Second): "1 second",
		printable("a\x1b[31m\u202eb\xff\n"): "a?[31m?b??",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
