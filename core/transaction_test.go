package core_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// bank is a store with transactions: a database in small. What is written under
// the context of a transaction is seen there alone until it commits.
type bank struct {
	mu       sync.Mutex
	rows     map[string]core.Record
	versions int
}

func newBank() *bank { return &bank{rows: map[string]core.Record{}} }

type txKey struct{}

// tx is a transaction: the rows as it sees them, and which of them it wrote.
type tx struct {
	rows  map[string]core.Record
	wrote map[string]bool
}

// transaction is what a store offers its users: the session is saved with fn's
// statements, both or neither.
func (b *bank) transaction(ctx context.Context, s *core.Session, fn func(ctx context.Context) error) error {
	return s.Atomic(func() error {
		b.mu.Lock()
		from := b.rows
		if outer, ok := ctx.Value(txKey{}).(*tx); ok { // a savepoint
			from = outer.rows
		}
		t := &tx{rows: maps.Clone(from), wrote: map[string]bool{}}
		b.mu.Unlock()
		if err := fn(context.WithValue(core.WithTransaction(ctx), txKey{}, t)); err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		outer, nested := ctx.Value(txKey{}).(*tx)
		for key := range t.wrote {
			if nested {
				outer.wrote[key] = true
			}
			if rec, ok := t.rows[key]; ok {
				from[key] = rec
			} else {
				delete(from, key)
			}
		}
		return nil
	})
}

// write runs change on the rows that ctx sees.
func (b *bank) write(ctx context.Context, keys []string, change func(rows map[string]core.Record) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	t, ok := ctx.Value(txKey{}).(*tx)
	if !ok {
		return change(b.rows)
	}
	for _, key := range keys {
		t.wrote[key] = true
	}
	return change(t.rows)
}

func (b *bank) Load(ctx context.Context, key string) (rec core.Record, err error) {
	err = b.write(ctx, nil, func(rows map[string]core.Record) error {
		var found bool
		if rec, found = rows[key]; !found || !rec.ExpireDate.After(time.Now()) {
			return core.ErrNotFound
		}
		return nil
	})
	return rec, err
}

func (b *bank) put(rows map[string]core.Record, rec core.Record) {
	b.versions++
	rec.Version = strconv.Itoa(b.versions)
	rows[rec.Key] = rec
}

func (b *bank) Create(ctx context.Context, rec core.Record) (string, error) {
	return rec.Key, b.write(ctx, []string{rec.Key}, func(rows map[string]core.Record) error {
		if _, taken := rows[rec.Key]; taken {
			return core.ErrExists
		}
		b.put(rows, rec)
		return nil
	})
}

func expected(rows map[string]core.Record, key, version string) error {
	switch old, found := rows[key]; {
	case !found || !old.ExpireDate.After(time.Now()):
		return core.ErrNotFound
	case version != "" && version != old.Version:
		return core.ErrConflict
	default:
		return nil
	}
}

func (b *bank) Update(ctx context.Context, rec core.Record) (string, error) {
	return rec.Key, b.write(ctx, []string{rec.Key}, func(rows map[string]core.Record) error {
		err := expected(rows, rec.Key, rec.Version)
		if err == nil {
			b.put(rows, rec)
		}
		return err
	})
}

func (b *bank) Delete(ctx context.Context, key string) (existed bool, err error) {
	err = b.write(ctx, []string{key}, func(rows map[string]core.Record) error {
		_, existed = rows[key]
		delete(rows, key)
		return nil
	})
	return existed, err
}

// rotatingBank is a bank that renames rows in one step.
type rotatingBank struct{ *bank }

func (b rotatingBank) Rotate(ctx context.Context, old string, rec core.Record) (string, error) {
	return rec.Key, b.write(ctx, []string{old, rec.Key}, func(rows map[string]core.Record) error {
		err := expected(rows, old, rec.Version)
		if err == nil {
			delete(rows, old)
			b.put(rows, rec)
		}
		return err
	})
}

// content is what the table holds, without versions.
func (b *bank) content() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string]string{}
	for key, rec := range b.rows {
		all[key] = string(rec.Values.AppendJSON(nil))
	}
	return fmt.Sprint(all)
}

