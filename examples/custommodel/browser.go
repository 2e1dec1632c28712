package main

import (
	"fmt"
	"strings"
	"time"
)

// Browser says in words what sent a User-Agent header, as far as that can be
// believed: most browsers say that they are several others too, and anybody can say
// anything.
type Browser struct {
	Name  string
	Phone bool
}

// word is what to call a browser or a system whose header contains token.
type word struct{ token, name string }

// Who claims to be somebody else comes before them: Edge says Chrome too, and Chrome
// says Safari.
var (
	browsers = []word{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
		{"curl/", "curl"}, {"Wget/", "Wget"},
	}
	systems = []word{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"},
		{"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// maxAgent is how much of an unknown header is shown, in characters.
const maxAgent = 60

func browserOf(agent string) Browser {
	b := Browser{Phone: strings.Contains(agent, "Mobi")}
	browser, system := find(browsers, agent), find(systems, agent)
	switch {
	case browser != "" && system != "":
		b.Name = browser + " on " + system
	case browser != "":
		b.Name = browser
	case strings.TrimSpace(agent) == "":
		b.Name = "A browser that does not say its name"
	default:
		b.Name = cut(agent, maxAgent)
	}
	return b
}

func find(words []word, agent string) string {
	for _, w := range words {
		if strings.Contains(agent, w.token) {
			return w.name
		}
	}
	return ""
}

// cut shortens text to that many characters.
func cut(text string, most int) string {
	runes := []rune(strings.ToValidUTF8(text, "?"))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}

// ago says how long ago something was.
func ago(d time.Duration) string {
	switch {
	case d < 5*time.Second: // also if two clocks do not quite agree
		return "just now"
	case d < time.Minute:
		return plural(int(d/time.Second), "second")
	case d < time.Hour:
		return plural(int(d/time.Minute), "minute")
	case d < 24*time.Hour:
		return plural(int(d/time.Hour), "hour")
	default:
		return plural(int(d/(24*time.Hour)), "day")
	}
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit + " ago"
	}
	return fmt.Sprintf("%d %ss ago", n, unit)
}
