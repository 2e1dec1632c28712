package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

const clearHelp = `Removes sessions that have expired, Django's clearsessions, in small steps: other
writers wait for no more than one step. It is meant to run while the site is in use,
from cron or a timer, on one node or on several: two at once do no harm, one of them
stops and leaves the rest to the other.

Interrupted, it says how much it removed; run again, it goes on from there.

On a terminal it draws a progress bar; elsewhere it writes a line after 1, 2, 4, …
seconds, at least one a minute. It counts what has expired first, for which the
database reads a part of its index.`

// maxBatch is that of package gormstore.
const maxBatch = 30000

// clearing is what clearsessions prints.
type clearing struct {
	Expired       int64   `json:"expired"`
	Removed       int64   `json:"removed"`
	DryRun        bool    `json:"dry_run"`
	Seconds       float64 `json:"seconds"`
	RowsPerSecond int64   `json:"rows_per_second"`
}

func (a *app) clearCommand() *cobra.Command {
	var opts core.ClearOptions
	var dryRun bool
	cmd := &cobra.Command{
		Use:     "clearsessions",
		Short:   "Remove expired sessions in small steps",
		Long:    clearHelp,
		Example: "  djinn clearsessions --dry-run\n  djinn clearsessions --batch 5000 --pause 20ms --limit 1000000",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.Batch < 0 || opts.Batch > maxBatch || opts.Limit < 0 {
				return usageError("--batch wants a number up to 30000, --limit one from 0 on")
			}
			return a.clear(cmd.Context(), opts, dryRun)
		},
	}
	cmd.Flags().IntVar(&opts.Batch, "batch", 0, "how many rows one step removes, up to 30000 (0: what suits the database)")
	cmd.Flags().DurationVar(&opts.Pause, "pause", 0, "the time between two steps, such as 50ms (0: what suits the database; negative: none)")
	cmd.Flags().Int64Var(&opts.Limit, "limit", 0, "stop after so many rows (0: no limit)")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "count and remove nothing")
	for _, name := range []string{"batch", "pause", "limit"} {
		mustComplete(cmd, name, cobra.NoFileCompletions)
	}
	return cmd
}

func (a *app) clear(ctx context.Context, opts core.ClearOptions, dryRun bool) error {
	t, err := a.openSessions(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	store, err := a.store(t.db)
	if err != nil {
		return err
	}
	c := clearing{DryRun: dryRun}
	err = t.query(ctx).Where(t.quote(expireColumn)+" < ?", gormstore.DateTimeOf(a.now())).Count(&c.Expired).Error
	if err != nil || dryRun {
		return a.cleared(ctx, c, opts, err)
	}
	goal := c.Expired
	if opts.Limit > 0 {
		goal = min(goal, opts.Limit)
	}
	progress := a.progress(goal)
	start := a.now()
	opts.Progress = progress.at
	c.Removed, err = store.ClearExpired(ctx, opts)
	progress.end()
	c.Seconds = a.now().Sub(start).Seconds()
	c.RowsPerSecond = perSecond(c.Removed, a.now().Sub(start))
	return a.cleared(ctx, c, opts, err)
}

// cleared prints how it went. What was removed is said also when there was an error.
func (a *app) cleared(ctx context.Context, c clearing, opts core.ClearOptions, err error) error {
	if err != nil {
		done := fmt.Sprintf("after removing %s; run it again to go on", count(c.Removed, "expired session"))
		if ctx.Err() != nil {
			return ended(ctx, err, " "+done)
		}
		return fmt.Errorf("%w (%s)", err, done)
	}
	if a.asJSON {
		return a.writeJSON(c)
	}
	if c.DryRun {
		fmt.Fprintf(a.stdout, "%s would be removed\n", count(c.Expired, "expired session"))
		return nil
	}
	fmt.Fprintf(a.stdout, "removed %s in %s (%s a second)\n",
		count(c.Removed, "expired session"), time.Duration(c.Seconds*float64(time.Second)).Round(time.Millisecond), thousands(c.RowsPerSecond))
	switch limited := opts.Limit > 0 && c.Removed >= opts.Limit; {
	case c.Removed >= c.Expired:
	case limited:
		a.note("about %s more have expired: --limit %d was reached", thousands(c.Expired-c.Removed), opts.Limit)
	default:
		a.note("somebody else removed the other %s, or is at it", thousands(c.Expired-c.Removed))
	}
	return nil
}

// perSecond is a rate; 0 if it took no time at all.
func perSecond(n int64, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64(float64(n) / d.Seconds())
}
