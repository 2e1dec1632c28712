//go:build nightly

package clearload

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write docs/clearsessions.md")

const pageFile = "../../../docs/clearsessions.md"

const pageHead = `<!-- Written by go test -tags nightly -timeout 30m ./gormstore/dbtest/clearload -update -->

# Clearing expired sessions on a site that is in use

Django's table with %d rows of about 500 bytes that live and %d that have expired, scattered over the table; %d requests a
second through handlers, engine and store, of which every fifth changes its session, on %d sessions. Requests start when they are due, however
long the others take, and their time counts from then. Meanwhile, with the default settings,

- one cleaner removes the expired rows, then two at once remove as many again. A hundred times a second somebody saves an expired session by its key,
  as a slow request of Django's does: it lives again and must not be removed;
- then two cleaners run without end while requests extend sessions at the moment at which these expire.

Limits: no request fails, no deadlock reaches anybody, no living session is removed, no expired row is left; while rows are removed p99 is at
most 3 times what it is without a cleaner (100 ms on SQLite, which has one writer at a time), at 10,000 rows a second or more.

%s, %s, %d cores, clients and servers on the same machine. The load is the machine's load average when the run began: what is above
0 is other work.
`

// writePage makes the page of full runs.
func writePage(results []result, limits []limits) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, pageHead, full.live, full.expired, perSecond, full.inUse,
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.NumCPU())
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)) }
	for i, r := range results {
		fmt.Fprintf(&b, "\n## %s\n\nLoad %s.\n\n", r.version, r.machine)
		b.WriteString("| | requests | failed | deadlocks | p50 ms | p99 ms | max ms | rows removed | a second | extended meanwhile | living lost | expired left |\n")
		b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
		for _, p := range r.phases {
			failed := 0
			for _, n := range p.failed {
				failed += n
			}
			rate := "" // what expires sets the pace of the last phase
			if p.cleared > 1000 {
				rate = fmt.Sprintf("%.0f", p.perSecond())
			}
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %s | %s | %s | %d | %s | %d | %d | %d |\n", p.name, p.requests, failed, p.deadlocks,
				ms(p.p50), ms(p.p99), ms(p.max), p.cleared, rate, p.extended, p.lost, p.left)
		}
		if missed := limits[i].broken(r); len(missed) > 0 {
			fmt.Fprintf(&b, "\nLimits that this run missed:\n\n- %s\n", strings.Join(missed, "\n- "))
		}
	}
	return b.Bytes()
}

func savePage(t *testing.T, results []result, limits []limits) {
	t.Helper()
	if err := os.WriteFile(pageFile, writePage(results, limits), 0o644); err != nil {
		t.Fatal(err)
	}
}
