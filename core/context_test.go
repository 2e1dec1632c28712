package core_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// Save is called with the request's context. What the store and the observer get
// carries no session: whoever looked for it there would wait for the very lock
// that Save holds.
func TestSaveHidesItsSession(t *testing.T) {
	t.Parallel()
	found := 0
	look := func(ctx context.Context) {
		if _, ok := core.FromContext(ctx); ok {
			found++
		}
	}
	m, err := core.New(lookingStore{must(memstore.New()), look}, core.Config{
		SecretKey: "only for tests",
		Observer:  func(ctx context.Context, _ core.Event) { look(ctx) },
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s := m.Session(r.Context())
		s.Set("a", 1)
		if err := s.Save(r.Context()); err != nil {
			t.Error(err)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if found != 0 {
		t.Errorf("the session was found %d times in a context under its own lock, want never", found)
	}
}

type lookingStore struct {
	core.Store
	look func(context.Context)
}

func (s lookingStore) Create(ctx context.Context, rec core.Record) (string, error) {
	s.look(ctx)
	return s.Store.Create(ctx, rec)
}
