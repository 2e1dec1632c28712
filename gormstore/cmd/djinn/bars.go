package main

import (
	"fmt"
	"strings"
)

// barWidth is the length of the longest bar, in characters.
const barWidth = 40

// printBars draws a histogram.
func (a *app) printBars(spans []slice) {
	var most int64
	for _, s := range spans {
		most = max(most, s.Count)
	}
	fmt.Fprintln(a.stdout)
	for _, s := range spans {
		line := fmt.Sprintf("%24s %12s %s", s.Label, thousands(s.Count), bar(s.Count, most))
		fmt.Fprintln(a.stdout, strings.TrimRight(line, " "))
	}
}

// bar draws n of most, in eighths of a character. What is not nothing can be seen.
func bar(n, most int64) string {
	if n <= 0 {
		return ""
	}
	eighths := max(int64(float64(n)/float64(most)*barWidth*8), 1)
	text := strings.Repeat("█", int(eighths/8))
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}
