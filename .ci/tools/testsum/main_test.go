package main

import (
	"strings"
	"testing"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	const passed = `{"Action":"pass","Package":"p","Test":"TestA"}`
	tests := []struct {
		name   string
		in     []string
		want   summary
		ok     bool
		prints string // must be in the output
		hides  string // must not be
	}{
		{
			name: "a test that passes is counted and its log hidden",
			in: []string{
				`{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}`,
				passed,
				`{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`,
				`{"Action":"pass","Package":"p"}`,
			},
			want: summary{passed: 1}, ok: true, prints: "ok  \tp\t0.1s", hides: "chatter",
		},
		{
			name: "a skip fails and says why",
			in: []string{
				passed,
				`{"Action":"output","Package":"p","Test":"TestB","Output":"no server\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestB"}`,
			},
			want: summary{passed: 1, skipped: 1}, prints: "no server",
		},
		{
			name: "a package without tests is no skipped test",
			in:   []string{passed, `{"Action":"skip","Package":"q"}`},
			want: summary{passed: 1}, ok: true,
		},
		{
			name: "a failure fails and is shown",
			in: []string{
				passed,
				`{"Action":"output","Package":"p","Test":"TestB","Output":"got 1, want 2\n"}`,
				`{"Action":"fail","Package":"p","Test":"TestB"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			want: summary{passed: 1, failed: 1, failedPackages: 1}, prints: "got 1, want 2",
		},
		{
			name: "a build error fails and is shown",
			in: []string{
				passed,
				`{"ImportPath":"q","Action":"build-output","Output":"q.go:1: undefined: x\n"}`,
				`{"Action":"fail","Package":"q"}`,
			},
			want: summary{passed: 1, failedPackages: 1}, prints: "undefined: x",
		},
		{
			name: "a test that never ended is shown",
			in: []string{
				passed,
				`{"Action":"output","Package":"p","Test":"TestB","Output":"panic: boom\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			want: summary{passed: 1, failedPackages: 1}, prints: "panic: boom",
		},
		{
			name: "no test at all fails",
			in:   []string{`{"Action":"pass","Package":"p"}`},
		},
		{
			name:   "plain text passes through",
			in:     []string{passed, "go: cannot find module"},
			want:   summary{passed: 1},
			ok:     true,
			prints: "go: cannot find module",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			got, err := filter(strings.NewReader(strings.Join(test.in, "\n")), &out)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if got := got.ok(false); got != test.ok {
				t.Errorf("ok: got %t, want %t", got, test.ok)
			}
			if !strings.Contains(out.String(), test.prints) {
				t.Errorf("output lacks %q:\n%s", test.prints, out.String())
			}
			if test.hides != "" && strings.Contains(out.String(), test.hides) {
				t.Errorf("output shows %q:\n%s", test.hides, out.String())
			}
		})
	}
}

func TestAllowSkips(t *testing.T) {
	t.Parallel()
	if sum := (summary{passed: 1, skipped: 1}); !sum.ok(true) {
		t.Errorf("%+v: got a failure, want none when skips are allowed", sum)
	}
	if sum := (summary{passed: 1, skipped: 1, failed: 1}); sum.ok(true) {
		t.Errorf("%+v: got no failure, want one: a test failed", sum)
	}
}
