package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
)

const revokeHelp = `Ends sessions, for good: requests that are using them cannot bring them back. What to
end is one of
  a public ID, as "list" prints it
  a session key (the value of the cookie) on standard input, if nothing else is given
  --user ID    all sessions of a user; wants --user-column
  --all --yes  every session there is

With --user the program's own table of users (NAME_users) is written to, if there is
one, so that a log-in of that user at the same moment is refused.

A cache in front of the table (cached_db) is not told: what is in it lives on there
until it expires, with Django always, with djinn at most for the store's MaxAge.`

func (a *app) revokeCommand() *cobra.Command {
	var user string
	var all, yes bool
	cmd := &cobra.Command{
		Use:               "revoke [PUBLIC_ID]",
		Short:             "End sessions",
		Long:              revokeHelp,
		Example:           "  djinn revoke k3v9-4q6t2z7nq5xw3c2m6y7b5h4d2a\n  djinn revoke --user-column account_id --user 42\n  djinn revoke < file-with-a-key",
		Args:              atMostOne,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case (user != "" || all) && len(args) > 0, user != "" && all:
				return usageError("a public ID, --user and --all are three ways to say what to end: choose one")
			case user != "" && a.userColumn == "":
				return usageError("--user wants --user-column: in which column does a session say whose it is?")
			case cmd.Flags().Changed("user") && user == "":
				return usageError("--user wants an ID: sessions of nobody are not revoked by user")
			case yes && !all:
				return usageError("--yes is for --all")
			case all && !yes:
				return usageError("--all logs everybody out: say --all --yes if that is what you want")
			case user != "" || all:
				return a.revokeMany(cmd.Context(), user)
			default:
				return a.revokeOne(cmd.Context(), args)
			}
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "end all sessions of the user with this ID")
	cmd.Flags().BoolVar(&all, "all", false, "end every session there is")
	cmd.Flags().BoolVar(&yes, "yes", false, "do so without being asked")
	mustComplete(cmd, "user", cobra.NoFileCompletions)
	return cmd
}

func (a *app) revokeOne(ctx context.Context, args []string) error {
	publicID, err := a.publicID(ctx, args)
	if err != nil {
		return err
	}
	t, err := a.openSessions(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	store, err := a.store(t.db)
	if err != nil {
		return err
	}
	err = store.Revoke(ctx, publicID)
	if errors.Is(err, core.ErrNotFound) {
		return notFound("there is no such live session in %s: it has ended already, or has got another key at a log-in", t.name)
	}
	if err != nil {
		return ended(ctx, err, " before the session was ended")
	}
	return a.revoked(1)
}

// publicID names the session that is meant: by the argument, or the key on standard
// input.
func (a *app) publicID(ctx context.Context, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], checkPublicID(args[0])
	}
	key, err := a.readKey(ctx)
	return core.PublicID(string(key)), err
}

// revokeMany ends the sessions of a user, or all if user is "".
func (a *app) revokeMany(ctx context.Context, user string) error {
	t, err := a.openSessions(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	store, err := a.store(t.db)
	if err != nil {
		return err
	}
	var n int64
	if user == "" {
		n, err = store.RevokeAll(ctx, func(db *gorm.DB) *gorm.DB { return db.Where("1 = 1") })
	} else {
		n, err = a.revokeUser(ctx, t, store, user)
	}
	if err != nil {
		done := fmt.Sprintf("after ending at least %s; run it again to go on", count(n, "session"))
		if ctx.Err() != nil {
			return ended(ctx, err, " "+done)
		}
		return fmt.Errorf("%w (%s)", err, done)
	}
	return a.revoked(n)
}

func (a *app) revokeUser(ctx context.Context, t *table, store store, user string) (int64, error) {
	id, err := t.userID(user)
	if err != nil {
		return 0, err
	}
	users, err := readCatalogue(ctx, t.db, t.name+"_users")
	if err != nil {
		return 0, err
	}
	if len(users.columns) == 0 {
		a.note("there is no table %s_users, so a log-in at this very moment is not refused", t.name)
		return store.RevokeAll(ctx, store.OfUser(id))
	}
	return store.RevokeUser(ctx, id)
}

func (a *app) revoked(n int64) error {
	if a.asJSON {
		return a.writeJSON(map[string]int64{"revoked": n})
	}
	_, err := fmt.Fprintf(a.stdout, "ended %s\n", count(n, "session"))
	return err
}
