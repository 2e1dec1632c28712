package core

import (
	"context"
	"net/netip"
	"strings"
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
	x, ok := ctx.Value(clientKey{}).(*RequestBinding)
	if !ok || x.ended.Load() {
		return ClientInfo{}, false
	}
	return ClientInfo{IP: x.clientIP(), UserAgent: x.request.UserAgent()}, true
}

// clientKey finds the exchange in a context.
type clientKey struct{}

// clientContext is the request's context with its client. Stores are called with
// it; the session itself they do not find.
type clientContext struct {
	context.Context
	x *RequestBinding
}

func (c *clientContext) Value(key any) any {
	if _, ok := key.(clientKey); ok {
		return c.x
	}
	return c.Context.Value(key)
}

// String keeps fmt from walking into the exchange.
func (c *clientContext) String() string { return "djinn.Context" }

// SetClientIP makes source tell the client's address, unless Config.ClientIP is
// set: an adapter's way to hand on what its framework knows. It is asked only if
// somebody wants the address, and not after End. Call it between Begin and the
// handler.
func (x *RequestBinding) SetClientIP(source interface{ ClientIP() string }) { x.source = source }

// keepClientIP asks for the address while the framework still knows it: its own
// context belongs to the next request once the middleware has returned, and without
// an answer nobody calls End.
func (x *RequestBinding) keepClientIP() {
	ip := x.clientIP()
	x.kept.Store(&ip)
}

// clientIP asks the one who knows best.
func (x *RequestBinding) clientIP() netip.Addr {
	if kept := x.kept.Load(); kept != nil {
		return *kept
	}
	r, said := x.request, ""
	switch cfg := &x.session.m.cfg; {
	case cfg.ClientIP != nil:
		said = cfg.ClientIP(r.WithContext(x.client.Context)) // the session may be waiting for the answer
	case x.source != nil:
		said = x.source.ClientIP()
	case x.askIP != nil:
		said = x.askIP(r)
	}
	if said == "" {
		said = r.RemoteAddr
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
