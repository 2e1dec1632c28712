package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/djinn-go/djinn/core"
)

const decodeHelp = `Decodes session data from standard input: the text of the column session_data, of a
file of Django's file engine, or of a signed cookie (the signed_cookies engine). It says
which key verifies the signature, and needs no database.

Data that none of the keys verifies is shown all the same, but anybody may have written
it; the exit code is 1 then.`

// decoded is what decode prints as JSON.
type decoded struct {
	Kind string `json:"kind"`
	payload
}

func (a *app) decodeCommand() *cobra.Command {
	var salt string
	cmd := &cobra.Command{
		Use:     "decode",
		Short:   "Decode session data from standard input",
		Long:    decodeHelp,
		Example: "  djinn decode < session_data.txt\n  djinn decode --json < cookie.txt",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, ok := a.keys()
			if !ok {
				return usageError(noSecretKey)
			}
			return a.decode(cmd.Context(), k, salt)
		},
	}
	cmd.Flags().StringVar(&salt, "salt", "", "the salt, if the site's session store has a class name of its own")
	mustComplete(cmd, "salt", cobra.NoFileCompletions)
	return cmd
}

func (a *app) decode(ctx context.Context, k keys, salt string) error {
	text, err := a.readInput(ctx, "session data")
	if err != nil {
		return err
	}
	if strings.HasPrefix(text, "djinn1.") {
		return errors.New("this is an encrypted cookie of cookiestore.WithEncryption: its keys are not among SECRET_KEY and SECRET_KEY_FALLBACKS")
	}
	kinds := []struct{ name, salt string }{{"session data", core.DjangoSalt}, {"signed cookie", cookieSalt}}
	if salt != "" {
		kinds = kinds[:1]
		kinds[0].salt = salt
	}
	var d decoded
	for _, kind := range kinds {
		if d.payload, err = decodePayload(text, k, kind.salt); err != nil {
			return fmt.Errorf("this is no session data of Django 3.1 or later: %w", err)
		}
		if d.verified {
			d.Kind = kind.name
			break
		}
	}
	if a.asJSON {
		if err := a.writeJSON(d); err != nil {
			return err
		}
	} else {
		a.field("kind", "%s", orDash(d.Kind))
		d.print(a, a.now())
	}
	if !d.verified {
		return errors.New("none of SECRET_KEY and SECRET_KEY_FALLBACKS verifies this data: it is of another site, or forged, or signed with a key that is gone")
	}
	a.note("these are personal data")
	return nil
}
