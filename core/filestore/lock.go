package filestore

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errLocked is tryLock's answer while another process, or another Store, has the
// lock.
var errLocked = errors.New("filestore: the directory is locked")

// maxWait bounds the pause between two tries for the lock, which is held for some
// ten microseconds at a time.
const maxWait = 2 * time.Millisecond

// lock waits for the directory's lock until ctx ends. A process that dies lets go
// of it.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("filestore: waiting for the lock: %w", ctx.Err())
	}
	release, err := s.waitLock(ctx)
	if err != nil {
		<-s.turn
		return nil, err
	}
	return func() { release(); <-s.turn }, nil
}

// waitLock tries until it has the lock, or ctx ends.
func (s *Store) waitLock(ctx context.Context) (release func(), err error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for wait := 50 * time.Microsecond; ; wait = min(2*wait, maxWait) {
		release, err = tryLock(s.lockFile())
		if !errors.Is(err, errLocked) {
			return release, bare(err)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("filestore: waiting for another process that has the lock: %w", ctx.Err())
		}
	}
}
