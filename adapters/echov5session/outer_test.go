package echov5session_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/djinn-go/djinn/adapters/echov5session"
	"github.com/djinn-go/djinn/core"
)

// A status that outer middleware holds back decides all the same whether changes
// are saved.
func TestStatusHeldBack(t *testing.T) {
	t.Parallel()
	sessions := echov5session.Middleware(newManager(t))
	r := echo.NewWithConfig(echo.Config{Router: echo.NewRouter(echo.RouterConfig{AutoHandleHEAD: true})})
	answer := func(status int) echo.HandlerFunc {
		return func(c *echo.Context) error {
			echov5session.From(c).Set("item", "lamp")
			return c.NoContent(status)
		}
	}
	r.GET("/good", answer(http.StatusOK), sessions)
	r.GET("/broken", answer(http.StatusInternalServerError), sessions)
	for path, want := range map[string]struct{ status, cookies int }{
		"/good": {http.StatusOK, 1}, "/broken": {http.StatusInternalServerError, 0},
	} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodHead, path, nil))
		if cookies := len(w.Header()["Set-Cookie"]); w.Code != want.status || cookies != want.cookies {
			t.Errorf("HEAD %s: got %d and %d cookies, want %d and %d", path, w.Code, cookies, want.status, want.cookies)
		}
	}
}

// A handler may write to Echo's response itself, around what others have put in
// front of it.
func TestUnwrapResponse(t *testing.T) {
	t.Parallel()
	r := echo.New()
	r.Use(middleware.Gzip(), echov5session.Middleware(newManager(t)))
	r.GET("/", func(c *echo.Context) error {
		echov5session.From(c).Set("item", "lamp")
		res, err := echo.UnwrapResponse(c.Response())
		if err != nil {
			return err
		}
		_, err = io.WriteString(res, "lamp")
		return err
	})
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if got := len(w.Result().Cookies()); got != 1 || w.Body.String() != "lamp" {
		t.Errorf("written to Echo's response: got %q and %d cookies in time, want lamp and 1", w.Body, got)
	}
}

// Hooks run before the session is saved, and can change it.
func TestBefore(t *testing.T) {
	t.Parallel()
	r := echo.New()
	r.Use(echov5session.Middleware(newManager(t)))
	r.GET("/", func(c *echo.Context) error {
		res, err := echo.UnwrapResponse(c.Response())
		if err != nil {
			return err
		}
		res.Before(func() { echov5session.From(c).Set("item", "lamp") })
		return c.String(http.StatusOK, "lamp")
	})
	if got := len(serve(r, "/").Result().Cookies()); got != 1 {
		t.Errorf("a session that Response.Before has set: got %d cookies, want 1", got)
	}
}

// opaque is a writer that hides what is below it.
type opaque struct{ w http.ResponseWriter }

func (o opaque) Header() http.Header         { return o.w.Header() }
func (o opaque) Write(p []byte) (int, error) { return o.w.Write(p) }
func (o opaque) WriteHeader(status int)      { o.w.WriteHeader(status) }

func TestHiddenResponse(t *testing.T) {
	t.Parallel()
	r := echo.New()
	r.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			c.SetResponse(opaque{c.Response()})
			return next(c)
		}
	}, echov5session.Middleware(newManager(t)))
	r.GET("/", func(c *echo.Context) error {
		echov5session.From(c).Set("item", "lamp")
		return c.String(http.StatusOK, "lamp")
	})
	r.GET("/fail", func(c *echo.Context) error {
		echov5session.From(c).Set("item", "lamp")
		return echo.ErrNotFound
	})
	for path, want := range map[string]int{"/": http.StatusOK, "/fail": http.StatusNotFound} {
		w := serve(r, path)
		if got := len(w.Result().Cookies()); w.Code != want || got != 1 || w.Body.Len() == 0 {
			t.Errorf("%s: got %d %q and %d cookies, want %d, a body and 1", path, w.Code, w.Body, got, want)
		}
	}
}

// The session cannot be saved when the HTTPErrorHandler answers, and Gzip, outside,
// has ended: the second answer goes out as plain JSON. So it does where middleware
// between the two asks the HTTPErrorHandler, while Gzip is at work.
func TestSaveFailsWhileAnswering(t *testing.T) {
	t.Parallel()
	asks := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			err := next(c)
			if err != nil {
				c.Echo().HTTPErrorHandler(c, err)
			}
			return err
		}
	}
	for name, between := range map[string][]echo.MiddlewareFunc{"ended": nil, "at work": {asks}} {
		r := echo.New()
		r.Logger = slog.New(slog.DiscardHandler)
		r.Use(middleware.Gzip())
		r.Use(between...)
		r.Use(echov5session.Middleware(newManager(t)))
		r.GET("/", func(c *echo.Context) error {
			echov5session.From(c).Set("channel", make(chan int))
			return echo.NewHTTPError(http.StatusConflict, "sold out")
		})
		server := httptest.NewServer(r)
		resp, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		server.Close()
		if want := "{\"message\":\"Internal Server Error\"}\n"; resp.StatusCode != http.StatusInternalServerError || string(body) != want || err != nil {
			t.Errorf("Gzip %s: got %d %q, %v; want 500 and %q", name, resp.StatusCode, body, err, want)
		}
	}
}

