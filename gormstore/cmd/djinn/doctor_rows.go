package main

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/gormstore"
)

// countRows counts the rows under a condition.
func (p *patient) countRows(ctx context.Context, condition string, args ...any) (n int64, err error) {
	err = p.query(ctx).Where(condition, args...).Count(&n).Error
	return n, err
}

// checkDates looks for dates on SQLite, where a column takes any text, that do not
// compare as Django's do.
func checkDates(ctx context.Context, p *patient) ([]finding, error) {
	if p.db.Name() != dialectSQLite {
		return nil, nil
	}
	const second = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
	expire := p.quote(expireColumn)
	condition := fmt.Sprintf("typeof(%[1]s) <> 'text' OR NOT (%[1]s GLOB ? OR %[1]s GLOB ?)", expire)
	n, err := p.countRows(ctx, condition, second, second+".[0-9][0-9][0-9][0-9][0-9][0-9]")
	if err != nil || n == 0 {
		return nil, err
	}
	return []finding{{
		Check: "dates", Level: fault,
		What: fmt.Sprintf("%s in another form than Django's (YYYY-MM-DD HH:MM:SS.ffffff in UTC)", count(n, "expire_date")),
		Why:  "SQLite compares dates as texts: these sessions end too early or never, and Django may fail on them",
		Cure: "find the program that writes a bare time.Time, and have it use gormstore.DateTime; then remove the rows, or wait until they are gone",
		SQL:  []string{fmt.Sprintf("DELETE FROM %s WHERE typeof(%[2]s) <> 'text' OR NOT (%[2]s GLOB '%[3]s' OR %[2]s GLOB '%[3]s.[0-9][0-9][0-9][0-9][0-9][0-9]')", p.quote(p.name), expire, second)},
	}}, nil
}

// manyExpired is from how many expired rows on their share matters.
const manyExpired = 1000

// checkExpired looks for a table that nobody clears.
func checkExpired(ctx context.Context, p *patient) ([]finding, error) {
	expire := p.quote(expireColumn)
	expired, err := p.countRows(ctx, expire+" < ?", gormstore.DateTimeOf(p.now))
	if err != nil || expired < manyExpired {
		return nil, err
	}
	live, err := p.countRows(ctx, expire+" >= ?", gormstore.DateTimeOf(p.now))
	if err != nil || expired <= live {
		return nil, err
	}
	f := finding{
		Check: "expired-rows", Level: fault,
		What: fmt.Sprintf("%s of %s have expired", thousands(expired), count(expired+live, "session")),
		Why:  "nothing removes them by itself: the table and its indexes grow without end",
		Cure: "run \"djinn clearsessions\" now and from cron (0 4 * * * djinn clearsessions), or let the program call Manager.ClearPeriodically",
	}
	if p.db.Name() == dialectPostgres {
		f.Cure += "; the space is used again, and VACUUM FULL gives it back to the system"
	}
	return []finding{f}, nil
}

// farYears is longer than sessions are meant to live.
const farYears = 10

func checkFarFuture(ctx context.Context, p *patient) ([]finding, error) {
	far := p.now.AddDate(farYears, 0, 0)
	n, err := p.countRows(ctx, p.quote(expireColumn)+" > ?", gormstore.DateTimeOf(far))
	if err != nil || n == 0 {
		return nil, err
	}
	return []finding{{
		Check: "far-future", Level: advice,
		What: fmt.Sprintf("%s with an expiry over %d years ahead", count(n, "session"), farYears),
		Why:  "they are never cleared, and whoever gets hold of such a cookie is logged in for good",
		Cure: "look at SESSION_COOKIE_AGE and at calls of set_expiry; end those sessions, or give them a date",
		SQL: []string{fmt.Sprintf("UPDATE %s SET %s = '%s' WHERE %[2]s > '%[4]s'", p.quote(p.name), p.quote(expireColumn),
			sqlDate(gormstore.DateTimeOf(p.now.Add(p.cookieAge))), sqlDate(gormstore.DateTimeOf(far)))},
	}}, nil
}

// sqlDate is a date as a literal, in UTC.
func sqlDate(d gormstore.DateTime) string { return d.Format("2006-01-02 15:04:05") }

// maxSize is what djinn reads and writes unless Config.MaxSize says otherwise, and
// what memcached takes.
const maxSize = 1 << 20

func checkSizes(ctx context.Context, p *patient) ([]finding, error) {
	n, err := p.countRows(ctx, p.sizeOf(p.quote(dataColumn))+" > ?", maxSize)
	if err != nil || n == 0 {
		return nil, err
	}
	return []finding{tooLarge(fmt.Sprintf("the data of %s are larger than %s", count(n, "session"), byteSize(maxSize)))}, nil
}

func tooLarge(what string) finding {
	return finding{
		Check: "sizes", Level: fault,
		What: what,
		Why:  "every request of these visitors reads them all; djinn refuses what is larger than Config.MaxSize, memcached what is larger than 1 MB",
		Cure: "look at the largest (djinn list --sort -size, djinn show), and keep less in the session: an ID in place of the thing",
	}
}

// living are sessions that have not expired, in the order of their keys: keys are
// random, so the first ones are a fair sample.
func (p *patient) living(ctx context.Context) *gorm.DB {
	return p.query(ctx).Where(p.quote(expireColumn)+" > ?", gormstore.DateTimeOf(p.now)).Order(p.quote(keyColumn)).Limit(p.sample)
}
