package ginsession_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

func newManager(t testing.TB) *core.Manager {
	t.Helper()
	m, err := core.New(must(memstore.New()), core.Config{SecretKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func serve(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// HandleContext goes back to Gin's own writer: what is changed there is too late
// for a cookie, and must not leave a row.
func TestHandleContext(t *testing.T) {
	t.Parallel()
	var reported []string
	m, err := core.New(must(memstore.New()), core.Config{SecretKey: "secret", Observer: func(_ context.Context, e core.Event) {
		reported = append(reported, e.Kind.String())
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := gin.New()
	r.Use(ginsession.Middleware(m))
	r.GET("/new", ginsession.Handle(func(c *ginsession.Context) {
		c.Session().Set("item", "lamp")
		c.String(http.StatusOK, "new")
	}))
	r.GET("/old", func(c *gin.Context) {
		c.Request.URL.Path = "/new"
		r.HandleContext(c)
	})
	w := serve(r, "/old")
	if w.Body.String() != "new" || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("HandleContext: got body %q, want new without a cookie", w.Body)
	}
	if got := strings.Join(reported, " "); got != "late_change" {
		t.Errorf("a new session under HandleContext: got events %q, want late_change and nothing saved", got)
	}
}

// An error that nobody answers leaves Gin with an empty 200, past the session.
func TestUnansweredErrorIsReported(t *testing.T) {
	t.Parallel()
	reasons := make(chan string, 8)
	m, err := core.New(must(memstore.New()), core.Config{
		SecretKey: "secret",
		Logger:    slog.New(slog.DiscardHandler),
		Observer: func(_ context.Context, e core.Event) {
			if e.Kind == core.EventChangesDropped {
				reasons <- e.Reason
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := gin.New()
	r.Use(ginsession.Middleware(m))
	r.GET("/", func(c *gin.Context) {
		ginsession.From(c).Set("user", "jasmine")
		_ = c.Error(errors.New("nobody answers this"))
	})
	site := httptest.NewServer(r)
	defer site.Close()
	res, err := site.Client().Get(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	select {
	case got := <-reasons:
		if !strings.Contains(got, "nobody answered") {
			t.Errorf("the report says %q, want that nobody answered", got)
		}
	case <-time.After(5 * time.Second):
		t.Error("the change was dropped and nothing says so")
	}
}
