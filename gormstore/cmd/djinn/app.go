package main

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// app is one run of the command: what it is connected to, and the flags that all
// subcommands have.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time

	tableName  string
	userColumn string
	asJSON     bool
	timeout    time.Duration

	release func() // ends what --timeout began
}

const rootHelp = `djinn looks after a session table: Django's django_session, or one of your own model.

Environment (secrets are never taken from the command line, which others can see,
and never printed):
  DATABASE_URL          sqlite:PATH, postgres://user:password@host:5432/database or
                        mysql://user:password@host:3306/database
  SECRET_KEY            the key that signs sessions, Django's SECRET_KEY
  SECRET_KEY_FALLBACKS  older keys that still verify, separated by commas or newlines

Output: results go to standard output, the rest to standard error. With --json a
result is one JSON document, for "list" one a line, and so is an error.

Exit codes:
  0    fine
  1    it failed
  2    wrong usage, or a setting that is missing or wrong
  3    there is no such session
  4    doctor found faults
  130  interrupted by a signal; what was done until then stays done`

// errTimeLimit is why a context ended when --timeout ran out.
var errTimeLimit = errors.New("the time limit (--timeout) ran out")

// run does what the arguments say and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	a.release = func() {}
	defer func() { a.release() }()
	root := a.root()
	a.asJSON = slices.Contains(args, "--json") // for errors in the flags themselves
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	return a.exit(root.ExecuteContext(ctx))
}

// root assembles the command line.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "djinn",
		Short:         "Look after a session table",
		Long:          rootHelp,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if a.timeout < 0 {
				return usageError("--timeout wants a positive duration, or 0")
			}
			if a.timeout > 0 {
				ctx, cancel := context.WithTimeoutCause(cmd.Context(), a.timeout, errTimeLimit)
				a.release = cancel
				cmd.SetContext(ctx)
			}
			return a.checkNames()
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError("%w", err) })
	flags := root.PersistentFlags()
	flags.StringVar(&a.tableName, "table", djangoTable, "the session table, as NAME or SCHEMA.NAME")
	flags.StringVar(&a.userColumn, "user-column", "", "the column of a custom model that says whose a session is")
	flags.BoolVar(&a.asJSON, "json", false, "print JSON")
	flags.DurationVar(&a.timeout, "timeout", 0, "give up after this time, such as 30s or 10m (0: never)")
	for _, name := range []string{"table", "user-column", "timeout"} {
		mustComplete(root, name, cobra.NoFileCompletions)
	}
	root.AddCommand(
		a.migrateCommand(), a.clearCommand(), a.listCommand(), a.showCommand(), a.decodeCommand(),
		a.revokeCommand(), a.statsCommand(), a.doctorCommand(),
	)
	return root
}

// version is what the Go toolchain wrote into the program.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// noArgs and atMostOne do not quote what they refuse: it may be a key.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		if !cmd.HasParent() {
			return usageError("there is no such command: see djinn --help")
		}
		return usageError("%s takes no arguments beside its flags: see %[1]s --help; data goes to standard input", cmd.CommandPath())
	}
	return nil
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError("%s takes one public ID at a time: see %[1]s --help", cmd.CommandPath())
	}
	return nil
}

// mustComplete sets how the values of a flag are completed by the shell.
func mustComplete(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic("djinn: " + err.Error()) // the flag's name is misspelt above
	}
}
