package gormstore

import "fmt"

// CapPolicy is what happens when a user who has as many sessions as [WithSessionCap]
// allows logs in once more.
type CapPolicy int

const (
	// EvictOldest ends the session that was seen longest ago: by last_seen if the
	// model embeds [ClientBase], where NULL counts as never, otherwise by expire_date.
	EvictOldest CapPolicy = iota
	// RefuseLogin refuses the log-in: its save fails with core.ErrRefused (403).
	// To answer in its own way, a handler calls Session.Save and looks at the error.
	RefuseLogin
)

// WithSessionCap allows each user n live sessions at a time. It needs a model with a
// column tagged djinn:"user". It is exact, also for log-ins at the same moment on
// different nodes; sessions that are there already when a cap is introduced stay
// until their user logs in again. Log-ins made by Django are counted, but not
// stopped.
func WithSessionCap(n int, policy CapPolicy) Option {
	return func(o *options) { o.sessionCap = &sessionCap{n, policy} }
}

type sessionCap struct {
	n      int
	policy CapPolicy
}

func (c *sessionCap) check(m *model) error {
	switch {
	case c == nil:
		return nil
	case c.n < 1:
		return fmt.Errorf("gormstore: WithSessionCap: %d sessions would let nobody in: allow at least one", c.n)
	case c.policy != EvictOldest && c.policy != RefuseLogin:
		return fmt.Errorf("gormstore: WithSessionCap: %d is no policy: use EvictOldest or RefuseLogin", c.policy)
	case m.user == nil:
		return fmt.Errorf("gormstore: WithSessionCap: the model %s does not say whose a session is: tag the column that holds the user's ID with djinn:\"user\"", m.name)
	}
	return nil
}
