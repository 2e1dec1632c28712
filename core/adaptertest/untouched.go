package adaptertest

import "net/http"

var untouchedCases = []testCase{
	{"untouched/no-io", 1, "pages that need no session would wait for the store", untouchedNoIO},
	{"untouched/unknown-route", 1, "every 404 would wait for the store", untouchedUnknownRoute},
	{"untouched/nothing-created", 2, "every visitor and crawler would leave a row and get a cookie", nothingCreated},
}

func untouchedNoIO(e *env) {
	e.start(App{})
	for _, visitor := range []string{"without a session", "with a session"} {
		a := e.get("/plain")
		e.wantBody(a, http.StatusOK, "plain")
		e.wantCalls("untouched, "+visitor, "")
		e.wantCookies(a, 0)
		e.wantHeader(a, "Vary", "")
		e.wantHeader(a, "Cache-Control", "")
		e.seed()
	}
}

func untouchedUnknownRoute(e *env) {
	e.start(App{})
	e.seed()
	a := e.get("/nowhere")
	e.wantStatus(a, http.StatusNotFound)
	e.wantCalls("an unknown route", "")
	e.wantCookies(a, 0)
}

func nothingCreated(e *env) {
	routes := map[string]func(Ctx){
		"/read":   func(c Ctx) { c.Session().Get("user") },
		"/undone": func(c Ctx) { c.Session().Set("user", 1); c.Session().Delete("user") },
		"/flush":  func(c Ctx) { c.Session().Flush() },
		"/cycle":  func(c Ctx) { c.Session().CycleKey() },
	}
	for path, h := range routes {
		routes[path] = func(c Ctx) { h(c); c.String(http.StatusOK, "done") }
	}
	e.start(App{Routes: routes})
	for path := range routes {
		a := e.get(path)
		e.wantBody(a, http.StatusOK, "done")
		e.wantCookies(a, 0)
		e.wantCalls(path+" without a session", "")
	}
}