// newBankSite is a site on a bank, whose visitor has the items a, gone and count.
func newBankSite(t *testing.T, rotator bool) (*site, *bank) {
	b := newBank()
	st := newSite(t, core.Config{}, func(*spyStore) core.Store {
		if rotator {
			return rotatingBank{b}
		}
		return b
	})
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		s.Set("a", "old")
		s.Set("gone", 1)
		count.Set(s, 1)
	})
	return st, b
}

// inMemory is what a handler sees of a session. It asks for the items one by one,
// because Values makes the next change copy them.
func inMemory(s *core.Session) string {
	items := ""
	for _, name := range []string{"a", "b", "gone", "count", "user", "d", "mine"} {
		items += fmt.Sprintf("%s %v, ", name, s.Get(name))
	}
	return fmt.Sprintf("%skey %q, public ID %q, expires at browser close: %t, empty: %t, modified: %t, error: %v",
		items, s.Key(), s.PublicID(), s.ExpireAtBrowserClose(), s.IsEmpty(), s.Modified(), s.Err())
}

// atomicChanges is everything that can be done to a session.
var atomicChanges = map[string]func(*core.Session){
	"nothing":          func(*core.Session) {},
	"set":              func(s *core.Session) { s.Set("a", "new"); s.Set("b", 1) },
	"delete":           func(s *core.Session) { s.Delete("gone"); s.Pop("a") },
	"update functions": func(s *core.Session) { increment(s, nil); increment(s, nil); s.SetDefault("d", 1) },
	"expiry":           func(s *core.Session) { s.SetExpiry(0) },
	"expiry date":      func(s *core.Session) { s.SetExpiryDate(time.Now().Add(time.Minute)) },
	"mark":             func(s *core.Session) { s.MarkModified() },
	"clear":            func(s *core.Session) { s.Clear() },
	"clear and set":    func(s *core.Session) { s.Clear(); s.Set("b", 1) },
	"cycle":            func(s *core.Session) { s.CycleKey() },
	"log in":           func(s *core.Session) { login(s, nil) },
	"flush":            func(s *core.Session) { s.Flush() },
	"flush and set":    func(s *core.Session) { s.Flush(); s.Set("b", 1) },
	"what cannot be":   func(s *core.Session) { s.Set("b", make(chan int)) },
}

var errRolledBack = errors.New("the order cannot be taken")

// What fn did to the session is taken back, whether fn saved it in the
// transaction or not; the browser keeps its cookie and the cookie its session.
func TestAtomicTakesBack(t *testing.T) {
	t.Parallel()
	for name, change := range atomicChanges {
		for _, saves := range []bool{false, true} {
			for _, rotator := range []bool{false, true} {
				for _, panics := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/saved %t/rotator %t/panic %t", name, saves, rotator, panics), func(t *testing.T) {
						t.Parallel()
						st, b := newBankSite(t, rotator)
						rows, cookie := b.content(), st.cookie
						w := st.visit(func(s *core.Session, _ http.ResponseWriter) {
							before := inMemory(s)
							func() {
								defer func() {
									if p := recover(); (p != nil) != panics {
										t.Errorf("panic: got %v, want one: %t", p, panics)
									}
								}()
								err := b.transaction(t.Context(), s, func(ctx context.Context) error {
									change(s)
									if saves {
										_ = s.Save(ctx)
									}
									if panics {
										panic("fn")
									}
									return errRolledBack
								})
								if !errors.Is(err, errRolledBack) {
									t.Errorf("Atomic: got %v, want fn's error", err)
								}
							}()
							if got := inMemory(s); got != before {
								t.Errorf("the session afterwards: got %s, want %s", got, before)
							}
						})
						if w.Code != http.StatusOK || w.Header().Get("Set-Cookie") != "" {
							t.Errorf("response: got %d with cookie %q, want 200 and none", w.Code, w.Header().Get("Set-Cookie"))
						}
						if got := b.content(); got != rows || st.cookie != cookie {
							t.Errorf("the table: got %s, want %s", got, rows)
						}
					})
				}
			}
		}
	}
}

