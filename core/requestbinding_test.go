package core_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// noDelete is a store that cannot delete.
type noDelete struct{ core.Store }

func (noDelete) Delete(context.Context, string) (bool, error) {
	return false, errors.New("read-only")
}

// beginStored begins an exchange with a browser that has a stored session.
func beginStored(t *testing.T, wrap func(core.Store) core.Store) (*core.RequestBinding, *core.Manager, string) {
	t.Helper()
	store := must(memstore.New())
	m, err := core.New(wrap(store), core.Config{SecretKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	s := m.Open(t.Context(), "")
	s.Set("user", "aladdin")
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: s.Key()})
	x := new(core.RequestBinding)
	x.Begin(m, httptest.NewRecorder(), r)
	return x, m, s.Key()
}

func TestLeave(t *testing.T) {
	t.Parallel()
	x, m, key := beginStored(t, func(s core.Store) core.Store { return s })
	x.Session().Flush()
	if later, err := x.Leave(http.StatusOK, false); !later || err != nil {
		t.Fatalf("Leave: got later %t, %v, want true and nil", later, err)
	}
	if alive, err := m.Exists(t.Context(), key); alive || err != nil {
		t.Errorf("the flushed session: got alive %t, %v; want it gone", alive, err)
	}
	if x.Committed() {
		t.Error("Committed after Leave: got true, want the commit still to come")
	}
	if err := x.Commit(http.StatusNotFound); err != nil || !x.Committed() {
		t.Errorf("Commit afterwards: got %v, committed %t; want nil, true", err, x.Committed())
	}
}

func TestLeaveFails(t *testing.T) {
	t.Parallel()
	x, m, key := beginStored(t, func(s core.Store) core.Store { return noDelete{s} })
	x.Session().Flush()
	_, err := x.Leave(http.StatusOK, false)
	if got := core.StatusCode(err); err == nil || got != http.StatusServiceUnavailable {
		t.Errorf("Leave: got %v, status %d; want a StoreError, 503", err, got)
	}
	if got := x.Commit(http.StatusNotFound); !errors.Is(got, err) {
		t.Errorf("Commit afterwards: got %v, want the same error", got)
	}
	if alive, _ := m.Exists(t.Context(), key); !alive {
		t.Error("the session is gone though the store could not delete it")
	}
}
