package suite

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
)

var errLamp = errors.New("no lamp")

// lines are the first lines of what a case reported: the rest of a panic is its stack.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	var all []string
	for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
		line, _, _ := strings.Cut(err.Error(), "\n")
		all = append(all, line)
	}
	return all
}

func TestRun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		run  func(T)
		want []string
	}{
		"passes":          {func(T) {}, nil},
		"goes on":         {func(c T) { c.Errorf("%d", 1); c.Errorf("2") }, []string{"1", "2"}},
		"ends":            {func(c T) { c.Fatalf("%d", 1); c.Errorf("2") }, []string{"1"}},
		"ends at a panic": {func(c T) { c.Errorf("1"); panic("boom") }, []string{"1", "panic: boom"}},
		"names the place": {func(c T) { c.At("after %s", "Create").At("100%%").Errorf("1") }, []string{"after Create: 100%: 1"}},
		"keeps its place": {func(c T) { c.At("after Create"); c.Errorf("1") }, []string{"1"}},
		"ends at a place": {func(c T) { c.At("here").Fatalf("1"); c.Errorf("2") }, []string{"here: 1"}},
		"ends together": {func(c T) {
			c.Together(3, func(i int) {
				if i == 1 {
					c.Fatalf("1")
				}
			})
			c.Errorf("2")
		}, []string{"1"}},
		"ends at a panic together": {func(c T) {
			c.Together(3, func(i int) {
				if i == 1 {
					panic("boom")
				}
			})
			c.Errorf("2")
		}, []string{"panic: boom"}},
		"goes on after an error together": {func(c T) {
			c.Together(3, func(i int) {
				if i == 1 {
					c.Errorf("1")
				}
			})
			c.Errorf("2")
		}, []string{"1", "2"}},
	} {
		if got := lines(Run(tt.run)); !slices.Equal(got, tt.want) {
			t.Errorf("a case that %s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestFailuresWrapErrors(t *testing.T) {
	t.Parallel()
	err := Run(func(c T) { c.At("in the cave").Fatalf("rub: got %w, want no error", errLamp) })
	if !errors.Is(err, errLamp) {
		t.Errorf("a failure with %%w: got %v, want one that wraps %v", err, errLamp)
	}
}

// Each waits for the others: only what runs at the same time comes to an end.
func TestTogetherIsAtTheSameTime(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	all.Add(4)
	if err := Run(func(c T) {
		c.Together(4, func(int) { all.Done(); all.Wait() })
	}); err != nil {
		t.Errorf("got %v, want no failure", err)
	}
}