// Without an error all of it stands, as if there were no Atomic.
func TestAtomicKeeps(t *testing.T) {
	t.Parallel()
	for name, change := range atomicChanges {
		for _, saves := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/saved %t", name, saves), func(t *testing.T) {
				t.Parallel()
				plain, _ := newBankSite(t, true)
				want := plain.visit(func(s *core.Session, _ http.ResponseWriter) {
					s.Get("a")
					change(s)
					if saves {
						_ = s.Save(t.Context())
					}
				})
				st, b := newBankSite(t, true)
				got := st.visit(func(s *core.Session, _ http.ResponseWriter) {
					s.Get("a")
					if err := b.transaction(t.Context(), s, func(ctx context.Context) error {
						change(s)
						if saves {
							_ = s.Save(ctx)
						}
						return nil
					}); err != nil {
						t.Errorf("Atomic: got %v, want nil", err)
					}
				})
				if got.Code != want.Code || (got.Header().Get("Set-Cookie") == "") != (want.Header().Get("Set-Cookie") == "") {
					t.Errorf("response: got %d %q, want %d %q", got.Code, got.Header(), want.Code, want.Header())
				}
				for _, item := range []string{"a", "b", "gone", "count", "user", "d"} {
					if got, want := st.get(item), plain.get(item); got != want {
						t.Errorf("%s: got %v, want %v", item, got, want)
					}
				}
			})
		}
	}
}

// A session that is begun inside leaves neither a cookie nor a row.
func TestAtomicTakesBackANewSession(t *testing.T) {
	t.Parallel()
	for name, cookie := range map[string]string{"no cookie": "", "an unknown key": core.NewSessionKey()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBank()
			st := newSite(t, core.Config{}, func(*spyStore) core.Store { return b })
			st.cookie = cookie
			inside := ""
			fail := func(s *core.Session, _ http.ResponseWriter) {
				err := b.transaction(t.Context(), s, func(ctx context.Context) error {
					s.Set("user", "aladdin")
					if err := s.Save(ctx); err != nil {
						t.Error(err)
					}
					inside = s.Key()
					return errRolledBack
				})
				if err == nil || s.Key() != "" || s.PublicID() != "" {
					t.Errorf("afterwards: got error %v and a key: %t, want an error and none", err, s.Key() != "")
				}
			}
			w := st.visit(fail)
			if inside == "" || strings.Contains(w.Header().Get("Set-Cookie"), inside) || b.content() != "map[]" {
				t.Errorf("got cookie %q and rows %s, want none of the session that was taken back", w.Header().Get("Set-Cookie"), b.content())
			}
			// The rest of the request begins another one.
			st.visit(func(s *core.Session, w http.ResponseWriter) { fail(s, w); s.Set("lang", "de") })
			if st.cookie == inside || st.get("lang") != "de" || st.get("user") != nil {
				t.Errorf("a session begun afterwards: lang %v, user %v, want de and nil, under a key of its own", st.get("lang"), st.get("user"))
			}
		})
	}
}

