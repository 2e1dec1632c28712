// Command testsum reads the output of go test -json, prints what a person
// wants to see of it, and counts.
//
// It prints each package's own lines (ok, FAIL, the shuffle seed), build
// errors, and the output of failed and skipped tests. It exits with 1 if a test
// failed, if a test was skipped, or if there was no test: a skip in CI is a
// service that is missing or a platform that is no longer tested, and neither
// may go unseen. With -allow-skips it only shows them: the race detector makes
// tests that count allocations skip.
//
// Usage:
//
//	go test -json ./... | testsum [-allow-skips]
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// summary counts tests and subtests, and whole packages that failed.
type summary struct {
	passed, failed, skipped int
	failedPackages          int
}

func (s summary) ok(allowSkips bool) bool {
	return s.failed == 0 && s.failedPackages == 0 && (allowSkips || s.skipped == 0) && s.passed > 0
}

func main() {
	allowSkips := flag.Bool("allow-skips", false, "show skipped tests, and do not fail because of them")
	flag.Parse()
	sum, err := filter(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
	if sum.skipped > 0 && !*allowSkips {
		fmt.Println("A skipped test counts as a failure here: see its reason above.")
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", sum.passed, sum.failed, sum.skipped)
	if !sum.ok(*allowSkips) {
		os.Exit(1)
	}
}

// filter copies the lines worth seeing from in to out.
func filter(in io.Reader, out io.Writer) (summary, error) {
	var sum summary
	outputs := make(map[string]*strings.Builder)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			// The go command prints its own complaints as plain text.
			fmt.Fprintln(out, lines.Text())
			continue
		}
		if e.Test == "" {
			sum.addPackage(e, out)
			continue
		}
		id := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			if strings.HasPrefix(e.Output, "=== ") {
				continue // RUN, PAUSE, CONT: when, not what
			}
			if outputs[id] == nil {
				outputs[id] = new(strings.Builder)
			}
			outputs[id].WriteString(e.Output)
		case "pass":
			sum.passed++
			delete(outputs, id)
		case "fail":
			sum.failed++
			printTest(out, outputs, id)
		case "skip":
			sum.skipped++
			printTest(out, outputs, id)
		}
	}
	// What is left belongs to tests that never ended: a panic, a timeout.
	for id := range outputs {
		printTest(out, outputs, id)
	}
	return sum, lines.Err()
}

// addPackage takes an event that belongs to no test.
func (s *summary) addPackage(e event, out io.Writer) {
	switch e.Action {
	case "output":
		if e.Output != "PASS\n" {
			fmt.Fprint(out, e.Output)
		}
	case "build-output":
		fmt.Fprint(out, e.Output)
	case "fail":
		s.failedPackages++
	}
}

func printTest(out io.Writer, outputs map[string]*strings.Builder, id string) {
	if text := outputs[id]; text != nil {
		fmt.Fprintf(out, "--- %s\n%s", id, text)
	}
	delete(outputs, id)
}
