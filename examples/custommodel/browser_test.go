package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestBrowserOf(t *testing.T) {
	t.Parallel()
	const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)"
	for agent, want := range map[string]Browser{
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                        {"Firefox on Linux", false},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + webkit + " Chrome/128.0.0.0 Safari/537.36 Edg/128.0.0.0":         {"Edge on Windows", false},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + webkit + " Chrome/127.0.0.0 Safari/537.36 OPR/113.0.0.0":         {"Opera on Windows", false},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + webkit + " Chrome/128.0.0.0 Safari/537.36":                 {"Chrome on macOS", false},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.6 Safari/605.1.15":             {"Safari on macOS", false},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 CriOS/128.0 Mobile/15E Safari/604": {"Chrome on iPhone", true},
		"Mozilla/5.0 (Linux; Android 10; K) " + webkit + " SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36":   {"Samsung Internet on Android", true},
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + webkit + " Chrome/128.0.0.0 Safari/537.36":                        {"Chrome on ChromeOS", false},
		"curl/8.5.0":                       {"curl", false},
		"Firefox/1":                        {"Firefox", false},
		"Linux":                            {"Linux", false},
		"":                                 {"A browser that does not say its name", false},
		" ":                                {"A browser that does not say its name", false},
		"<b>a robot</b>":                   {"<b>a robot</b>", false}, // the template escapes it
		strings.Repeat("a", maxAgent):      {strings.Repeat("a", maxAgent), false},
		strings.Repeat("\U0001F9DE", 2500): {strings.Repeat("\U0001F9DE", maxAgent-1) + "…", false},
		"\xff\xfe":                         {"?", false},
	} {
		got := browserOf(agent)
		if got != want {
			t.Errorf("%.120q: got %+v, want %+v", agent, got, want)
		}
		if !utf8.ValidString(got.Name) {
			t.Errorf("%.120q: %q is not UTF-8", agent, got.Name)
		}
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Minute:                     "just now",
		4 * time.Second:                  "just now",
		5 * time.Second:                  "5 seconds ago",
		59 * time.Second:                 "59 seconds ago",
		time.Minute:                      "1 minute ago",
		time.Hour - time.Second:          "59 minutes ago",
		time.Hour:                        "1 hour ago",
		23*time.Hour + 59*time.Minute:    "23 hours ago",
		24 * time.Hour:                   "1 day ago",
		13*24*time.Hour + 23*time.Minute: "13 days ago",
	} {
		if got := ago(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}
