package core

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// ClearPeriodically calls [Manager.ClearExpired] again and again, about every so
// often, until ctx ends, and returns why it ended: clearsessions for a program
// that has no cron.
//
//	go m.ClearPeriodically(ctx, time.Hour, core.ClearOptions{})
//
// The first run comes at a random moment within the first interval and each later
// one up to a tenth early or late, so that nodes which start together do not clear
// together; several that do so all the same do no harm. A run that fails is
// reported (log, [Config.Observer]) and tried again at the next turn. At once it
// returns only if there is nothing to do: the store has no expired records
// (errors.ErrUnsupported), or the interval is not positive.
func (m *Manager) ClearPeriodically(ctx context.Context, every time.Duration, opts ClearOptions) error {
	if every <= 0 {
		return fmt.Errorf("djinn: ClearPeriodically: the interval is %s: pass one such as time.Hour", every)
	}
	if _, ok := As[ExpiredClearer](m.store); !ok {
		_, err := m.ClearExpired(ctx, opts) // says so, without a wait
		return err
	}
	wait := rand.N(every)
	for {
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		if _, err := m.ClearExpired(ctx, opts); errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		wait = every - every/10 + rand.N(every/5+1)
	}
}

// sleep waits for d, or until ctx ends, and returns why it did.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return context.Cause(ctx)
}
