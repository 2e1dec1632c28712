package adaptertest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/djinn-go/djinn/core"
)

// flaws are the mistakes that an adapter for net/http can make. Without any it is
// a right one.
type flaws struct {
	loadsAtOnce     bool // touches every session
	wrapsTwice      bool // does not notice the outer middleware
	passesRequest   bool // hands the old request on
	commitsLast     bool // gives the handler the bare writer
	commitsOnWrites bool // does not commit after a silent handler
	commitsOn1xx    bool
	drops1xx        bool
	flushesBare     bool // Flush does not commit
	noFlush         bool // Flush does nothing
	hidesWriter     bool // no Unwrap
	hijacksBare     bool // Hijack does not commit
	hijacksCommit   bool // Hijack commits as for a response
	copiesBare      bool // ReadFrom does not commit
	stringsBare     bool // WriteString does not commit
	buffers         bool // sends everything in the end
	cookieTwice     bool
	dropsUpstream   bool // removes other Set-Cookie lines
	publicCookie    bool // puts the handler's Cache-Control back
	forgetsVary     bool
	noPanic         bool // does not run at a panic
	panicIs200      bool
	neverEnds       bool
	statusIs200     bool // commits with 200 whatever the response is
	hangsUp         bool // does not commit for a client that is gone
	goesOn          bool // writes after a failed commit
	liesOnWrite     bool // says that it wrote after a failed commit
	keepsHeader     bool // of the handler, in an error response
	silentError     bool // answers a failed commit with nothing
	printsError     bool // to the client
	logsOut         bool // takes the cookie away when the store fails
	ownErrors       bool // asks no error handler
	cutsBody        bool
	believesHeader  bool // takes X-Forwarded-For for the client's address
	always503       bool // whatever the error
	ignoresOption   bool // does not ask the error handler that it was given
	spends          bool // allocates for every request
}

// middleware makes the flawed adapter.
func (f flaws) middleware(m *core.Manager, onError func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, ok := m.Lookup(r.Context()); ok && !f.wrapsTwice {
				next.ServeHTTP(w, r)
				return
			}
			x := new(flawed)
			x.flaws, x.m, x.w, x.bare = f, m, w, r
			if !f.ignoresOption {
				x.onError = onError
			}
			if f.spends {
				x.status = len(fmt.Sprint(r.URL, x.status))
			}
			x.r = x.Begin(m, w, r)
			if f.believesHeader {
				x.SetClientIP(forwarded(r.Header))
			}
			x.serve(next)
		})
	}
}

// forwarded is what a request says about its client.
type forwarded http.Header

func (h forwarded) ClientIP() string { return http.Header(h).Get("X-Forwarded-For") }

// flawed is a request under the flawed adapter.
type flawed struct {
	core.RequestBinding
	flaws
	m       *core.Manager
	onError func(http.ResponseWriter, *http.Request, error)
	w       http.ResponseWriter
	bare, r *http.Request
	begun   bool
	body    bytes.Buffer
	status  int
}

func (x *flawed) serve(next http.Handler) {
	returned := false
	defer func() {
		if !returned && x.noPanic {
			return
		}
		status := http.StatusOK
		if !returned && !x.panicIs200 {
			status = http.StatusInternalServerError
		}
		if !x.commitsOnWrites && !(x.hangsUp && x.r.Context().Err() != nil) {
			_ = x.commit(status)
		}
		if x.buffers && x.begun {
			x.w.WriteHeader(x.status)
			_, _ = x.w.Write(x.body.Bytes())
		}
		if !x.neverEnds {
			x.End()
		}
	}()
	if x.loadsAtOnce {
		x.Session().Has("user")
	}
	r := x.r
	if x.passesRequest {
		r = x.bare
	}
	switch {
	case x.commitsLast:
		next.ServeHTTP(x.w, r)
	case x.hidesWriter:
		next.ServeHTTP(struct {
			http.ResponseWriter
			http.Flusher
			http.Hijacker
		}{x, x, x}, r)
	default:
		next.ServeHTTP(x, r)
	}
	returned = true
}

