package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/djinn-go/djinn/examples/internal/trace"
)

// sqlLog is GORM's logger. It hands each statement to the request's trace, so
// that the page can show it, and prints it if asked to. Parameters it does not
// even see.
type sqlLog struct {
	out      io.Writer
	printAll bool
}

// LogMode ignores levels: statements are printed or not.
func (l *sqlLog) LogMode(logger.LogLevel) logger.Interface { return l }

// Info prints nothing: GORM is chatty there.
func (l *sqlLog) Info(context.Context, string, ...any) {}

// Warn prints what GORM warns of.
func (l *sqlLog) Warn(_ context.Context, format string, args ...any) { l.printf(format, args...) }

// Error prints nothing: GORM returns the same error, from which we have taken the
// password.
func (l *sqlLog) Error(context.Context, string, ...any) {}

// Trace takes note of a statement.
func (l *sqlLog) Trace(ctx context.Context, begin time.Time, fc func() (string, int64), err error) {
	took := time.Since(begin)
	sql, _ := fc()
	trace.Statement(ctx, sql)
	switch {
	case err != nil && !errors.Is(err, gorm.ErrRecordNotFound):
		l.printf("sql failed after %s: %s: %v", round(took), sql, err)
	case l.printAll:
		l.printf("sql %s: %s", round(took), sql)
	}
}

// ParamsFilter keeps the parameters, which are keys and payloads, out of the text.
func (l *sqlLog) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

func (l *sqlLog) printf(format string, args ...any) {
	fmt.Fprintln(l.out, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
