package core

import (
	"context"
	"time"
)

// processStart is where the monotonic clock of requests begins.
var processStart = time.Now()

// RequestAge returns for how long the request that ctx belongs to has been under
// way, by a clock that nobody sets, or false outside of requests. A store that has
// ended all sessions of a user refuses a log-in whose request began before: the
// password it has checked may be the old one.
func RequestAge(ctx context.Context) (age time.Duration, ok bool) {
	x, ok := ctx.Value(clientKey{}).(*Exchange)
	if !ok {
		return 0, false
	}
	return time.Since(processStart) - time.Duration(x.begun.Load()), true
}

// RenewRequest makes [RequestAge] count from now on: for a store through which this
// very request has ended a user's sessions, and which may now log the user in.
// Outside of requests it does nothing.
func RenewRequest(ctx context.Context) {
	if x, ok := ctx.Value(clientKey{}).(*Exchange); ok {
		x.begun.Store(int64(time.Since(processStart)))
	}
}
