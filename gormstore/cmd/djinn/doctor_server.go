package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/djinn-go/djinn/gormstore"
)

// checkServer looks at settings of the database that decide how sessions fare.
func checkServer(ctx context.Context, p *patient) ([]finding, error) {
	switch p.db.Name() {
	case dialectSQLite:
		return checkJournal(ctx, p)
	case dialectMySQL:
		return checkMySQL(ctx, p)
	default:
		return nil, nil
	}
}

// ask reads one text.
func (p *patient) ask(ctx context.Context, query string, args ...any) (answer string, err error) {
	err = p.db.WithContext(ctx).Raw(query, args...).Scan(&answer).Error
	return answer, err
}

func checkJournal(ctx context.Context, p *patient) ([]finding, error) {
	mode, err := p.ask(ctx, "PRAGMA journal_mode")
	if err != nil || strings.EqualFold(mode, "wal") {
		return nil, err
	}
	return []finding{{
		Check: "server", Level: advice,
		What: fmt.Sprintf("the journal mode of this SQLite file is %s", mode),
		Why:  "readers wait for the writer, and fail with \"database is locked\" if their busy_timeout is short",
		Cure: "switch to WAL once, it stays so; and give each connection a busy_timeout of some seconds",
		SQL:  []string{"PRAGMA journal_mode = WAL"},
	}}, nil
}

func checkMySQL(ctx context.Context, p *patient) (found []finding, err error) {
	schema, name, ok := strings.Cut(p.name, ".")
	if !ok {
		schema, name = "", p.name
	}
	engine, err := p.ask(ctx, "SELECT COALESCE(engine, '') FROM information_schema.tables WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ?", schema, name)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(engine, "InnoDB") {
		found = append(found, finding{
			Check: "server", Level: fault,
			What: fmt.Sprintf("the table's storage engine is %s", engine),
			Why:  "without transactions and row locks each save stops all others, and a crash loses or damages sessions",
			Cure: "convert the table",
			SQL:  []string{fmt.Sprintf("ALTER TABLE %s ENGINE = InnoDB", p.quote(p.name))},
		})
	}
	mode, err := p.ask(ctx, "SELECT @@sql_mode")
	if err != nil {
		return nil, err
	}
	if !strings.Contains(mode, "STRICT_TRANS_TABLES") && !strings.Contains(mode, "STRICT_ALL_TABLES") {
		found = append(found, finding{
			Check: "server", Level: advice,
			What: "the server is not in strict mode",
			Why:  "what does not fit into a column is cut without an error, and a session that was cut is lost",
			Cure: "add STRICT_TRANS_TABLES to sql_mode, in the server's settings too",
			SQL:  []string{"SET GLOBAL sql_mode = CONCAT(@@GLOBAL.sql_mode, ',STRICT_TRANS_TABLES')"},
		})
	}
	return found, nil
}

// maxClockDifference is more than networks and busy machines explain.
const maxClockDifference = 5 * time.Second

// checkClock compares this machine's clock with the database's.
func checkClock(ctx context.Context, p *patient) ([]finding, error) {
	query := map[string]string{
		dialectPostgres: "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
		dialectMySQL:    "SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)",
	}[p.db.Name()]
	if query == "" {
		return nil, nil // SQLite has the clock of this machine
	}
	before := p.app.now()
	answer, err := p.ask(ctx, query)
	after := p.app.now()
	if err != nil {
		return nil, err
	}
	var there gormstore.DateTime
	if err := there.Scan(answer); err != nil {
		return nil, err
	}
	var difference time.Duration
	switch {
	case there.Before(before):
		difference = before.Sub(there.Time)
	case there.After(after):
		difference = there.Sub(after)
	}
	if difference <= maxClockDifference {
		return nil, nil
	}
	return []finding{{
		Check: "clock", Level: fault,
		What: fmt.Sprintf("the clocks of this machine and of the database differ by %s", difference.Round(time.Second)),
		Why:  "what has expired is decided by the clock of the machine that asks: with several machines sessions end early on one and live on on another",
		Cure: "let every machine keep its time by NTP (timedatectl, chronyc tracking)",
	}}, nil
}
