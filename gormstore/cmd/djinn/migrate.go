package main

import (
	"fmt"
	"strings"

	"github.com/glebarez/sqlite"
	"github.com/spf13/cobra"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

const migrateHelp = `Creates the session table if it is absent. django_session and its indexes are
those of Django's own migration, which Django accepts with "migrate --fake-initial".
A table that is there is looked at and never altered: if it will not do, the error
says why.

With --table and --user-column it creates a table of that name, and a user column of
up to 255 characters. A program whose model has other columns calls the Migrate
method of its store instead.`

func (a *app) migrateCommand() *cobra.Command {
	var printSQL bool
	var dialect string
	cmd := &cobra.Command{
		Use:     "migrate",
		Short:   "Create the session table",
		Long:    migrateHelp,
		Example: "  djinn migrate\n  djinn migrate --sql --dialect postgres > 0001_sessions.sql",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case printSQL:
				return a.printDDL(dialect)
			case dialect != "":
				return usageError("--dialect is for --sql: without it the database of DATABASE_URL is migrated")
			default:
				return a.migrate(cmd)
			}
		},
	}
	cmd.Flags().BoolVar(&printSQL, "sql", false, "print the statements and run nothing")
	cmd.Flags().StringVar(&dialect, "dialect", "", "with --sql: for sqlite, postgres or mysql (MariaDB too), without a connection")
	mustComplete(cmd, "dialect", cobra.FixedCompletions([]string{dialectSQLite, dialectPostgres, dialectMySQL}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) migrate(cmd *cobra.Command) error {
	ctx := cmd.Context()
	db, err := a.openDatabase(ctx, true)
	if err != nil {
		return err
	}
	defer closeDatabase(db)
	store, err := a.store(db)
	if err != nil {
		return err
	}
	before, err := readCatalogue(ctx, db, a.tableName)
	if err != nil {
		return ended(ctx, err, "")
	}
	if err := store.Migrate(ctx); err != nil {
		return ended(ctx, err, ": the table may be there or not, run it again")
	}
	created := len(before.columns) == 0
	switch {
	case a.asJSON:
		return a.writeJSON(struct {
			Table   string `json:"table"`
			Created bool   `json:"created"`
		}{a.tableName, created})
	case created:
		fmt.Fprintf(a.stdout, "created the table %s\n", a.tableName)
	default:
		fmt.Fprintf(a.stdout, "the table %s is there, and as it should be\n", a.tableName)
	}
	return nil
}

// printDDL prints what migrate would run on an empty database. It connects to none.
func (a *app) printDDL(dialect string) error {
	db, err := a.dryDatabase(dialect)
	if err != nil {
		return err
	}
	statements, err := a.ddl(db)
	if err != nil {
		return err
	}
	if a.asJSON {
		return a.writeJSON(struct {
			Dialect    string   `json:"dialect"`
			Statements []string `json:"statements"`
		}{db.Name(), statements})
	}
	for _, statement := range statements {
		fmt.Fprintln(a.stdout, statement+";")
	}
	return nil
}

// dryDatabase knows how a kind of database wants its statements, and runs none. ""
// stands for the kind of DATABASE_URL.
func (a *app) dryDatabase(dialect string) (*gorm.DB, error) {
	if dialect == "" {
		dialect, _, _ = strings.Cut(a.getenv("DATABASE_URL"), ":")
	}
	var dialector gorm.Dialector
	switch dialect {
	case dialectSQLite:
		dialector = sqlite.Open(":memory:")
	case dialectPostgres, "postgresql":
		dialector = postgres.Open("host=127.0.0.1") // parsed, and not connected to
	case dialectMySQL:
		dialector = mysql.New(mysql.Config{DSN: "/", SkipInitializeWithVersion: true})
	default:
		return nil, usageError("--dialect wants sqlite, postgres or mysql; without it DATABASE_URL says which: %s", urlForms)
	}
	return gorm.Open(dialector, &gorm.Config{DryRun: true, DisableAutomaticPing: true, Logger: logger.Discard, NamingStrategy: a.names()})
}
