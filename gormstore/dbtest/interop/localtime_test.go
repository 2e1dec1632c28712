package interop

import (
	"testing"
	"time"
)

// TestLocalTime measures what a Django with USE_TZ = False and a TIME_ZONE other than
// UTC does to the end of a session. SQLite and MariaDB keep its local time without
// saying which one it is, so Go sees the end shifted by the zone's offset;
// PostgreSQL keeps the moment.
func TestLocalTime(t *testing.T) {
	const tokyo = 9 * time.Hour
	shift := map[string]time.Duration{onSQLite.name: tokyo, onPostgres.name: 0, onMariaDB.name: tokyo}
	for _, r := range releases(t) {
		for _, e := range databases {
			t.Run("Django "+r.version+", "+e.name, func(t *testing.T) {
				t.Parallel()
				p := openPlace(t, r, e, false, "Asia/Tokyo")
				b := visitor(t, p.django, edit{Set: `{"n":1}`})
				store, err := p.store(time.Now)
				if err != nil {
					t.Fatal(err)
				}
				rec, err := store.Load(t.Context(), b.cookie)
				if err != nil {
					t.Fatal(err)
				}
				if got := time.Until(rec.ExpireDate.Add(-cookieAge)).Round(time.Minute); got != shift[e.name] {
					t.Errorf("Go sees the end of Django's session shifted by %v, want %v", got, shift[e.name])
				}
			})
		}
	}
}
