package adaptertest

import (
	"io"
	"net/http"
	"strings"
)

// responseCases are the ways to answer. Each sets an item first.
var responseCases = func() []testCase {
	const why = "a cookie that does not go out with this kind of response loses the session"
	ways := []struct {
		name, method string
		status       int
		answer       func(Ctx)
	}{
		{"string", "GET", 200, func(c Ctx) { c.String(200, "hello") }},
		{"string-404", "GET", 404, func(c Ctx) { c.String(404, "hello") }},
		{"json", "GET", 200, func(c Ctx) { c.JSON(200, map[string]int{"n": 1}) }},
		{"redirect", "GET", 302, func(c Ctx) { c.Redirect(302, "/plain") }},
		{"redirect-after-post", "POST", 303, func(c Ctx) { c.Redirect(303, "/plain") }},
		{"head", "HEAD", 200, func(c Ctx) { c.String(200, "hello") }},
		{"head-silent", "HEAD", 200, func(Ctx) {}},
		{"head-redirect", "HEAD", 302, func(c Ctx) { c.Redirect(302, "/plain") }},
		{"no-content", "GET", 204, func(c Ctx) { c.Status(204) }},
		{"not-modified", "GET", 304, func(c Ctx) { c.Status(304) }},
		{"status-only", "GET", 201, func(c Ctx) { c.Status(201) }},
		{"silent", "GET", 200, func(Ctx) {}},
		{"write", "GET", 200, func(c Ctx) { _, _ = c.Writer().Write([]byte("hello")) }},
		{"write-string", "GET", 200, func(c Ctx) { _, _ = io.WriteString(c.Writer(), "hello") }},
		{"write-header", "GET", 202, func(c Ctx) { c.Writer().WriteHeader(202); _, _ = io.WriteString(c.Writer(), "hello") }},
		{"large", "GET", 200, func(c Ctx) { c.String(200, strings.Repeat("hello ", 100_000)) }},
	}
	cases := make([]testCase, 0, len(ways)+1)
	for _, way := range ways {
		cases = append(cases, testCase{"response/" + way.name, 7, why, func(e *env) {
			e.route("/set", func(c Ctx) { c.Session().Set("user", "jasmine"); way.answer(c) })
			for _, visitor := range []string{"create", "load update"} {
				a := e.do(way.method, "/set")
				e.wantStatus(a, way.status)
				e.wantCookies(a, 1)
				e.wantUser("jasmine")
				if visitor == "create" {
					e.wantCalls(way.name+" of a new visitor, and a look", "create load")
					e.wantUserSet()
				}
			}
			e.wantNothingReported()
		}})
	}
	return append(cases, testCase{"response/body-intact", 7, "pages would be cut or doubled", bodyIntact})
}()

// wantUserSet changes the user, so that setting it again is a change.
func (e *env) wantUserSet() {
	e.wantBody(e.get("/seed"), http.StatusOK, "seeded")
	e.wantUser("aladdin")
}

func bodyIntact(e *env) {
	want := strings.Repeat("0123456789", 50_000)
	e.route("/set", func(c Ctx) { c.Session().Set("user", 1); c.String(http.StatusOK, want) })
	if a := e.get("/set"); a.body != want {
		e.errorf("a large body: got %d bytes, want %d", len(a.body), len(want))
	}
}