// What the request had done before is still to be saved.
func TestAtomicLeavesPendingChanges(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before func(*core.Session)
		want   map[string]any
		rotate bool
	}{
		"set":             {func(s *core.Session) { s.Set("mine", 1) }, map[string]any{"mine": int64(1), "a": "old"}, false},
		"delete":          {func(s *core.Session) { s.Delete("gone") }, map[string]any{"gone": nil, "a": "old"}, false},
		"update function": {func(s *core.Session) { increment(s, nil) }, map[string]any{"count": int64(2)}, false},
		"clear":           {func(s *core.Session) { s.Clear(); s.Set("mine", 1) }, map[string]any{"mine": int64(1), "a": nil}, false},
		"cycle":           {func(s *core.Session) { s.CycleKey() }, map[string]any{"a": "old"}, true},
		"flush and set":   {func(s *core.Session) { s.Flush(); s.Set("mine", 1) }, map[string]any{"mine": int64(1), "a": nil}, true},
	}
	for name, tt := range tests {
		for changeName, change := range atomicChanges {
			for _, saves := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, then %s/saved %t", name, changeName, saves), func(t *testing.T) {
					t.Parallel()
					st, b := newBankSite(t, true)
					old := st.cookie
					w := st.visit(func(s *core.Session, _ http.ResponseWriter) {
						tt.before(s)
						before := inMemory(s)
						_ = b.transaction(t.Context(), s, func(ctx context.Context) error {
							change(s)
							if saves {
								_ = s.Save(ctx)
							}
							return errRolledBack
						})
						if got := inMemory(s); got != before {
							t.Errorf("the session afterwards: got %s, want %s", got, before)
						}
					})
					if w.Code != http.StatusOK || w.Header().Get("Set-Cookie") == "" {
						t.Errorf("response: got %d with cookie %q, want 200 and one", w.Code, w.Header().Get("Set-Cookie"))
					}
					for item, want := range tt.want {
						if got := st.get(item); got != want {
							t.Errorf("%s: got %v, want %v", item, got, want)
						}
					}
					if lives, _ := st.m.Exists(t.Context(), old); lives == tt.rotate || (st.cookie == old) == tt.rotate {
						t.Errorf("the old key lives: %t, want %t", lives, !tt.rotate)
					}
				})
			}
		}
	}
}

// Atomic within Atomic: the inner one is taken back alone, the outer one with it.
func TestAtomicNested(t *testing.T) {
	t.Parallel()
	for _, outerFails := range []bool{false, true} {
		for _, innerFails := range []bool{false, true} {
			for _, saves := range []bool{false, true} {
				t.Run(fmt.Sprintf("outer fails %t/inner fails %t/saved %t", outerFails, innerFails, saves), func(t *testing.T) {
					t.Parallel()
					st, b := newBankSite(t, true)
					old := st.cookie
					step := func(ctx context.Context, s *core.Session, item string, fails bool) error {
						s.CycleKey()
						s.Set(item, 1)
						increment(s, nil)
						if saves {
							if err := s.Save(ctx); err != nil {
								t.Error(err)
							}
						}
						if fails {
							return errRolledBack
						}
						return nil
					}
					w := st.visit(func(s *core.Session, _ http.ResponseWriter) {
						_ = b.transaction(t.Context(), s, func(ctx context.Context) error {
							_ = b.transaction(ctx, s, func(ctx context.Context) error { return step(ctx, s, "inner", innerFails) })
							return step(ctx, s, "outer", outerFails)
						})
					})
					if w.Code != http.StatusOK {
						t.Fatalf("status: got %d, want 200", w.Code)
					}
					wantCount, wantInner, wantOuter := int64(1), any(nil), any(nil)
					if !outerFails {
						wantOuter, wantCount = int64(1), wantCount+1
						if !innerFails {
							wantInner, wantCount = int64(1), wantCount+1
						}
					}
					if st.get("count") != wantCount || st.get("inner") != wantInner || st.get("outer") != wantOuter {
						t.Errorf("count %v, inner %v, outer %v, want %v, %v, %v",
							st.get("count"), st.get("inner"), st.get("outer"), wantCount, wantInner, wantOuter)
					}
					if (st.cookie == old) != outerFails || strings.Count(b.content(), "count") != 1 {
						t.Errorf("rows %s and a new key: %t, want one row and %t", b.content(), st.cookie != old, !outerFails)
					}
				})
			}
		}
	}
}

