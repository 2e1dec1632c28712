package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/djinn-go/djinn/core"
)

const showHelp = `Shows one session, live or expired, given its public ID as an argument or its key (the
value of the cookie) on standard input: when it expires, how large it is, what signed
it and when, and its items as JSON texts.

Items are personal data. Those that are secrets of Django itself, such as
_auth_user_hash, are masked.`

// shown is what show prints as JSON.
type shown struct {
	described
	*payload
	Error string `json:"error,omitempty"`
}

func (a *app) showCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "show [PUBLIC_ID]",
		Short:             "Show one session and what is in it",
		Long:              showHelp,
		Example:           "  djinn show k3v9-4q6t2z7nq5xw3c2m6y7b5h4d2a\n  djinn show < file-with-a-key",
		Args:              atMostOne,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			k, ok := a.keys()
			if !ok {
				return usageError(noSecretKey)
			}
			return a.show(cmd.Context(), k, args)
		},
	}
}

func (a *app) show(ctx context.Context, k keys, args []string) error {
	find, err := a.finder(ctx, args)
	if err != nil {
		return err
	}
	t, err := a.openSessions(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	s, err := find(t)
	if err != nil {
		return ended(ctx, err, "")
	}
	if s == nil {
		return notFound("there is no such session in %s: it may have been removed, or have got another key at a log-in", t.name)
	}
	return a.printSession(t, s, k)
}

// finder reads which session is meant, before there is a connection.
func (a *app) finder(ctx context.Context, args []string) (func(*table) (*session, error), error) {
	if len(args) > 0 {
		if err := checkPublicID(args[0]); err != nil {
			return nil, err
		}
		return func(t *table) (*session, error) { return t.byPublicID(ctx, args[0]) }, nil
	}
	key, err := a.readKey(ctx)
	if err != nil {
		return nil, err
	}
	return func(t *table) (*session, error) { return t.byKey(ctx, key) }, nil
}

func (a *app) printSession(t *table, s *session, k keys) error {
	now := a.now()
	p, err := decodePayload(string(s.Data), k, core.DjangoSalt)
	if a.asJSON {
		out := shown{described: t.describe(s, now)}
		if err != nil {
			out.Error = undecodable(err)
		} else {
			out.payload = &p
		}
		return a.writeJSON(out)
	}
	a.field("public ID", "%s", orDash(s.publicID()))
	state := "has expired"
	if s.live(now) {
		state = "live"
	}
	switch {
	case s.Expires.ok:
		a.field("expires", "%s (%s), %s", s.Expires.text(), fromNow(s.Expires.Time, now), state)
	default:
		a.field("expires", "at no date that can be read")
	}
	a.field("size", "%s", byteSize(s.Size))
	if t.user != "" {
		a.field("user", "%s", orDash(printable(s.User.String)))
	}
	if t.has(createdColumn) {
		a.field("created", "%s", s.Created.text())
	}
	if t.has(seenColumn) {
		a.field("last seen", "%s", s.Seen.text())
	}
	if t.has(ipColumn) {
		a.field("address", "%s", orDash(printable(s.IP.String)))
	}
	if t.has(agentColumn) {
		a.field("agent", "%s", orDash(printable(s.Agent.String)))
	}
	if err != nil {
		a.field("data", "%s", undecodable(err))
		return nil
	}
	p.print(a, now)
	a.note("these are personal data")
	return nil
}

// undecodable says why data cannot be read. No reason quotes the data.
func undecodable(err error) string { return "cannot be decoded: " + err.Error() }
