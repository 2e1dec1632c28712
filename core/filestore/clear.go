package filestore

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/djinn-go/djinn/core"
)

const (
	// defaultBatch holds the lock for a few milliseconds.
	defaultBatch = 100
	// staleAfter is the age at which a temporary file belongs to a process that
	// died, since writing one takes a moment.
	staleAfter = time.Hour
)

// ClearExpired implements [core.ExpiredClearer]. It reads the directory once, holds
// the lock for ClearOptions.Batch files at a time, 100 by default, and passes over
// whatever is not a session's file. It also removes temporary files (_out_) that
// are older than an hour, which processes leave that died and Django keeps for
// ever; they are not counted. Files that cannot be read are left; the first error
// is returned after the rest has been cleared.
func (s *Store) ClearExpired(ctx context.Context, opts core.ClearOptions) (int64, error) {
	if opts.Batch <= 0 {
		opts.Batch = defaultBatch
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	dir, err := os.Open(s.dir)
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	c := clearing{s: s, ctx: ctx, opts: opts}
	for !c.done {
		names, err := dir.Readdirnames(1000)
		for _, name := range names {
			if err := c.look(name); err != nil {
				return c.cleared, err
			}
		}
		if errors.Is(err, io.EOF) {
			if err := c.step(); err != nil {
				return c.cleared, err
			}
			break
		}
		if err != nil {
			return c.cleared, bare(err)
		}
	}
	return c.cleared, c.failed
}

// clearing is one run of ClearExpired.
type clearing struct {
	s       *Store
	ctx     context.Context
	opts    core.ClearOptions
	batch   []string // names that look expired
	cleared int64
	steps   int
	done    bool  // the limit is reached
	failed  error // the first file that could not be read
}

// look puts a name into the batch if it is due, and clears a batch that is full.
func (c *clearing) look(name string) error {
	if c.done {
		return nil
	}
	if due, _ := c.due(name); !due {
		return nil
	}
	c.batch = append(c.batch, name)
	size := int64(c.opts.Batch)
	if c.opts.Limit > 0 {
		size = min(size, c.opts.Limit-c.cleared)
	}
	if int64(len(c.batch)) < size {
		return nil
	}
	return c.step()
}

// due reports whether the file of that name is to be removed, and whether it is a
// session.
func (c *clearing) due(name string) (due, session bool) {
	rest, ok := strings.CutPrefix(name, c.s.prefix())
	if !ok {
		return false, false
	}
	path := filepath.Join(c.s.dir, name)
	key, _, temp := strings.Cut(rest, tempInfix)
	if !core.ValidSessionKey(key) {
		return false, false
	}
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return false, false
	}
	if temp {
		return c.s.settings.Now().Sub(fi.ModTime()) > staleAfter, false
	}
	f, err := c.s.read(path)
	if err != nil {
		if c.failed == nil && !errors.Is(err, core.ErrNotFound) {
			c.failed = err
		}
		return false, false
	}
	return !f.expires.After(c.s.settings.Now()), true
}

// step removes what is in the batch and still due, under the lock.
func (c *clearing) step() error {
	if len(c.batch) == 0 {
		return c.ctx.Err()
	}
	if c.steps > 0 {
		if err := pause(c.ctx, c.opts.Pause); err != nil {
			return err
		}
	}
	c.steps++
	before := c.cleared
	if err := c.removeBatch(); err != nil {
		return err
	}
	if c.cleared > before && c.opts.Progress != nil {
		c.opts.Progress(c.cleared)
	}
	c.done = c.opts.Limit > 0 && c.cleared >= c.opts.Limit
	return nil
}

func (c *clearing) removeBatch() error {
	unlock, err := c.s.lock(c.ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for _, name := range c.batch {
		due, session := c.due(name) // again: somebody may have extended it
		if !due {
			continue
		}
		switch err := found(os.Remove(filepath.Join(c.s.dir, name))); {
		case err == nil && session:
			c.cleared++
		case err != nil && !errors.Is(err, core.ErrNotFound):
			return err
		}
	}
	c.batch = c.batch[:0]
	return nil
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