// After a rollback, what another request wrote meanwhile is neither overwritten
// nor undone.
func TestAtomicAndAnotherRequest(t *testing.T) {
	t.Parallel()
	st, b := newBankSite(t, true)
	other := *st
	w := st.visit(func(s *core.Session, _ http.ResponseWriter) {
		increment(s, nil)
		_ = b.transaction(t.Context(), s, func(ctx context.Context) error {
			s.Set("a", "new")
			if err := s.Save(ctx); err != nil {
				t.Error(err)
			}
			return errRolledBack
		})
		other.visit(func(s *core.Session, w http.ResponseWriter) { increment(s, w); s.Set("theirs", 1) })
		s.Set("mine", 1)
	})
	if w.Code != http.StatusOK {
		t.Fatalf("status: got %d, want 200", w.Code)
	}
	if st.get("count") != int64(3) || st.get("theirs") != int64(1) || st.get("mine") != int64(1) || st.get("a") != "old" {
		t.Errorf("count %v, theirs %v, mine %v, a %v, want 3, 1, 1, old", st.get("count"), st.get("theirs"), st.get("mine"), st.get("a"))
	}
	// Ended meanwhile: it stays so.
	w = st.visit(func(s *core.Session, _ http.ResponseWriter) {
		_ = b.transaction(t.Context(), s, func(ctx context.Context) error {
			increment(s, nil)
			_ = s.Save(ctx)
			return errRolledBack
		})
		other.visit(func(s *core.Session, _ http.ResponseWriter) { s.Flush() })
		increment(s, nil)
	})
	if w.Code != http.StatusBadRequest || b.content() != "map[]" {
		t.Errorf("after a logout: got status %d and rows %s, want 400 and none", w.Code, b.content())
	}
}

// versionless is a store that cannot tell what changed since it was asked.
type versionless struct{ core.Store }

func (s versionless) Load(ctx context.Context, key string) (core.Record, error) {
	rec, err := s.Store.Load(ctx, key)
	rec.Version = ""
	return rec, err
}

// Nor does it write what it knew before to a store that compares nothing.
func TestAtomicLooksBeforeTheNextWrite(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, func(s *spyStore) core.Store { return versionless{s} })
	st.visit(increment)
	other := *st
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		_ = s.Atomic(func() error {
			other.visit(func(s *core.Session, _ http.ResponseWriter) { s.Set("theirs", 1) })
			return errRolledBack
		})
		s.Set("mine", 1)
	})
	if st.get("theirs") != int64(1) || st.get("mine") != int64(1) {
		t.Errorf("theirs %v, mine %v, want 1 and 1", st.get("theirs"), st.get("mine"))
	}
}

// A Save that fails inside is fn's to report. The handler answers, and what was
// pending before is tried again.
func TestAtomicAndAFailedSave(t *testing.T) {
	t.Parallel()
	t.Run("interrupted", func(t *testing.T) {
		t.Parallel()
		st, b := newBankSite(t, true)
		other := *st
		w := st.visit(func(s *core.Session, w http.ResponseWriter) {
			s.Get("a")
			other.visit(func(s *core.Session, _ http.ResponseWriter) { s.Flush() })
			err := b.transaction(t.Context(), s, func(ctx context.Context) error {
				increment(s, nil)
				return s.Save(ctx)
			})
			if !errors.Is(err, core.ErrInterrupted) {
				t.Errorf("Atomic: got %v, want ErrInterrupted", err)
			}
			w.WriteHeader(http.StatusConflict)
		})
		if w.Code != http.StatusConflict || b.content() != "map[]" || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("got status %d, rows %s, cookie %q, want the handler's 409 and nothing", w.Code, b.content(), w.Header().Get("Set-Cookie"))
		}
	})
	for _, pending := range []bool{false, true} {
		t.Run(fmt.Sprintf("store down/pending %t", pending), func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, nil)
			st.visit(increment)
			w := st.visit(func(s *core.Session, w http.ResponseWriter) {
				if pending {
					increment(s, nil)
				}
				st.spy.setBefore(failOn("update", "rotate"))
				err := s.Atomic(func() error {
					login(s, nil)
					return s.Save(t.Context())
				})
				var down *core.StoreError
				if !errors.As(err, &down) {
					t.Errorf("Atomic: got %v, want a StoreError", err)
				}
				st.spy.setBefore(nil)
				w.WriteHeader(http.StatusConflict)
			})
			want := int64(1)
			if pending {
				want = 2
			}
			if w.Code != http.StatusConflict || st.get("count") != want || st.get("user") != nil {
				t.Errorf("got status %d, count %v, user %v, want 409, %d, nil", w.Code, st.get("count"), st.get("user"), want)
			}
		})
	}
}

