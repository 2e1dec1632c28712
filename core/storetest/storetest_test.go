package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// textStore keeps text, uses it as the version, drops records at the moment they
// expire, and has no ability beyond core.Store: in all that the opposite of
// memstore. It is as small as a store that keeps the laws can be.
type textStore struct {
	mu   sync.Mutex
	rows map[string]textRow
}

type textRow struct {
	text    string
	expires time.Time
}

func (s *textStore) Format(f fmt.State, _ rune) { fmt.Fprint(f, "textStore") }

// row returns the live row under key, with the lock held.
func (s *textStore) row(key string) (textRow, bool) {
	row, ok := s.rows[key]
	if ok && !row.expires.After(time.Now()) {
		delete(s.rows, key)
		return textRow{}, false
	}
	return row, ok
}

func (s *textStore) Load(ctx context.Context, key string) (core.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return core.Record{}, err
	}
	row, ok := s.row(key)
	if !ok {
		return core.Record{}, core.ErrNotFound
	}
	return core.Record{Key: key, Encoded: row.text, ExpireDate: row.expires, Version: row.text}, nil
}

func (s *textStore) Create(ctx context.Context, rec core.Record) (string, error) {
	return s.write(ctx, rec, func(_ textRow, there bool) error {
		if there {
			return core.ErrExists
		}
		return nil
	})
}

func (s *textStore) Update(ctx context.Context, rec core.Record) (string, error) {
	return s.write(ctx, rec, func(row textRow, there bool) error {
		if !there {
			return core.ErrNotFound
		}
		if rec.Version != "" && rec.Version != row.text {
			return core.ErrConflict
		}
		return nil
	})
}

// write writes unless refuse finds a reason not to.
func (s *textStore) write(ctx context.Context, rec core.Record, refuse func(textRow, bool) error) (string, error) {
	text, err := rec.Encode()
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := refuse(s.row(rec.Key)); err != nil {
		return "", err
	}
	s.rows[rec.Key] = textRow{text, rec.ExpireDate.UTC().Truncate(time.Microsecond)}
	return rec.Key, nil
}

func (s *textStore) Delete(ctx context.Context, key string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	_, ok := s.row(key)
	delete(s.rows, key)
	return ok, nil
}

// wrapper is a store around another, whose abilities core.As finds.
type wrapper struct{ core.Store }

func (w wrapper) Unwrap() core.Store { return w.Store }

func newTextStore() core.Store { return &textStore{rows: map[string]textRow{}} }

// goodStores are as different as stores that keep every law can be.
var goodStores = map[string]func() core.Store{
	"memory":  func() core.Store { return must(memstore.New()) },
	"text":    newTextStore,
	"wrapped": func() core.Store { return wrapper{must(memstore.New())} },
	"faulty without a fault": func() core.Store {
		return newFaulty(func(*faulty) {})
	},
	// As a store that wraps another, of which it does not know whether it can.
	"without Touch and Rotate": func() core.Store { return newFaulty(unsupported) },
}

func unsupported(f *faulty) {
	f.touch = func(context.Context, core.Record) error {
		return fmt.Errorf("the store below has no Touch: %w", errors.ErrUnsupported)
	}
	f.rotate = func(context.Context, string, core.Record) (string, error) {
		return "", fmt.Errorf("the store below has no Rotate: %w", errors.ErrUnsupported)
	}
}

func TestGoodStoresPass(t *testing.T) {
	t.Parallel()
	for name, open := range goodStores {
		t.Run(name, func(t *testing.T) {
			Run(t, func(testing.TB) core.Store { return open() })
			if err := Check(func() (core.Store, error) { return open(), nil }); err != nil {
				t.Errorf("Check: got %v, want no error", err)
			}
		})
	}
}

// One store for all cases is what a test against a shared table has.
func TestCasesShareAStore(t *testing.T) {
	t.Parallel()
	store := must(memstore.New())
	if err := Check(func() (core.Store, error) { return store, nil }); err != nil {
		t.Errorf("Check on one store: got %v, want no error", err)
	}
}

// Abilities that change nothing are found in what a store wraps. Those that change a
// record are the outermost store's own: behind a wrapper the engine does not use them,
// and so they are not checked.
func TestAbilitiesOfWrappers(t *testing.T) {
	t.Parallel()
	broken := func(f *faulty) {
		f.touch = func(context.Context, core.Record) error { return nil }
		f.clear = func(context.Context, core.ClearOptions) (int64, error) { return 0, nil }
	}
	open := func() (core.Store, error) { return newFaulty(broken), nil }
	wrapped := func() (core.Store, error) { return wrapper{newFaulty(broken)}, nil }
	for name, tt := range map[string]struct {
		open  func() (core.Store, error)
		touch bool
	}{"bare": {open, true}, "wrapped": {wrapped, false}} {
		got := failedCases(t, Check(tt.open))
		if slices.Contains(got, "touch/extends") != tt.touch || !slices.Contains(got, "clear/expired-only") {
			t.Errorf("a %s store that neither touches nor clears: got failures %q, want touch/extends among them: %t, and clear/expired-only", name, got, tt.touch)
		}
	}
}

