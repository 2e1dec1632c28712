package main

import (
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/gormstore"
)

func TestStats(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w.migrate(t)
		w.run(t, "stats").want(t, 0, "0 sessions in django_session: 0 live, 0 expired\n", "")
		w.run(t, "stats", "--json").want(t, 0, `"median":0`, "")
		now := time.Now()
		// 20 sizes from 100 to 2000, one each.
		for i := range 20 {
			expires := now.Add(time.Duration(i-4)*day - time.Hour) // 5 have expired
			w.plant(t, djangoTable, seed{data: strings.Repeat("é", 50*(i+1)), expires: expires})
		}
		got := decodeJSON[statistics](t, w.run(t, "stats", "--json").want(t, 0, "{", "").out)
		if got.Total != 20 || got.Live != 15 || got.Expired != 5 {
			t.Errorf("got %d in all, %d live, %d expired, want 20, 15, 5", got.Total, got.Live, got.Expired)
		}
		if want := (sizes{Min: 100, Median: 1000, P95: 1900, Max: 2000, Sum: 21000}); got.Sizes != want {
			t.Errorf("sizes: got %+v, want %+v", got.Sizes, want)
		}
		spans := map[string]int64{}
		for _, s := range got.Expiry {
			spans[s.Label] = s.Count
		}
		for label, want := range map[string]int64{"over a day ago": 4, "within the last day": 1, "expire within an hour": 0, "within a day": 1, "within a week": 6, "within two weeks": 7, "within a month": 1, "later": 0} {
			if spans[label] != want {
				t.Errorf("%s: got %d, want %d", label, spans[label], want)
			}
		}
		text := w.run(t, "stats").want(t, 0, "20 sessions in django_session: 15 live, 5 expired\n", "").
			want(t, 0, "data: 100 B at least, 1,000 B in the middle, 95 % up to 1,900 B, 2,000 B at most, 20.5 KiB in all\n", "")
		text.want(t, 0, "        within two weeks            7 "+strings.Repeat("█", barWidth)+"\n", "")
		text.want(t, 0, "                   later            0\n", "")
	})
}

func TestStatsOfAges(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		devices(t, w)
		for _, age := range []time.Duration{time.Minute, 2 * time.Hour, 3 * time.Hour, 400 * day} {
			w.plant(t, "devices", seed{expires: inAnHour(), columns: map[string]any{"created_at": gormstore.DateTimeOf(time.Now().Add(-age))}})
		}
		w.plant(t, "devices", seed{expires: inAnHour()}) // NULL
		w.run(t, "stats", "--table", "devices").want(t, 0, "        over an hour ago            2 ████", "").
			want(t, 0, " created over a year ago            1 ████", "")
	})
}

func TestBar(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		n, most int64
		want    string
	}{
		{0, 0, ""}, {0, 10, ""}, {1, 1 << 62, "▏"}, {10, 10, strings.Repeat("█", 40)}, {1, 2, strings.Repeat("█", 20)},
		{1, 64, "▋"}, {3, 64, "█▉"},
	} {
		if got := bar(tt.n, tt.most); got != tt.want {
			t.Errorf("bar(%d, %d): got %q, want %q", tt.n, tt.most, got, tt.want)
		}
	}
}
