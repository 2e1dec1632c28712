package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContrast holds the colours to WCAG's AA, 4.5 to 1 for text, in light and in dark.
func TestContrast(t *testing.T) {
	t.Parallel()
	css, err := files.ReadFile("templates/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(css), "prefers-color-scheme: dark")
	if !found {
		t.Fatal("the style has no dark colours")
	}
	for scheme, text := range map[string]string{"light": light, "dark": dark} {
		colors := variables(text)
		for _, pair := range []string{
			"ink/ground", "ink/sheet", "ink/code",
			"soft/ground", "soft/sheet",
			"brand/ground", "brand/sheet", "brand-ink/brand", "brand-ink/brand-hover",
			"gold/ground", "gold/sheet", "gold/gold-wash",
			"read/sheet", "write/sheet", "trouble/sheet", "on-ink/on-wash",
		} {
			front, back, _ := strings.Cut(pair, "/")
			if got := contrast(t, colors[front], colors[back]); got < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want 4.5", scheme, front, back, got)
			}
		}
	}
}

// variables returns the six-digit colours of the first rule in css.
func variables(css string) map[string]string {
	colors := make(map[string]string)
	rule, _, _ := strings.Cut(css, "}")
	for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(rule, -1) {
		colors[m[1]] = m[2]
	}
	return colors
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is WCAG's relative luminance of a colour such as 1d4f63.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	rgb, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatalf("%q is no colour: %v", hex, err)
	}
	channel := func(shift int) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}
