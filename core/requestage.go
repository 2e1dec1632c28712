package core

import (
	"context"
	"time"
)

// processStart is where the monotonic clock of requests begins.
var processStart = time.Now()

// SinceRequestBegan returns for how long the request that ctx belongs to has been under
// way, by a clock that nobody sets, or false for what belongs to none. A store that
// has ended all sessions of a user refuses a log-in whose request began before: the
// password it has checked may be the old one. user is a comparable value that stands
// for the user, see [ResetRequestBegan].
func SinceRequestBegan(ctx context.Context, user any) (age time.Duration, ok bool) {
	x, ok := ctx.Value(clientKey{}).(*RequestBinding)
	if !ok {
		return 0, false
	}
	begun := x.begun
	for r := x.renewed.Load(); r != nil; r = r.next {
		if r.user == user {
			begun = r.at
			break
		}
	}
	return time.Since(processStart) - begun, true
}

// ResetRequestBegan makes [SinceRequestBegan] count from now on for that user and no other: for a
// store through which this very request has ended the user's sessions, and which may
// now log the user in. Outside of requests it does nothing.
func ResetRequestBegan(ctx context.Context, user any) {
	x, ok := ctx.Value(clientKey{}).(*RequestBinding)
	if !ok {
		return
	}
	r := &renewal{user: user, at: time.Since(processStart)}
	for {
		r.next = x.renewed.Load()
		if x.renewed.CompareAndSwap(r.next, r) {
			return
		}
	}
}

// renewal is of one user, the latest one first.
type renewal struct {
	user any
	at   time.Duration
	next *renewal
}
