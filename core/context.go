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

// without is a context in which s is not found: for what the store and the observer
// get, who would wait for ever if they used the session that is calling them.
type without struct {
	context.Context
	s *Session
}

func (c without) Value(key any) any {
	if _, ok := key.(clientKey); ok { // the session's own, whatever context Save was called with
		if v := c.s.ctx.Value(key); v != nil {
			return v
		}
	}
	if v := c.Context.Value(key); v != any(c.s) {
		return v
	}
	return nil
}

// String keeps fmt from walking into the session.
func (c without) String() string { return "djinn.Context" }