func TestWaivedLawsAreNotRun(t *testing.T) {
	t.Parallel()
	// As a store in the cookie itself, which nobody can revoke.
	irrevocable := func(f *faulty) {
		f.delete = func(context.Context, string) (bool, error) { return true, nil }
	}
	open := func() (core.Store, error) { return newFaulty(irrevocable), nil }
	if got := failedCases(t, Check(open)); !slices.Contains(got, "delete/removes") {
		t.Fatalf("a store that does not delete: got failures %q, want delete/removes among them", got)
	}
	err := Check(open, Waive(4, "the client holds the record"))
	Run(t, func(testing.TB) core.Store { return must(memstore.New()) }, Waive(4, "to see that Run takes it"), Waive(5, "as well"))
	for _, name := range failedCases(t, err) {
		if law := lawOf(name); law == 4 {
			t.Errorf("law 4 is waived: got a failure of %s", name)
		}
	}
}

func lawOf(name string) int {
	i := slices.IndexFunc(cases, func(c testCase) bool { return c.name == name })
	return cases[i].law
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		opt  Option
		want string
	}{
		{Waive(4, ""), "a waiver needs a reason"},
		{Waive(0, "no reason is enough"), "no case is about that law"},
		{Waive(13, "there are twelve"), "no case is about that law"},
		{Rounds(0), "at least one round"},
	} {
		err := Check(func() (core.Store, error) { return must(memstore.New()), nil }, tt.opt)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Check: got %v, want an error with %q", err, tt.want)
		}
	}
}

func TestMaxSizeLeavesOutLongTexts(t *testing.T) {
	t.Parallel()
	small := func(f *faulty) {
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			if len(rec.Values.AppendJSON(nil)) > 4096 {
				return "", core.ErrTooLarge
			}
			return f.good.Create(ctx, rec)
		}
	}
	open := func() (core.Store, error) { return newFaulty(small), nil }
	if got := failedCases(t, Check(open)); !slices.Contains(got, "load/long") {
		t.Errorf("a store of 4096 bytes: got failures %q, want load/long among them", got)
	}
	if err := Check(open, MaxSize(4096)); err != nil {
		t.Errorf("a store of 4096 bytes with MaxSize(4096): got %v, want no error", err)
	}
}

func TestExpiryPrecision(t *testing.T) {
	t.Parallel()
	seconds := func(f *faulty) {
		f.rewriteRecord(func(rec *core.Record) { rec.ExpireDate = rec.ExpireDate.Truncate(time.Second) })
	}
	open := func() (core.Store, error) { return newFaulty(seconds), nil }
	if err := Check(open); err == nil {
		t.Error("a store that keeps seconds: got no error, want one")
	}
	if err := Check(open, ExpiryPrecision(time.Second)); err != nil {
		t.Errorf("a store that keeps seconds with ExpiryPrecision(time.Second): got %v, want no error", err)
	}
}

func TestPanicsAreFailures(t *testing.T) {
	t.Parallel()
	for what, sabotage := range map[string]func(*faulty){
		"Load":   func(f *faulty) { f.load = func(context.Context, string) (core.Record, error) { panic("boom") } },
		"Update": func(f *faulty) { f.update = func(context.Context, core.Record) (string, error) { panic("boom") } },
		"Touch":  func(f *faulty) { f.touch = func(context.Context, core.Record) error { panic("boom") } },
		"Rotate": func(f *faulty) {
			f.rotate = func(context.Context, string, core.Record) (string, error) { panic("boom") }
		},
	} {
		err := Check(func() (core.Store, error) { return newFaulty(sabotage), nil })
		if err == nil || !strings.Contains(err.Error(), "panic: boom") {
			t.Errorf("a store whose %s panics: got %.200v, want the panic as a failure", what, err)
		}
	}
}

func TestOpenMayFail(t *testing.T) {
	t.Parallel()
	want := errors.New("no database")
	err := Check(func() (core.Store, error) { return nil, want })
	if !errors.Is(err, want) {
		t.Errorf("Check with an open that fails: got %v, want its error", err)
	}
}

func TestCasesAreDocumented(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.name] {
			t.Errorf("two cases are named %s", c.name)
		}
		seen[c.name] = true
		if c.why == "" || c.run == nil {
			t.Errorf("case %s: got no why or nothing to run", c.name)
		}
		if _, ok := laws[c.law]; !ok {
			t.Errorf("case %s: law %d has no title", c.name, c.law)
		}
		if strings.HasPrefix(c.name, "touch/") != (c.needs.name == "Toucher") {
			t.Errorf("case %s needs %q", c.name, c.needs.name)
		}
	}
	for law := range laws {
		if !slices.ContainsFunc(cases, func(c testCase) bool { return c.law == law }) {
			t.Errorf("law %d has a title and no case", law)
		}
	}
}