// A flush that cannot save the session leaves no trace in Gzip, outside.
func TestSaveFailsAtFlush(t *testing.T) {
	t.Parallel()
	r := echo.New()
	r.Use(middleware.Gzip(), echov5session.Middleware(newManager(t)))
	r.GET("/", func(c *echo.Context) error {
		echov5session.From(c).Set("channel", make(chan int))
		var enc *core.EncodeError
		if err := http.NewResponseController(c.Response()).Flush(); !errors.As(err, &enc) {
			t.Errorf("Flush: got %v, want the EncodeError", err)
		}
		return nil
	})
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if want := "{\"message\":\"Internal Server Error\"}\n"; w.Code != http.StatusInternalServerError || w.Body.String() != want {
		t.Errorf("got %d %q, want 500 and %q", w.Code, w.Body, want)
	}
}

// What outer middleware's writers can do, handlers find without http.ResponseController.
func TestOuterInterfaces(t *testing.T) {
	t.Parallel()
	r := echo.New()
	r.Use(middleware.BodyDump(func(*echo.Context, []byte, []byte, error) {}), echov5session.Middleware(newManager(t)))
	r.GET("/", func(c *echo.Context) error {
		if _, ok := c.Response().(http.Hijacker); !ok {
			t.Errorf("%T: got no http.Hijacker", c.Response())
		}
		c.Response().(http.Flusher).Flush()
		return nil
	})
	if w := serve(r, "/"); !w.Flushed {
		t.Error("http.Flusher: got nothing flushed")
	}
}

// An informational response of the HTTPErrorHandler is not yet its answer.
func TestEarlyHintsOfErrorHandler(t *testing.T) {
	t.Parallel()
	r := echo.New()
	r.Logger = slog.New(slog.DiscardHandler)
	r.HTTPErrorHandler = func(c *echo.Context, _ error) {
		c.Response().WriteHeader(http.StatusEarlyHints)
		_ = c.String(http.StatusNotFound, "nothing here")
	}
	r.Use(echov5session.Middleware(newManager(t)))
	r.GET("/", func(c *echo.Context) error { echov5session.From(c).Set("item", "lamp"); return echo.ErrNotFound })
	server := httptest.NewServer(r)
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := len(resp.Cookies()); got != 1 {
		t.Errorf("an error page after a 103: got %d cookies, want 1", got)
	}
}

// closing is net/http middleware that, as a compressing one does, passes nothing on
// once it has ended.
func closing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &closingWriter{ResponseWriter: w}
		defer func() { c.closed = true }()
		next.ServeHTTP(c, r)
	})
}

type closingWriter struct {
	http.ResponseWriter
	closed bool
}

func (w *closingWriter) Write(p []byte) (int, error) {
	if w.closed {
		return 0, errors.New("closed")
	}
	return w.ResponseWriter.Write(p)
}

// echo.WrapMiddleware leaves its writer behind, but errors are answered without it.
func TestErrorAfterWrapMiddleware(t *testing.T) {
	t.Parallel()
	r := echo.New()
	r.Use(echov5session.Middleware(newManager(t)), echo.WrapMiddleware(closing))
	r.GET("/", func(*echo.Context) error { return echo.NewHTTPError(http.StatusConflict, "sold out") })
	w := serve(r, "/")
	if want := "{\"message\":\"sold out\"}\n"; w.Code != http.StatusConflict || w.Body.String() != want {
		t.Errorf("got %d %q, want 409 and %q", w.Code, w.Body, want)
	}
}

// The HTTPErrorHandler finds the cause in the error.
func TestErrorWrapsTheCause(t *testing.T) {
	t.Parallel()
	r := echo.New()
	r.HTTPErrorHandler = func(c *echo.Context, err error) {
		var enc *core.EncodeError
		if !errors.As(err, &enc) {
			t.Errorf("got error %v, want one that wraps the EncodeError", err)
		}
		if got := echo.StatusCode(err); got != http.StatusInternalServerError {
			t.Errorf("got status %d, want 500", got)
		}
		_ = c.NoContent(http.StatusTeapot)
	}
	r.Use(echov5session.Middleware(newManager(t)))
	r.GET("/", func(c *echo.Context) error {
		echov5session.From(c).Set("channel", make(chan int))
		return c.String(http.StatusOK, "fine")
	})
	if got := serve(r, "/").Code; got != http.StatusTeapot {
		t.Errorf("got %d, want the error handler's 418", got)
	}
}