// A session that could not be loaded inside of fn looks empty to it: what fn makes
// of that must not go out as if nobody were logged in.
func TestAtomicDoesNotHideThatTheStoreIsDown(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	old := st.cookie
	st.spy.setBefore(failOn("load"))
	w := st.visit(func(s *core.Session, w http.ResponseWriter) {
		err := s.Atomic(func() error {
			if !s.Has("count") {
				return errors.New("log in first")
			}
			return nil
		})
		fmt.Fprint(w, err)
	})
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "log in") || st.cookie != old {
		t.Errorf("got status %d and body %q, want 503 and nothing of the handler's", w.Code, w.Body)
	}
}

// A handler that goes on in spite of the failure has decided, inside of fn too.
func TestAtomicKeepsFailOpen(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	st.spy.setBefore(failOn("load"))
	w := st.visit(func(s *core.Session, w http.ResponseWriter) {
		s.Get("count")
		if err := s.Atomic(func() error { s.FailOpen(); return s.Err() }); err == nil {
			t.Error("Atomic: got nil, want the error of the load")
		}
		w.WriteHeader(http.StatusTeapot)
	})
	if w.Code != http.StatusTeapot {
		t.Errorf("status: got %d, want the handler's", w.Code)
	}
}

// Requests of one visitor roll back and commit at once: no change of a committed
// one is lost, and none of a rolled back one is left.
func TestAtomicConcurrently(t *testing.T) {
	t.Parallel()
	st, b := newBankSite(t, true)
	var wg sync.WaitGroup
	const each = 25
	for i := range 4 {
		wg.Add(1)
		browser := *st
		go func() {
			defer wg.Done()
			for range each {
				w := browser.visit(func(s *core.Session, _ http.ResponseWriter) {
					_ = s.Atomic(func() error {
						increment(s, nil)
						s.Set("rolled back", i)
						return errRolledBack
					})
					increment(s, nil)
				})
				if w.Code != http.StatusOK {
					t.Errorf("status: got %d, want 200", w.Code)
				}
			}
		}()
	}
	wg.Wait()
	if got := st.get("count"); got != int64(1+4*each) || strings.Contains(b.content(), "rolled back") {
		t.Errorf("count: got %v and rows %s, want %d and nothing rolled back", got, b.content(), 1+4*each)
	}
}

func TestInTransaction(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	if core.InTransaction(ctx) {
		t.Error("InTransaction of any context: got true, want false")
	}
	inner, cancel := context.WithCancel(core.WithTransaction(ctx))
	defer cancel()
	if !core.InTransaction(inner) || core.InTransaction(ctx) {
		t.Error("InTransaction below WithTransaction: got false, or true above it")
	}
}

// TestSaveConflictInTransaction: what a transaction has made of old data is not
// known here, so a save in it does not go over what another request wrote. Outside
// of one it does its changes again.
func TestSaveConflictInTransaction(t *testing.T) {
	t.Parallel()
	m, err := core.New(must(memstore.New()), core.Config{SecretKey: "only for tests"})
	if err != nil {
		t.Fatal(err)
	}
	first := m.Open(t.Context(), "")
	first.Set("cart", 2)
	if err := first.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := m.Open(t.Context(), first.Key())
	s.Set("seen", true) // loads
	other := m.Open(t.Context(), first.Key())
	other.Delete("cart")
	other.Set("name", "aladdin")
	if err := other.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	within := core.WithTransaction(t.Context())
	err = s.Atomic(func() error { return s.Save(within) })
	if !errors.Is(err, core.ErrConflict) {
		t.Fatalf("Save in a transaction: got error %v, want ErrConflict", err)
	}
	if err := s.Reload(t.Context()); err != nil {
		t.Fatalf("Reload: got error %v, want none", err)
	}
	if s.Has("cart") || core.Get[string](s, "name") != "aladdin" || !core.Get[bool](s, "seen") {
		t.Errorf("after Reload: got items %v, want the other request's and the change of this one", s.Keys())
	}
	if err := s.Save(within); err != nil {
		t.Errorf("Save in a transaction after Reload: got error %v, want none", err)
	}
	if _, err := m.Delete(t.Context(), first.Key()); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(t.Context()); !errors.Is(err, core.ErrInterrupted) {
		t.Errorf("Reload of a session that has ended: got error %v, want ErrInterrupted", err)
	}
}
