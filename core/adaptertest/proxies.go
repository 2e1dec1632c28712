package adaptertest

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
)

var proxyCases = []testCase{
	{"proxy/untouched", 7, "a Django site behind the proxy could not log anybody in", proxyUntouched},
	{"proxy/modified", 7, "two cookies of one name would go out, and browsers pick one", proxyModified},
}

// proxied serves a program that passes requests on to a site that sets the
// session cookie itself.
func proxied(e *env, before func(Ctx)) *answer {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", cookieName+"=upstream; Path=/")
		_, _ = io.WriteString(w, "from upstream")
	}))
	defer upstream.Close()
	target, err := url.Parse(upstream.URL)
	if err != nil {
		e.fatalf("%v", err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorLog: log.New(io.Discard, "", 0),
	}
	e.start(App{Before: before, Mounts: map[string]http.Handler{"/proxy": proxy}})
	a := e.get("/proxy")
	e.wantBody(a, http.StatusOK, "from upstream")
	e.wantCookies(a, 1)
	return a
}

func proxyUntouched(e *env) {
	a := proxied(e, nil)
	if got := strings.Join(setCookies(a, cookieName), ""); !strings.HasPrefix(got, cookieName+"=upstream;") {
		e.errorf("the session is untouched: got another cookie than the upstream's")
	}
	e.wantCalls("an untouched session", "")
}

func proxyModified(e *env) {
	proxied(e, func(c Ctx) {
		if c.Request().URL.Path == "/proxy" {
			setJasmine(c.Session())
		}
	})
	e.wantUser("jasmine")
}
