package core

import "context"

// sessionKey finds the innermost session in a context.
type sessionKey struct{}

// managerKey finds the session of one Manager.
type managerKey struct{ m *Manager }

// FromContext returns the session of the innermost djinn middleware around the
// caller, or false if there is none.
func FromContext(ctx context.Context) (*Session, bool) {
	s, ok := ctx.Value(sessionKey{}).(*Session)
	return s, ok
}

// Lookup returns this Manager's session, or false if its middleware is not
// around the caller.
func (m *Manager) Lookup(ctx context.Context) (*Session, bool) {
	s, ok := ctx.Value(managerKey{m}).(*Session)
	return s, ok
}

// Session returns this Manager's session. It panics if its middleware is not
// around the caller, which is a mistake in the program; [Manager.Lookup] asks.
func (m *Manager) Session(ctx context.Context) *Session {
	s, ok := m.Lookup(ctx)
	if !ok {
		panic("djinn: no session in this context: put the Manager's middleware around the handler " +
			"(Manager.Handler, or Middleware of ginsession, echosession, echov5session, chisession), and pass the request's own context")
	}
	return s
}

// sessionContext answers both keys without an allocation of its own.
type sessionContext struct {
	context.Context
	s *Session
}

func (c *sessionContext) Value(key any) any {
	switch k := key.(type) {
	case sessionKey:
		return c.s
	case managerKey:
		if k.m == c.s.m {
			return c.s
		}
	}
	return c.Context.Value(key)
}

// String keeps fmt from walking into the session.
func (c *sessionContext) String() string { return "djinn.Context" }
