package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/djinn-go/djinn/gormstore"
)

const statsHelp = `Counts sessions: how many live and how many have expired, how large their data are, and
when they expire; if the table has created_at, also how old they are. The database
looks at every row once for each of these.`

// statistics is what stats prints.
type statistics struct {
	Table   string  `json:"table"`
	Total   int64   `json:"total"`
	Live    int64   `json:"live"`
	Expired int64   `json:"expired"`
	Sizes   sizes   `json:"size_bytes"`
	Expiry  []slice `json:"expiry"`
	Age     []slice `json:"age,omitempty"`
}

// sizes are of all rows, live and expired.
type sizes struct {
	Min    int64 `json:"min"`
	Median int64 `json:"median"`
	P95    int64 `json:"p95"`
	Max    int64 `json:"max"`
	Sum    int64 `json:"sum"`
}

func (a *app) statsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stats",
		Short: "Count sessions by size, expiry and age",
		Long:  statsHelp,
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.stats(cmd.Context()) },
	}
}

func (a *app) stats(ctx context.Context) error {
	t, err := a.openSessions(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	st, err := t.statistics(ctx, a.now())
	if err != nil {
		return ended(ctx, err, "")
	}
	if a.asJSON {
		return a.writeJSON(st)
	}
	a.printStats(st)
	return nil
}

func (t *table) statistics(ctx context.Context, now time.Time) (st statistics, err error) {
	st.Table = t.name
	if st.Expiry, err = t.slices(ctx, expireColumn, expirySlices, now); err != nil {
		return st, err
	}
	for _, s := range st.Expiry {
		st.Total += s.Count
		if s.expired {
			st.Expired += s.Count
		} else {
			st.Live += s.Count
		}
	}
	if t.has(createdColumn) {
		if st.Age, err = t.slices(ctx, createdColumn, ageSlices, now); err != nil {
			return st, err
		}
	}
	st.Sizes, err = t.sizes(ctx)
	return st, err
}

// sizes asks how many rows there are of each size: few numbers, however many rows.
func (t *table) sizes(ctx context.Context) (s sizes, err error) {
	size := t.sizeOf(t.quote(dataColumn))
	type group struct{ size, rows int64 }
	var groups []group
	var total int64
	query := t.query(ctx).Select(size + ", COUNT(*)").Group(size).Order(size)
	err = eachRow(query, func(rows *sql.Rows) error {
		var g group
		err := rows.Scan(&g.size, &g.rows)
		groups = append(groups, g)
		total += g.rows
		s.Sum += g.size * g.rows
		return err
	})
	if err != nil || total == 0 {
		return s, err
	}
	// The nearest rank: the smallest size that so many per cent of the rows do not
	// exceed.
	rank := func(percent int64) int64 {
		var seen int64
		for _, g := range groups {
			if seen += g.rows; seen*100 >= total*percent {
				return g.size
			}
		}
		return groups[len(groups)-1].size
	}
	s.Min, s.Median, s.P95, s.Max = groups[0].size, rank(50), rank(95), rank(100)
	return s, nil
}

// slice is a span of time and how many sessions fall into it.
type slice struct {
	Label string `json:"label"`
	Count int64  `json:"count"`

	// until is the end of the span, after now; the last one has none.
	until   time.Duration
	expired bool
}

const month = 30 * day

var expirySlices = []slice{
	{Label: "expired over a year ago", until: -365 * day, expired: true},
	{Label: "over a month ago", until: -month, expired: true},
	{Label: "over a week ago", until: -7 * day, expired: true},
	{Label: "over a day ago", until: -day, expired: true},
	{Label: "within the last day", until: 0, expired: true},
	{Label: "expire within an hour", until: time.Hour},
	{Label: "within a day", until: day},
	{Label: "within a week", until: 7 * day},
	{Label: "within two weeks", until: 14 * day},
	{Label: "within a month", until: month},
	{Label: "within a year", until: 365 * day},
	{Label: "later"},
}

var ageSlices = []slice{
	{Label: "created over a year ago", until: -365 * day},
	{Label: "over a month ago", until: -month},
	{Label: "over a week ago", until: -7 * day},
	{Label: "over a day ago", until: -day},
	{Label: "over an hour ago", until: -time.Hour},
	{Label: "within the last hour"},
}

// slices counts rows by a date, in one query.
func (t *table) slices(ctx context.Context, column string, spans []slice, now time.Time) ([]slice, error) {
	spans = append([]slice(nil), spans...)
	var counts []string
	var bounds []any
	for i := range spans {
		var conditions []string
		if i > 0 {
			conditions = append(conditions, t.quote(column)+" > ?")
			bounds = append(bounds, gormstore.DateTimeOf(now.Add(spans[i-1].until)))
		}
		if i < len(spans)-1 {
			conditions = append(conditions, t.quote(column)+" <= ?")
			bounds = append(bounds, gormstore.DateTimeOf(now.Add(spans[i].until)))
		}
		counts = append(counts, "COALESCE(SUM(CASE WHEN "+strings.Join(conditions, " AND ")+" THEN 1 ELSE 0 END), 0)")
	}
	dest := make([]any, len(spans))
	for i := range spans {
		dest[i] = &spans[i].Count
	}
	query := t.query(ctx).Select(strings.Join(counts, ", "), bounds...)
	return spans, eachRow(query, func(rows *sql.Rows) error { return rows.Scan(dest...) })
}

func (a *app) printStats(st statistics) {
	fmt.Fprintf(a.stdout, "%s in %s: %s live, %s expired\n", count(st.Total, "session"), st.Table, thousands(st.Live), thousands(st.Expired))
	if st.Total == 0 {
		return
	}
	fmt.Fprintf(a.stdout, "data: %s at least, %s in the middle, 95 %% up to %s, %s at most, %s in all\n",
		byteSize(st.Sizes.Min), byteSize(st.Sizes.Median), byteSize(st.Sizes.P95), byteSize(st.Sizes.Max), byteSize(st.Sizes.Sum))
	a.printBars(st.Expiry)
	if len(st.Age) > 0 {
		a.printBars(st.Age)
	}
}

// barWidth is the length of the longest bar, in characters.
const barWidth = 40

// printBars draws a histogram.
func (a *app) printBars(spans []slice) {
	var most int64
	for _, s := range spans {
		most = max(most, s.Count)
	}
	fmt.Fprintln(a.stdout)
	for _, s := range spans {
		line := fmt.Sprintf("%24s %12s %s", s.Label, thousands(s.Count), bar(s.Count, most))
		fmt.Fprintln(a.stdout, strings.TrimRight(line, " "))
	}
}

// bar draws n of most, in eighths of a character. What is not nothing can be seen.
func bar(n, most int64) string {
	if n <= 0 {
		return ""
	}
	eighths := max(int64(float64(n)/float64(most)*barWidth*8), 1)
	text := strings.Repeat("█", int(eighths/8))
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}
