package core

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// ClientInfo is who sent a request, as far as the request tells.
type ClientInfo struct {
	// IP is the client's address, without a zone, IPv4 as such and not mapped into
	// IPv6. The zero Addr if it is not known. Behind a proxy it is as true as what
	// says so: see [Config.ClientIP].
	IP netip.Addr
	// UserAgent is the header as it was sent: any text, of any length.
	UserAgent string
}

// ClientInfoFrom returns the client of the request that ctx belongs to, or false
// outside of a request under a Manager's middleware and after its end. ctx is the
// request's own, or the one that a [Store] was called with.
func ClientInfoFrom(ctx context.Context) (ClientInfo, bool) {
	c := clientFrom(ctx)
	if c == nil || c.ended.Load() {
		return ClientInfo{}, false
	}
	return ClientInfo{IP: c.ip(), UserAgent: c.request.UserAgent()}, true
}

// SinceRequestBegan returns for how long the request that ctx belongs to has been
// under way, by a monotonic clock, or false for what belongs to none. A store that
// has ended all sessions of a user refuses a log-in whose request began before: the
// password it has checked may be the old one. user is a comparable value that stands
// for the user, see [ResetRequestBegan].
func SinceRequestBegan(ctx context.Context, user any) (age time.Duration, ok bool) {
	c := clientFrom(ctx)
	if c == nil {
		return 0, false
	}
	began := c.began
	for r := c.resets.Load(); r != nil; r = r.next {
		if r.user == user {
			began = r.at
			break
		}
	}
	return monotonicNow() - began, true
}

// ResetRequestBegan makes [SinceRequestBegan] count from now on for that user and no
// other: for a store through which this very request has ended the user's sessions,
// and which may now log the user in. Outside of requests it does nothing.
func ResetRequestBegan(ctx context.Context, user any) {
	c := clientFrom(ctx)
	if c == nil {
		return
	}
	r := &reset{user: user, at: monotonicNow()}
	for {
		r.next = c.resets.Load()
		if c.resets.CompareAndSwap(r.next, r) {
			return
		}
	}
}

// reset is of one user, the latest one first.
type reset struct {
	user any
	at   time.Duration
	next *reset
}

var processStart = time.Now()

// monotonicNow is a moment by a clock that nobody sets.
func monotonicNow() time.Duration { return time.Since(processStart) }

// clientKey finds the clientContext in a context.
type clientKey struct{}

func clientFrom(ctx context.Context) *clientContext {
	c, _ := ctx.Value(clientKey{}).(*clientContext)
	return c
}

// clientContext is the request's context with what a store may know of the request.
// The session itself is not found in it.
type clientContext struct {
	context.Context
	request *http.Request // the one that carries the session
	began   time.Duration
	resets  atomic.Pointer[reset]
	ended   atomic.Bool

	// Who knows the address, the first that is set.
	configured func(r *http.Request) string // Config.ClientIP
	framework  interface{ ClientIP() string }
	middleware func(r *http.Request) string

	kept atomic.Pointer[netip.Addr] // what they said, see keepIP
}

func (c *clientContext) Value(key any) any {
	if _, ok := key.(clientKey); ok {
		return c
	}
	return c.Context.Value(key)
}

// String keeps fmt from walking into the request.
func (c *clientContext) String() string { return "djinn.Context" }

// keepIP asks for the address while the framework still knows it: its own context
// belongs to the next request once the middleware has returned.
func (c *clientContext) keepIP() {
	ip := c.ip()
	c.kept.Store(&ip)
}

// ip asks the one who knows best.
func (c *clientContext) ip() netip.Addr {
	if kept := c.kept.Load(); kept != nil {
		return *kept
	}
	said := ""
	switch {
	case c.configured != nil:
		// Without the session, which may be waiting for the answer.
		said = c.configured(c.request.WithContext(c.Context))
	case c.framework != nil:
		said = c.framework.ClientIP()
	case c.middleware != nil:
		said = c.middleware(c.request)
	}
	if said == "" {
		said = c.request.RemoteAddr
	}
	return parseIP(said)
}

// parseIP reads an address with or without a port, or with the brackets that IPv6
// has beside one: proxies write all of them.
func parseIP(text string) netip.Addr {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		text = inner[:len(inner)-1]
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}
		}
		ip = withPort.Addr()
	}
	return ip.Unmap().WithZone("")
}
