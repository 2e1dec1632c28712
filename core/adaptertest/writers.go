package adaptertest

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/djinn-go/djinn/core"
)

// writerCases are other middleware and the standard library's ways to write.
var writerCases = func() []testCase {
	const why = "the cookie must survive what others do to the response"
	timeout := func(h http.Handler) http.Handler { return http.TimeoutHandler(h, patience, "too late") }
	both := func(a, b func(http.Handler) http.Handler) func(http.Handler) http.Handler {
		return func(h http.Handler) http.Handler { return a(b(h)) }
	}
	ways := []struct {
		name string
		wrap func(http.Handler) http.Handler
	}{
		{"gzip", gzipped}, {"timeout", timeout},
		{"gzip-timeout", both(gzipped, timeout)}, {"timeout-gzip", both(timeout, gzipped)},
	}
	var cases []testCase
	for _, way := range ways {
		cases = append(cases,
			testCase{"wrapped/" + way.name + "-outside", 7, why, func(e *env) {
				e.start(App{Mounts: map[string]http.Handler{"/set": http.HandlerFunc(setPlain)}}, way.wrap)
				e.wantWrapped()
			}},
			testCase{"wrapped/" + way.name + "-inside", 7, why, func(e *env) {
				e.start(App{Mounts: map[string]http.Handler{"/set": way.wrap(http.HandlerFunc(setPlain))}})
				e.wantWrapped()
			}},
		)
	}
	return append(cases,
		testCase{"wrapped/gzip-inside-store-down", 6, "an error would be sent in the handler's encoding", gzipStoreDown},
		testCase{"file/copy", 7, "a copied file leaves by a way of its own", copyFile},
		testCase{"file/range", 7, "a part of a file, or its being unchanged, must carry the cookie too", serveContent},
	)
}()

const page = "open sesame, open sesame, open sesame"

// setPlain is a net/http handler that changes the session.
func setPlain(w http.ResponseWriter, r *http.Request) {
	s, ok := core.FromContext(r.Context())
	if !ok {
		http.Error(w, "no session in the context", http.StatusInternalServerError)
		return
	}
	setJasmine(s)
	fmt.Fprint(w, page)
}

func (e *env) wantWrapped() {
	a := e.get("/set")
	e.wantBody(a, http.StatusOK, page)
	e.wantCookies(a, 1)
	e.wantUser("jasmine")
	e.wantNothingReported()
}

// gzipped is a middleware that compresses, as small as one can be.
func gzipped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		z := gzip.NewWriter(w)
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Add("Vary", "Accept-Encoding")
		next.ServeHTTP(&gzipWriter{w, z}, r)
		_ = z.Close()
	})
}

type gzipWriter struct {
	http.ResponseWriter
	z *gzip.Writer
}

func (w *gzipWriter) Unwrap() http.ResponseWriter       { return w.ResponseWriter }
func (w *gzipWriter) Write(p []byte) (int, error)       { return w.z.Write(p) }
func (w *gzipWriter) WriteString(s string) (int, error) { return io.WriteString(w.z, s) }

func (w *gzipWriter) FlushError() error {
	if err := w.z.Flush(); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

func gzipStoreDown(e *env) {
	e.start(App{Mounts: map[string]http.Handler{"/set": gzipped(http.HandlerFunc(setPlain))}})
	e.seed()
	e.store.fail("update", errStore)
	a := e.get("/set")
	e.wantStatus(a, http.StatusServiceUnavailable)
	e.wantNothingLeaked(a, "sesame")
	e.wantCookies(a, 0)
	if a.Uncompressed || a.Header.Get("Content-Encoding") != "" {
		e.errorf("the error response: got Content-Encoding gzip, want none")
	}
}

// ownFile is a file that is there: the program itself.
func (e *env) ownFile() *os.File {
	path, err := os.Executable()
	if err != nil {
		e.fatalf("%v", err)
	}
	f, err := os.Open(path)
	if err != nil {
		e.fatalf("%v", err)
	}
	return f
}

func copyFile(e *env) {
	const size = 1 << 20
	e.route("/file", func(c Ctx) {
		f := e.ownFile()
		defer f.Close()
		setJasmine(c.Session())
		if n, err := io.Copy(c.Writer(), io.LimitReader(f, size)); n != size || err != nil {
			e.errorf("io.Copy: got %d, %v; want %d, nil", n, err, size)
		}
	})
	a := e.get("/file")
	e.wantStatus(a, http.StatusOK)
	if len(a.body) != size {
		e.errorf("a copied file: got %d bytes, want %d", len(a.body), size)
	}
	e.wantCookies(a, 1)
	e.wantUser("jasmine")
}

func serveContent(e *env) {
	modified := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	e.route("/file", func(c Ctx) {
		setJasmine(c.Session())
		http.ServeContent(c.Writer(), c.Request(), "page.txt", modified, strings.NewReader(page))
	})
	part := e.request(http.MethodGet, "/file")
	part.Header.Set("Range", "bytes=5-10")
	unchanged := e.request(http.MethodGet, "/file")
	unchanged.Header.Set("If-Modified-Since", modified.Format(http.TimeFormat))
	for want, r := range map[int]*http.Request{http.StatusPartialContent: part, http.StatusNotModified: unchanged} {
		a, err := e.send(e.browser(), r)
		if err != nil {
			e.fatalf("%v", err)
		}
		e.wantStatus(a, want)
		e.wantCookies(a, 1)
		if want == http.StatusPartialContent && a.body != page[5:11] {
			e.errorf("a range: got %q, want %q", a.body, page[5:11])
		}
	}
}
