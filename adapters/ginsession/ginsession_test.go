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

func TestFromWithoutMiddlewareNamesTheCure(t *testing.T) {
	t.Parallel()
	defer func() {
		if got, _ := recover().(string); !strings.Contains(got, "ginsession.Middleware") {
			t.Errorf("From without the middleware: got panic %q, want one that names the cure", got)
		}
	}()
	r := gin.New()
	r.GET("/", func(c *gin.Context) { ginsession.From(c) })
	serve(r, "/")
}

// shop is a team's own context.
type shop struct {
	*gin.Context
	cart *core.Session
}

func TestHandleWith(t *testing.T) {
	t.Parallel()
	r := gin.New()
	r.Use(ginsession.Middleware(newManager(t)))
	r.GET("/", ginsession.HandleWith(
		func(c *gin.Context) shop { return shop{c, ginsession.From(c)} },
		func(c shop) { c.cart.Set("item", "lamp"); c.String(http.StatusOK, "lamp") }))
	w := serve(r, "/")
	if w.Code != http.StatusOK || w.Body.String() != "lamp" || w.Header().Get("Set-Cookie") == "" {
		t.Errorf("HandleWith: got %d %q, want 200, lamp and a cookie", w.Code, w.Body)
	}
}

func TestWithSkipper(t *testing.T) {
	t.Parallel()
	r := gin.New()
	r.Use(ginsession.Middleware(newManager(t), ginsession.WithSkipper(func(c *gin.Context) bool {
		return c.Request.URL.Path == "/health"
	})))
	has := func(c *gin.Context) {
		_, ok := core.FromContext(c.Request.Context())
		c.String(http.StatusOK, "%t", ok)
	}
	r.GET("/health", has)
	r.GET("/shop", has)
	for path, want := range map[string]string{"/health": "false", "/shop": "true"} {
		if got := serve(r, path).Body.String(); got != want {
			t.Errorf("%s has a session: got %s, want %s", path, got, want)
		}
	}
}

func TestWithErrorHandler(t *testing.T) {
	t.Parallel()
	r := gin.New()
	r.Use(ginsession.Middleware(newManager(t), ginsession.WithErrorHandler(func(c *gin.Context, err error) {
		var enc *core.EncodeError
		if !errors.As(err, &enc) {
			t.Errorf("got error %v, want the EncodeError", err)
		}
		c.String(http.StatusTeapot, "sorry")
	})))
	r.GET("/", ginsession.Handle(func(c *ginsession.Context) {
		c.Session().Set("channel", make(chan int))
		c.String(http.StatusOK, "fine")
	}))
	w := serve(r, "/")
	if w.Code != http.StatusTeapot || w.Body.String() != "sorry" {
		t.Errorf("WithErrorHandler: got %d %q, want 418 sorry", w.Code, w.Body)
	}
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
