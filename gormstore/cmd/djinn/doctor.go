package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"
)

const doctorHelp = `Looks for what is wrong with the session table, its rows and its database, and says
why it matters and what to do. Nothing is changed.

A fault loses sessions, or will; the exit code is 4 then. Advice is about what costs
more than it must, or soon may.

Signatures and time zones are judged from a sample of living sessions (--sample), and
want SECRET_KEY; sizes and dates from all rows. Tell it with --cookie-age how long
sessions live after a save, if that is not two weeks.`

// The levels of a finding.
const (
	fault  = "fault"
	advice = "advice"
)

// finding is something that doctor has found.
type finding struct {
	Check string   `json:"check"`
	Level string   `json:"level"`
	What  string   `json:"what"`
	Why   string   `json:"why"`
	Cure  string   `json:"cure"`
	SQL   []string `json:"sql,omitempty"`
}

// patient is what the checks look at.
type patient struct {
	*table
	app       *app
	now       time.Time
	keys      keys
	hasKeys   bool
	sample    int
	cookieAge time.Duration
}

// check looks for one kind of fault.
type check struct {
	name string
	run  func(context.Context, *patient) ([]finding, error)
}

// tableChecks need the table; rowChecks need its columns too.
var (
	tableChecks = []check{
		{"columns", checkColumns}, {"types", checkTypes}, {"primary-key", checkPrimaryKey}, {"indexes", checkIndexes},
		{"user-column", checkUserColumn}, {"user-case", checkUserCase}, {"unknown-columns", checkUnknownColumns}, {"character-sets", checkCharsets},
		{"server", checkServer}, {"clock", checkClock},
	}
	rowChecks = []check{
		{"dates", checkDates}, {"expired-rows", checkExpired}, {"far-future", checkFarFuture}, {"sizes", checkSizes},
		{"sample", checkSample},
	}
)

// diagnosis is what doctor prints as JSON.
type diagnosis struct {
	Table    string    `json:"table"`
	Checks   []string  `json:"checks"`
	Faults   int       `json:"faults"`
	Advice   int       `json:"advice"`
	Findings []finding `json:"findings"`
}

func (a *app) doctorCommand() *cobra.Command {
	p := &patient{app: a}
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "Find what is wrong with the session table, and say what to do",
		Long:    doctorHelp,
		Example: "  djinn doctor\n  djinn doctor --table accounts_session --user-column account_id --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.sample < 0 || p.cookieAge <= 0 {
				return usageError("--sample wants a number from 0 on, --cookie-age a positive duration")
			}
			return a.doctor(cmd.Context(), p)
		},
	}
	cmd.Flags().IntVar(&p.sample, "sample", 1000, "how many living sessions to decode")
	cmd.Flags().DurationVar(&p.cookieAge, "cookie-age", 14*day, "SESSION_COOKIE_AGE of the site")
	mustComplete(cmd, "sample", cobra.NoFileCompletions)
	mustComplete(cmd, "cookie-age", cobra.NoFileCompletions)
	return cmd
}

func (a *app) doctor(ctx context.Context, p *patient) error {
	db, err := a.openDatabase(ctx, false)
	if err != nil {
		return err
	}
	defer closeDatabase(db)
	p.now = a.now()
	if p.keys, p.hasKeys = a.keys(); !p.hasKeys {
		a.note("SECRET_KEY is not set: signatures are not checked")
	}
	d, err := a.diagnose(ctx, db, p)
	if err != nil {
		return ended(ctx, err, " before all checks were done")
	}
	for _, f := range d.Findings {
		if f.Level == fault {
			d.Faults++
		} else {
			d.Advice++
		}
	}
	if a.asJSON {
		err = a.writeJSON(d)
	} else {
		a.printDiagnosis(d)
	}
	if err == nil && d.Faults > 0 {
		return errFaults
	}
	return err
}

func (a *app) diagnose(ctx context.Context, db *gorm.DB, p *patient) (diagnosis, error) {
	d := diagnosis{Table: a.tableName, Checks: []string{"table"}, Findings: []finding{}}
	p.table = &table{db: db, name: a.tableName, user: a.userColumn}
	var err error
	if p.catalogue, err = readCatalogue(ctx, db, a.tableName); err != nil {
		return d, err
	}
	if len(p.columns) == 0 {
		f, err := a.missingTable(db)
		d.Findings = append(d.Findings, f)
		return d, err
	}
	checks := tableChecks
	if p.has(keyColumn) && p.has(dataColumn) && p.has(expireColumn) {
		checks = append(checks[:len(checks):len(checks)], rowChecks...)
	}
	for _, c := range checks {
		findings, err := c.run(ctx, p)
		if err != nil {
			return d, fmt.Errorf("the check %q could not be done: %w", c.name, err)
		}
		d.Checks = append(d.Checks, c.name)
		d.Findings = append(d.Findings, findings...)
	}
	return d, nil
}

func (a *app) missingTable(db *gorm.DB) (finding, error) {
	statements, err := a.ddl(db)
	return finding{
		Check: "table", Level: fault,
		What: "there is no table " + a.tableName + " in the database",
		Why:  "no session can be loaded or saved: every request that uses one is answered with an error",
		Cure: "run \"djinn migrate\", or Django's migrate; if the table has another name, say --table",
		SQL:  statements,
	}, err
}

func (a *app) printDiagnosis(d diagnosis) {
	if len(d.Findings) == 0 {
		fmt.Fprintf(a.stdout, "%s is in good health (%s)\n", d.Table, count(int64(len(d.Checks)), "check"))
		return
	}
	fmt.Fprintf(a.stdout, "%s: %s, %s\n", d.Table, count(int64(d.Faults), "fault"), count(int64(d.Advice), "suggestion"))
	for _, f := range d.Findings {
		fmt.Fprintf(a.stdout, "\n%s (%s): %s\n", strings.ToUpper(f.Level), f.Check, f.What)
		fmt.Fprintf(a.stdout, "  why:  %s\n  cure: %s\n", f.Why, f.Cure)
		for _, statement := range f.SQL {
			fmt.Fprintf(a.stdout, "        %s;\n", statement)
		}
	}
}
