package adaptertest

import "net/http"

// panicCases are panics on either side of the framework's recovery.
var panicCases = func() []testCase {
	var cases []testCase
	for place, recovery := range map[string]Recovery{"inside": RecoveryInside, "outside": RecoveryOutside} {
		cases = append(cases,
			testCase{"panic/" + place, 7, "half-done work would be kept", func(e *env) { panicDrops(e, recovery) }},
			testCase{"panic/" + place + "/flush", 4, "a logout handler that panics would not log out", func(e *env) { panicFlushes(e, recovery) }},
			testCase{"panic/" + place + "/begun", 7, "a panic after the first byte would set a second cookie, or none", func(e *env) { panicBegun(e, recovery) }},
		)
	}
	return append(cases, testCase{"panic/unrecovered", 4, "a logout handler that panics would not log out", panicUnrecovered})
}()

func panicDrops(e *env, recovery Recovery) {
	e.start(App{Recovery: recovery, Routes: map[string]func(Ctx){
		"/panic": func(c Ctx) { setJasmine(c.Session()); panic("lamp") },
	}})
	e.seed()
	a := e.get("/panic")
	e.wantStatus(a, http.StatusInternalServerError)
	e.wantCookies(a, 0)
	e.wantUser("aladdin")
}

func panicFlushes(e *env, recovery Recovery) {
	e.start(App{Recovery: recovery, Routes: map[string]func(Ctx){
		"/panic": func(c Ctx) { c.Session().Flush(); panic("lamp") },
	}})
	e.seed()
	a := e.get("/panic")
	e.wantStatus(a, http.StatusInternalServerError)
	e.wantRows("Flush, then a panic", 0)
	e.wantUser("<nil>")
}

func panicBegun(e *env, recovery Recovery) {
	e.start(App{Recovery: recovery, Routes: map[string]func(Ctx){
		"/panic": func(c Ctx) { setJasmine(c.Session()); c.String(http.StatusOK, "first"); panic("lamp") },
	}})
	a := e.get("/panic")
	e.wantStatus(a, http.StatusOK)
	e.wantCookies(a, 1)
	e.wantUser("jasmine")
}

func panicUnrecovered(e *env) {
	e.route("/panic", func(c Ctx) { c.Session().Flush(); panic(http.ErrAbortHandler) })
	e.seed()
	if a, err := e.send(e.client, e.request(http.MethodGet, "/panic")); err == nil {
		e.errorf("a panic that nobody recovers: got status %d, want the connection closed", a.StatusCode)
	}
	e.wantRows("Flush, then a panic", 0)
}
