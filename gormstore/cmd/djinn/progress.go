package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cheggaaa/pb/v3"
	"golang.org/x/term"
)

// progress tells how far a long work has come. Its methods are called by one
// goroutine.
type progress struct {
	at  func(done int64)
	end func()
}

// progress draws a bar if standard error is a terminal, and writes lines otherwise;
// with --json only a terminal gets any.
func (a *app) progress(total int64) progress {
	switch {
	case total == 0:
		return progress{func(int64) {}, func() {}}
	case isTerminal(a.stderr):
		return drawBar(a.stderr, total)
	case a.asJSON:
		return progress{func(int64) {}, func() {}}
	default:
		return a.writeLines(total)
	}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func drawBar(w io.Writer, total int64) progress {
	bar := pb.New64(total)
	bar.SetTemplateString(`{{counters . }} {{bar . "[" "=" ">" " " "]"}} {{percent . }} {{speed . "%s rows/s" "? rows/s"}} {{rtime . "%s left" "in %s" "? left"}}`)
	bar.SetWriter(w)
	bar.Set(pb.Terminal, true)
	bar.Start()
	return progress{
		at: func(done int64) {
			if done > bar.Total() { // sessions have expired since they were counted
				bar.SetTotal(done)
			}
			bar.SetCurrent(done)
		},
		end: func() { bar.Finish() },
	}
}

// The time between two lines doubles, so that a short run shows something and a long
// one does not fill a log.
const (
	firstLine = time.Second
	lastLine  = time.Minute
)

func (a *app) writeLines(total int64) progress {
	start := a.now()
	next, wait := start.Add(firstLine), firstLine
	return progress{
		at: func(done int64) {
			now := a.now()
			if now.Before(next) {
				return
			}
			wait = min(2*wait, lastLine)
			next = now.Add(wait)
			a.note("%s", progressLine(done, max(total, done), now.Sub(start)))
		},
		end: func() {},
	}
}

func progressLine(done, total int64, took time.Duration) string {
	left := time.Duration(float64(took) / float64(done) * float64(total-done))
	return fmt.Sprintf("%s of %s removed (%d %%), %s rows/s, %s left",
		thousands(done), thousands(total), done*100/total, thousands(perSecond(done, took)), left.Round(time.Second))
}
