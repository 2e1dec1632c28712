package adaptertest

import (
	"context"
	"net/http"
	"sync"

	"github.com/djinn-go/djinn/core"
)

var concurrentCases = []testCase{
	{"concurrent/different-items", 5, "of two tabs one would undo what the other did", differentItems},
	{"concurrent/counter", 5, "a counter would lose counts", exactCounter},
	{"concurrent/rotations", 4, "a log-in in two tabs would leave a second key alive", twoRotations},
	{"concurrent/logout", 4, "a slow request would log the user in again", logoutDuringRequest},
	{"concurrent/hang-up", 7, "an impatient visitor would lose what the handler did", hangUp},
}

// meet makes n goroutines wait for each other.
func meet(n int) func() {
	var wg sync.WaitGroup
	wg.Add(n)
	return func() { wg.Done(); wg.Wait() }
}

// parallel sends all requests at once and returns the answers in their order.
func (e *env) parallel(paths ...string) []*answer {
	answers := make([]*answer, len(paths))
	var wg sync.WaitGroup
	for i, path := range paths {
		r := e.request(http.MethodGet, path)
		wg.Add(1)
		go func() {
			defer wg.Done()
			a, err := e.send(e.client, r)
			if err != nil {
				e.errorf("%s: %v", path, err)
			}
			answers[i] = a
		}()
	}
	wg.Wait()
	if len(e.failures) > 0 {
		panic(errStop)
	}
	return answers
}

func differentItems(e *env) {
	loaded := meet(2)
	set := func(name string) func(Ctx) {
		return func(c Ctx) {
			c.Session().Get("user")
			loaded()
			c.Session().Set(name, "bought")
			c.String(http.StatusOK, "done")
		}
	}
	e.start(App{Routes: map[string]func(Ctx){"/lamp": set("lamp"), "/carpet": set("carpet"), "/cart": func(c Ctx) {
		if !c.Session().Has("lamp") || !c.Session().Has("carpet") {
			e.errorf("two requests that set different items: got %v, want both", c.Session().Keys())
		}
		c.String(http.StatusOK, "cart")
	}}})
	e.seed()
	for _, a := range e.parallel("/lamp", "/carpet") {
		e.wantBody(a, http.StatusOK, "done")
	}
	e.wantBody(e.get("/cart"), http.StatusOK, "cart")
}

const counter core.Key[int] = "counter"

func exactCounter(e *env) {
	const clients, each = 8, 5
	e.start(App{Routes: map[string]func(Ctx){
		"/count": func(c Ctx) {
			counter.Update(c.Session(), func(n int) int { return n + 1 })
			c.String(http.StatusOK, "counted")
		},
		"/total": func(c Ctx) {
			if got := counter.Get(c.Session()); got != clients*each {
				e.errorf("counter: got %d, want %d", got, clients*each)
			}
			c.String(http.StatusOK, "total")
		},
	}})
	e.seed()
	paths := make([]string, clients)
	for i := range paths {
		paths[i] = "/count"
	}
	for range each {
		for _, a := range e.parallel(paths...) {
			e.wantBody(a, http.StatusOK, "counted")
		}
	}
	e.wantBody(e.get("/total"), http.StatusOK, "total")
}

func twoRotations(e *env) {
	loaded := meet(2)
	e.route("/login", func(c Ctx) {
		c.Session().Get("user")
		loaded()
		c.Session().CycleKey()
		c.String(http.StatusOK, "in")
	})
	e.seed()
	statuses := map[int]int{}
	for _, a := range e.parallel("/login", "/login") {
		statuses[a.StatusCode]++
		if a.StatusCode == http.StatusOK {
			e.wantCookies(a, 1)
		} else {
			e.wantCookies(a, 0)
		}
	}
	if statuses[http.StatusOK] > 1 || statuses[http.StatusOK]+statuses[http.StatusBadRequest] != 2 {
		e.errorf("two rotations: got statuses %v, want at most one 200, and 400 else", statuses)
	}
	if rows := e.store.rows(); rows > 1 {
		e.errorf("two rotations: got %d live keys, want at most one", rows)
	}
}

func logoutDuringRequest(e *env) {
	loaded, gone := make(chan struct{}), make(chan struct{})
	e.route("/slow", func(c Ctx) {
		c.Session().Get("user")
		close(loaded)
		<-gone
		c.Session().Set("cart", "lamp")
		c.String(http.StatusOK, "handler: bought")
	})
	e.seed()
	slow := e.request(http.MethodGet, "/slow")
	slow.Header.Set("Cookie", cookieName+"="+e.cookie())
	done := make(chan *answer, 1)
	go func() {
		a, err := e.send(&http.Client{Transport: e.transport, Timeout: patience}, slow)
		if err != nil {
			e.errorf("%v", err)
		}
		done <- a
	}()
	<-loaded
	e.wantBody(e.get("/flush"), http.StatusOK, "bye")
	close(gone)
	if a := <-done; a != nil {
		e.wantStatus(a, http.StatusBadRequest)
		e.wantNothingLeaked(a, "handler")
		e.wantCookies(a, 0)
	}
	e.wantRows("a request that outlived the logout", 0)
	e.wantUser("<nil>")
}

func hangUp(e *env) {
	ctx, cancel := context.WithCancel(context.Background())
	e.route("/slow", func(c Ctx) {
		c.Session().Get("user")
		cancel()
		<-c.Request().Context().Done()
		setJasmine(c.Session())
		c.String(http.StatusOK, "done")
	})
	e.seed()
	key := e.cookie()
	if _, err := e.send(e.client, e.request(http.MethodGet, "/slow").WithContext(ctx)); err == nil {
		e.errorf("a client that hangs up: got an answer")
	}
	e.stop() // waits for the handler
	if got := e.m.Open(context.Background(), key).Get("user"); got != "jasmine" {
		e.errorf("the client hung up: got user %v in the store, want jasmine", got)
	}
}
