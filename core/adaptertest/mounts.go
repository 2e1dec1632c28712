package adaptertest

import (
	"net/http"

	"github.com/djinn-go/djinn/core"
)

var mountCases = []testCase{
	{"mount/twice", 7, "two cookies would go out, and the session be loaded and saved twice", mountedTwice},
	{"mount/two-managers", 7, "the site's session and the admin's would overwrite each other", twoManagers},
	{"mount/from-context", 7, "code below the handler would not find the session", fromContext},
}

func mountedTwice(e *env) {
	e.m = e.manager(func(cfg *core.Config) { cfg.SaveEveryRequest = true }) // an inner session would do it again
	e.start(App{Managers: []*core.Manager{e.m, e.m}, Routes: map[string]func(Ctx){
		"/set": func(c Ctx) { setJasmine(c.Session()); c.String(http.StatusOK, "set") },
	}})
	e.seed()
	a := e.get("/set")
	e.wantBody(a, http.StatusOK, "set")
	e.wantCookies(a, 1)
	e.wantCalls("mounted twice", "load update")
	e.wantUser("jasmine")
}

func twoManagers(e *env) {
	admin := e.manager(func(cfg *core.Config) { cfg.CookieName = "adminid" })
	e.start(App{Managers: []*core.Manager{e.m, admin}, Routes: map[string]func(Ctx){
		"/both": func(c Ctx) {
			if c.Session() != admin.Session(c.Request().Context()) {
				e.errorf("the framework's own accessor: got the outer session, want the innermost")
			}
			e.m.Session(c.Request().Context()).Set("user", "aladdin")
			admin.Session(c.Request().Context()).Set("user", "jafar")
			c.String(http.StatusOK, "set")
		},
		"/who": func(c Ctx) {
			site := core.Get[string](e.m.Session(c.Request().Context()), "user")
			c.String(http.StatusOK, site+" "+core.Get[string](admin.Session(c.Request().Context()), "user"))
		},
	}})
	a := e.get("/both")
	e.wantCookies(a, 1)
	if got := len(setCookies(a, "adminid")); got != 1 {
		e.errorf("the second manager: got %d Set-Cookie of adminid, want 1", got)
	}
	e.wantBody(e.get("/who"), http.StatusOK, "aladdin jafar")
	e.store.took()
	e.get("/plain")
	e.wantCalls("untouched under two managers", "")
}

func fromContext(e *env) {
	e.route("/same", func(c Ctx) {
		s, ok := core.FromContext(c.Request().Context())
		if !ok || s != c.Session() {
			e.errorf("core.FromContext of the request's context: got another session than the framework's accessor, or none")
		}
		c.String(http.StatusOK, "same")
	})
	e.wantBody(e.get("/same"), http.StatusOK, "same")
}