func (x *flawed) commit(status int) error {
	if x.begun || (x.hangsUp && x.r.Context().Err() != nil) {
		return x.Err()
	}
	x.begun, x.status = true, status
	if x.statusIs200 {
		status = http.StatusOK
	}
	h := x.w.Header()
	upstream, cache := len(h["Set-Cookie"]), h.Get("Cache-Control")
	if x.dropsUpstream && upstream > 0 {
		h.Del("Set-Cookie")
	}
	err := x.Commit(status)
	if err != nil {
		x.answer(err)
		return err
	}
	if x.cookieTwice {
		h["Set-Cookie"] = append(h["Set-Cookie"], h["Set-Cookie"]...)
	}
	if x.publicCookie && cache != "" {
		h.Set("Cache-Control", cache)
	}
	if x.forgetsVary {
		h.Del("Vary")
	}
	return nil
}

// answer answers with the error of the commit.
func (x *flawed) answer(err error) {
	if x.goesOn || x.silentError {
		return
	}
	if !x.keepsHeader {
		x.ResetHeader()
	}
	if x.logsOut {
		http.SetCookie(x.w, &http.Cookie{Name: "sessionid", MaxAge: -1})
	}
	status := core.StatusCode(err)
	switch {
	case x.always503:
		x.w.Header().Set("Retry-After", "5")
		http.Error(x.w, "sorry", http.StatusServiceUnavailable)
	case x.printsError:
		x.w.Header().Set("Retry-After", "5")
		http.Error(x.w, err.Error(), status)
	case x.ownErrors:
		x.w.Header().Set("Retry-After", "5")
		http.Error(x.w, "sorry", status)
	case x.onError != nil:
		x.onError(x.w, x.r, err)
	default:
		x.m.HandleError(x.w, x.r, err)
	}
}

// gone tells what a write says after the commit.
func (x *flawed) gone(n int, err error) (bool, int, error) {
	switch {
	case err == nil || x.goesOn:
		return false, 0, nil
	case x.liesOnWrite:
		return true, n, nil
	default:
		return true, 0, err
	}
}

func (x *flawed) Header() http.Header { return x.w.Header() }

func (x *flawed) Unwrap() http.ResponseWriter { return x.w }

func (x *flawed) WriteHeader(status int) {
	if status < 200 && x.drops1xx {
		return
	}
	if status < 200 && !x.commitsOn1xx {
		x.w.WriteHeader(status)
		return
	}
	if err := x.commit(status); (err == nil || x.goesOn) && !x.buffers {
		x.w.WriteHeader(status)
	}
}

func (x *flawed) Write(p []byte) (int, error) {
	if gone, n, err := x.gone(len(p), x.commit(http.StatusOK)); gone {
		return n, err
	}
	if x.buffers {
		return x.body.Write(p)
	}
	if x.cutsBody && len(p) > 1 {
		_, err := x.w.Write(p[:len(p)-1])
		return len(p), err
	}
	return x.w.Write(p)
}

func (x *flawed) WriteString(s string) (int, error) {
	if x.stringsBare {
		return io.WriteString(x.w, s)
	}
	return x.Write([]byte(s))
}

func (x *flawed) ReadFrom(src io.Reader) (int64, error) {
	if x.copiesBare {
		return io.Copy(x.w, src)
	}
	return io.Copy(struct{ io.Writer }{x}, src)
}

func (x *flawed) Flush() {
	if x.noFlush || x.buffers {
		return
	}
	if x.flushesBare || x.commit(http.StatusOK) == nil {
		_ = http.NewResponseController(x.w).Flush()
	}
}

func (x *flawed) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	var err error
	switch {
	case x.hijacksBare:
	case x.hijacksCommit:
		err = x.Commit(http.StatusSwitchingProtocols)
	default:
		err = x.CommitHijacked()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("hijack: %w", err)
	}
	return http.NewResponseController(x.w).Hijack()
}
