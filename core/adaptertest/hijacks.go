package adaptertest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

var hijackCases = []testCase{
	{"websocket/known", 7, "what the handshake sets would be lost", websocketKnown},
	{"websocket/new", 7, "the handshake drops the headers: a row would be made that no browser knows", websocketNew},
	{"websocket/store-down", 6, "a socket would be opened for a visitor taken for anonymous", websocketStoreDown},
}

// upgrade is a handshake and an echo of one line, as a library does it. What
// libraries do when the connection cannot be taken is to answer 500.
func upgrade(c Ctx) { upgradeWith(c, func() {}) }

// upgradeWith calls taken as soon as it has the connection.
func upgradeWith(c Ctx, taken func()) {
	setJasmine(c.Session())
	conn, rw, err := http.NewResponseController(c.Writer()).Hijack()
	if err != nil {
		c.String(http.StatusInternalServerError, "cannot upgrade")
		return
	}
	defer conn.Close()
	taken()
	_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	_ = rw.Flush()
	line, _ := rw.ReadString('\n')
	_, _ = rw.WriteString("echo " + line)
	_ = rw.Flush()
}

// handshake asks for the upgrade by hand and returns the status, and the echo if
// the connection was switched.
func (e *env) handshake() (status int, echo string) {
	conn, err := net.Dial("tcp", e.server.Listener.Addr().String())
	if err != nil {
		e.fatalf("%v", err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	request := "GET /socket HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	if key := e.cookie(); key != "" {
		request += "Cookie: " + cookieName + "=" + key + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		e.fatalf("%v", err)
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		e.fatalf("handshake: %v", err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return resp.StatusCode, ""
	}
	_, _ = io.WriteString(conn, "open sesame\n")
	echo, _ = in.ReadString('\n')
	return resp.StatusCode, echo
}

func (e *env) wantSocket() {
	if status, echo := e.handshake(); status != http.StatusSwitchingProtocols || echo != "echo open sesame\n" {
		e.errorf("upgrade: got status %d and %q, want 101 and an echo", status, echo)
	}
}

func websocketKnown(e *env) {
	e.route("/socket", func(c Ctx) {
		upgradeWith(c, func() { e.wantCalls("when the connection is handed over", "load update") })
	})
	e.seed()
	e.wantSocket()
	e.wantUser("jasmine")
}

func websocketNew(e *env) {
	e.route("/socket", upgrade)
	e.wantSocket()
	e.wantRows("a new session at an upgrade", 0)
	e.wantReported("a new session at an upgrade")
}

func websocketStoreDown(e *env) {
	e.route("/socket", upgrade)
	e.seed()
	e.store.fail("load", errStore)
	if status, _ := e.handshake(); status != http.StatusServiceUnavailable {
		e.errorf("upgrade without a store: got status %d, want 503", status)
	}
}
