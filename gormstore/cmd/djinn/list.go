package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/gormstore"
)

const listHelp = `Lists sessions, one a line, as they come from the database. Sessions are named by
their public ID, which "show" and "revoke" take; their keys are never printed.

Columns that a custom model may have are shown if the table has them: the user column
(--user-column), client_ip, user_agent, created_at, last_seen. These are personal data.

--since and --before take a date (2026-01-31), a time (2026-01-31T18:30:00Z) or a
distance from now (-24h, 7d), and are about the column that --sort names, or the expiry.`

// listing is what the flags of list say.
type listing struct {
	user          string
	live, expired bool
	since, before string
	sort          string
	limit         int
}

// sortColumns are what list sorts by. Of these, times are what --since and --before
// are about.
var sortColumns = map[string]struct {
	column string
	isTime bool
}{
	"expires": {expireColumn, true},
	"created": {createdColumn, true},
	"seen":    {seenColumn, true},
	"key":     {keyColumn, false},
	"size":    {dataColumn, false},
}

func (a *app) listCommand() *cobra.Command {
	var l listing
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List sessions",
		Long:    listHelp,
		Example: "  djinn list --live --sort -size --limit 10\n  djinn list --user-column account_id --user 42\n  djinn list --sort seen --since -24h --json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.list(cmd.Context(), l) },
	}
	flags := cmd.Flags()
	flags.StringVar(&l.user, "user", "", "only sessions of the user with this ID (wants --user-column)")
	flags.BoolVar(&l.live, "live", false, "only sessions that have not expired")
	flags.BoolVar(&l.expired, "expired", false, "only sessions that have expired")
	flags.StringVar(&l.since, "since", "", "only from this time on")
	flags.StringVar(&l.before, "before", "", "only before this time")
	flags.StringVar(&l.sort, "sort", "-expires", "expires, created, seen, size or key; with a minus the largest or latest comes first")
	flags.IntVar(&l.limit, "limit", 100, "stop after so many (0: no limit)")
	for _, name := range []string{"user", "since", "before", "limit"} {
		mustComplete(cmd, name, cobra.NoFileCompletions)
	}
	var orders []string
	for _, name := range []string{"expires", "created", "seen", "size", "key"} {
		orders = append(orders, name, "-"+name)
	}
	mustComplete(cmd, "sort", cobra.FixedCompletions(orders, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) list(ctx context.Context, l listing) error {
	if l.limit < 0 {
		return usageError("--limit wants a number from 0 on")
	}
	if l.live && l.expired {
		return usageError("--live and --expired: choose one, or none for both")
	}
	if l.user != "" && a.userColumn == "" {
		return usageError("--user wants --user-column: in which column does a session say whose it is?")
	}
	t, err := a.openSessions(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	query, err := l.query(t.query(ctx), t, a.now())
	if err != nil {
		return err
	}
	if l.limit > 0 {
		query = query.Limit(l.limit + 1) // one more, to know whether there are more
	}
	return a.printList(ctx, t, query, l.limit)
}

// query puts the filters on a query over the table.
func (l listing) query(query *gorm.DB, t *table, now time.Time) (*gorm.DB, error) {
	if l.live {
		query = query.Where(t.quote(expireColumn)+" > ?", gormstore.DateTimeOf(now))
	}
	if l.expired {
		query = query.Where(t.quote(expireColumn)+" <= ?", gormstore.DateTimeOf(now))
	}
	if l.user != "" {
		id, err := t.userID(l.user)
		if err != nil {
			return nil, err
		}
		query = query.Where(t.quote(t.user)+" = ?", id)
	}
	name, descending := strings.CutPrefix(l.sort, "-")
	by, ok := sortColumns[name]
	if !ok {
		return nil, usageError("--sort wants expires, created, seen, size or key, with a minus in front or without")
	}
	if !t.has(by.column) {
		return nil, usageError("--sort %s: the table %s has no column %s", name, t.name, by.column)
	}
	order := t.quote(by.column)
	if by.column == dataColumn {
		order = t.sizeOf(order)
	}
	if descending {
		order += " DESC"
	}
	timeColumn := expireColumn
	if by.isTime {
		timeColumn = by.column
	}
	for flag, bound := range map[string]struct{ operator, value string }{"since": {" >= ?", l.since}, "before": {" < ?", l.before}} {
		if bound.value == "" {
			continue
		}
		at, err := parseTime(bound.value, now)
		if err != nil {
			return nil, usageError("--%s: %w", flag, err)
		}
		query = query.Where(t.quote(timeColumn)+bound.operator, gormstore.DateTimeOf(at))
	}
	return query.Order(order), nil
}

func (a *app) printList(ctx context.Context, t *table, query *gorm.DB, limit int) error {
	var printed int
	now := a.now()
	err := t.each(query, false, func(s *session) error {
		if printed++; limit > 0 && printed > limit {
			return nil
		}
		if a.asJSON {
			return a.writeJSON(t.describe(s, now))
		}
		if printed == 1 {
			fmt.Fprintln(a.stdout, t.listHead())
		}
		_, err := fmt.Fprintln(a.stdout, t.listLine(s, now))
		return err
	})
	switch {
	case err != nil:
		return ended(ctx, err, fmt.Sprintf(" after %s", count(int64(printed), "session")))
	case printed == 0:
		a.note("no session matches")
	case limit > 0 && printed > limit:
		a.note("there are more: see --limit")
	}
	return nil
}

// described is a session as --json prints it.
type described struct {
	PublicID string  `json:"public_id"`
	Live     bool    `json:"live"`
	Expires  moment  `json:"expires"`
	Size     int64   `json:"size"`
	User     *string `json:"user,omitempty"`
	IP       *string `json:"client_ip,omitempty"`
	Agent    *string `json:"user_agent,omitempty"`
	Created  *moment `json:"created_at,omitempty"`
	Seen     *moment `json:"last_seen,omitempty"`
}

func (t *table) describe(s *session, now time.Time) described {
	d := described{PublicID: s.publicID(), Live: s.live(now), Expires: s.Expires, Size: s.Size}
	if s.User.Valid {
		d.User = &s.User.String
	}
	if s.IP.Valid {
		d.IP = &s.IP.String
	}
	if s.Agent.Valid {
		d.Agent = &s.Agent.String
	}
	if s.Created.ok {
		d.Created = &s.Created
	}
	if s.Seen.ok {
		d.Seen = &s.Seen
	}
	return d
}

// The columns have fixed widths, so that a line can be printed when it comes. What
// is longest comes last.
func (t *table) listHead() string {
	return t.listColumns("PUBLIC_ID", "EXPIRES", "", "SIZE", "USER", "CREATED", "SEEN", "ADDRESS", "USER AGENT")
}

func (t *table) listLine(s *session, now time.Time) string {
	state := "live"
	if !s.live(now) {
		state = "expired"
	}
	return t.listColumns(orDash(s.publicID()), s.Expires.text(), state, thousands(s.Size),
		orDash(printable(s.User.String)), s.Created.text(), s.Seen.text(), orDash(printable(s.IP.String)), printable(s.Agent.String))
}

func (t *table) listColumns(publicID, expires, state, size, user, created, seen, ip, agent string) string {
	line := fmt.Sprintf("%-31s  %-20s  %-7s  %9s", publicID, expires, state, size)
	add := func(have bool, format, value string) {
		if have {
			line += fmt.Sprintf("  "+format, value)
		}
	}
	add(t.user != "", "%-12s", user)
	add(t.has(createdColumn), "%-20s", created)
	add(t.has(seenColumn), "%-20s", seen)
	add(t.has(ipColumn), "%-15s", ip)
	add(t.has(agentColumn), "%s", agent)
	return strings.TrimRight(line, " ")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
