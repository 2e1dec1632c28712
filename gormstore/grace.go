package gormstore

import (
	"context"
	"time"
)

// stepGrace is how long a step of a large removal goes on after its context has
// ended. A DELETE that is cut off may have removed its rows or not: databases do not
// tell, and neither the number nor what a cache in front was told would be right.
const stepGrace = 5 * time.Second

// finishing returns the context of a step that has begun under ctx.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	step, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(stepGrace, func() { cancel(context.Cause(ctx)) })
	})
	return step, func() {
		stop()
		cancel(nil)
	}
}
