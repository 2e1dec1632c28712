package adaptertest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync/atomic"
	"time"
)

var streamCases = []testCase{
	{"stream/flush-first", 7, "an event stream flushes its headers first: the cookie would be lost and a row orphaned", flushFirst},
	{"stream/sse", 7, "events would arrive when the stream ends", serverSentEvents},
	{"stream/late-change-known", 7, "a template that has already written would lose what it sets", lateChangeKnown},
	{"stream/late-change-new", 7, "a row would be made that no browser knows, or the change lost in silence", lateChangeNew},
	{"stream/late-read", 12, "the page would depend on the cookie and caches would not know", lateRead},
	{"stream/after-request", 7, "a goroutine's changes would be lost in silence", afterRequest},
	{"stream/early-hints", 7, "a 103 would commit the session too early", earlyHints},
	{"stream/early-hints-sent", 7, "a 103 would not reach the browser", earlyHintsSent},
	{"stream/deadlines", 7, "a stream could not extend its deadline", deadlines},
}

func flushFirst(e *env) {
	e.route("/events", func(c Ctx) {
		setJasmine(c.Session())
		if err := http.NewResponseController(c.Writer()).Flush(); err != nil {
			e.errorf("Flush: got %v, want nil", err)
		}
		_, _ = io.WriteString(c.Writer(), "data: 1\n\n")
	})
	a := e.get("/events")
	e.wantBody(a, http.StatusOK, "data: 1\n\n")
	e.wantCookies(a, 1)
	e.wantCalls("Flush before the first write", "create")
	e.wantUser("jasmine")
}

func serverSentEvents(e *env) {
	received := make(chan struct{})
	e.route("/events", func(c Ctx) {
		setJasmine(c.Session())
		_, _ = io.WriteString(c.Writer(), "data: 1\n\n")
		c.Writer().(http.Flusher).Flush()
		select {
		case <-received:
			_, _ = io.WriteString(c.Writer(), "data: 2\n\n")
		case <-time.After(patience / 4):
			e.errorf("the first event did not reach the client before the handler ended")
		}
	})
	resp, err := e.client.Do(e.request(http.MethodGet, "/events"))
	if err != nil {
		e.fatalf("%v", err)
	}
	defer resp.Body.Close()
	body := bufio.NewReader(resp.Body)
	if line, err := body.ReadString('\n'); line != "data: 1\n" {
		e.errorf("first event: got %q, %v", line, err)
	}
	close(received)
	if rest, _ := io.ReadAll(body); string(rest) != "\ndata: 2\n\n" {
		e.errorf("the rest of the stream: got %q, want the second event", rest)
	}
	e.wantCookies(&answer{Response: resp}, 1)
	e.wantUser("jasmine")
}

func lateChangeKnown(e *env) {
	e.route("/late", func(c Ctx) {
		c.String(http.StatusOK, "first ")
		setJasmine(c.Session())
		_, _ = io.WriteString(c.Writer(), "second")
	})
	e.seed()
	e.wantBody(e.get("/late"), http.StatusOK, "first second")
	e.wantUser("jasmine")
}

func lateChangeNew(e *env) {
	e.route("/late", func(c Ctx) {
		c.Session().Get("user") // in time, so that only the change is late
		c.String(http.StatusOK, "first ")
		setJasmine(c.Session())
		_, _ = io.WriteString(c.Writer(), "second")
	})
	a := e.get("/late")
	e.wantBody(a, http.StatusOK, "first second")
	e.wantCookies(a, 0)
	e.wantRows("a new session after the first byte", 0)
	e.wantReported("a new session after the first byte")
}

func lateRead(e *env) {
	e.route("/late", func(c Ctx) {
		c.String(http.StatusOK, "first ")
		_, _ = fmt.Fprint(c.Writer(), c.Session().Get("user"))
	})
	e.seed()
	e.wantBody(e.get("/late"), http.StatusOK, "first aladdin")
	e.wantReported("a first read after the first byte")
}

func afterRequest(e *env) {
	ended, used := make(chan struct{}), make(chan struct{})
	e.route("/leak", func(c Ctx) {
		s := c.Session()
		s.Get("user")
		go func() {
			defer close(used)
			<-ended
			setJasmine(s)
		}()
		c.String(http.StatusOK, "done")
	})
	e.seed()
	e.get("/leak")
	e.wantNothingReported()
	close(ended)
	<-used
	e.wantReported("Set after the request")
	e.wantUser("aladdin")
}

// hint answers with 103 first and changes the session then.
func hint(c Ctx) {
	c.Writer().Header().Set("Link", "</style.css>; rel=preload")
	c.Writer().WriteHeader(http.StatusEarlyHints)
	setJasmine(c.Session())
	c.String(http.StatusOK, "page")
}

func earlyHints(e *env) {
	e.route("/hints", hint)
	a := e.get("/hints")
	e.wantBody(a, http.StatusOK, "page")
	e.wantCookies(a, 1)
	e.wantUser("jasmine")
}

func earlyHintsSent(e *env) {
	e.route("/hints", hint)
	var got atomic.Int64
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error { got.Store(int64(code)); return nil },
	})
	if _, err := e.send(e.client, e.request(http.MethodGet, "/hints").WithContext(ctx)); err != nil {
		e.fatalf("%v", err)
	}
	if got.Load() != http.StatusEarlyHints {
		e.errorf("informational response: got %d, want 103", got.Load())
	}
}

func deadlines(e *env) {
	e.route("/deadline", func(c Ctx) {
		rc := http.NewResponseController(c.Writer())
		if err := rc.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			e.errorf("SetWriteDeadline: got %v, want nil", err)
		}
		c.String(http.StatusOK, "done")
	})
	e.wantBody(e.get("/deadline"), http.StatusOK, "done")
}
