package dbtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// moments are expiries that something may get wrong: no fraction, one digit,
// cut digits, another zone, the hour that New York skips, the end of time.
func moments() []time.Time {
	soon := time.Now().UTC().Truncate(time.Second).Add(2 * time.Hour)
	return []time.Time{
		soon,
		soon.Add(100 * time.Millisecond),
		soon.Add(123456789 * time.Nanosecond),
		soon.In(time.FixedZone("", 5*3600+1800)),
		time.Date(2027, 3, 14, 2, 30, 0, 5000, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// TestExpireDate: an expiry comes back as it was, to the microsecond, from the
// store and from a row that the user reads with GORM, whatever the DSN says about
// time.
func TestExpireDate(t *testing.T) {
	t.Parallel()
	for _, d := range slices.Concat(All, []Database{MySQLOddities, MySQLText}) {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[accountSession])
			create(t, store, rec(t, key1))
			for _, at := range moments() {
				r := rec(t, key1)
				r.ExpireDate = at
				if _, err := store.Update(t.Context(), r); err != nil {
					t.Fatalf("Update with expiry %v: got error %v, want none", at, err)
				}
				want := gormstore.DateTimeOf(at).Time
				if got := load(t, store, key1).ExpireDate; !got.Equal(want) || got.Location() != time.UTC {
					t.Errorf("Load: got expiry %v, want %v", got, want)
				}
				got := row[accountSession](t, db, key1).ExpireDate.Time
				skipped := d.Name == MySQLOddities.Name && want.Month() == time.March // no such wall clock in loc
				if (!got.Equal(want) && !skipped) || got.Location() != time.UTC {
					t.Errorf("a row read with GORM: got expiry %v, want %v", got, want)
				}
			}
		})
	}
}

// TestExpiryCompares: a session is there until its expiry and gone from it on, to
// the microsecond, with and without a fraction on either side.
func TestExpiryCompares(t *testing.T) {
	t.Parallel()
	base := time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, d := range slices.Concat(All, []Database{MySQLOddities, MySQLText}) {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			var now time.Time
			store := migrated(t, d.Open(t, nil), gormstore.New)
			if err := store.Configure(core.Settings{Now: func() time.Time { return now }}); err != nil {
				t.Fatal(err)
			}
			now = base.Add(-time.Hour)
			first := rec(t, key1)
			first.ExpireDate = base
			create(t, store, first)
			for _, expiry := range []time.Time{base, base.Add(time.Microsecond), base.Add(100 * time.Millisecond)} {
				now = base.Add(-time.Hour)
				r := rec(t, key1)
				r.ExpireDate = expiry
				if _, err := store.Update(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				now = expiry.Add(-time.Microsecond).Local()
				if _, err := store.Load(t.Context(), key1); err != nil {
					t.Errorf("Load a microsecond before %v: got error %v, want the session", expiry, err)
				}
				now = expiry
				if _, err := store.Load(t.Context(), key1); !errors.Is(err, core.ErrNotFound) {
					t.Errorf("Load at %v, its expiry: got %v, want ErrNotFound", expiry, err)
				}
				if n, _ := store.ClearExpired(t.Context(), core.ClearOptions{}); n != 0 {
					t.Errorf("ClearExpired at the expiry: got %d cleared, want 0, as Django", n)
				}
			}
			now = base.Add(time.Second)
			if n, err := store.ClearExpired(t.Context(), core.ClearOptions{}); n != 1 || err != nil {
				t.Errorf("ClearExpired after the expiry: got %d, %v, want 1, no error", n, err)
			}
		})
	}
}

// TestConditionOnExpireDate: the user's own queries compare when they use
// DateTime.
func TestConditionOnExpireDate(t *testing.T) {
	t.Parallel()
	for _, d := range slices.Concat(All, []Database{MySQLOddities, MySQLText}) {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[accountSession])
			at := time.Now().Add(time.Hour)
			r := rec(t, key1)
			r.ExpireDate = at
			create(t, store, r)
			for _, tt := range []struct {
				after time.Time
				want  int64
			}{{at.Add(-time.Second), 1}, {at.Add(time.Second), 0}} {
				var got int64
				if err := db.Model(&accountSession{}).Where("expire_date > ?", gormstore.DateTimeOf(tt.after)).Count(&got).Error; err != nil {
					t.Fatal(err)
				}
				if got != tt.want {
					t.Errorf("sessions that expire after %v: got %d, want %d", tt.after, got, tt.want)
				}
			}
		})
	}
}

// TestSQLiteText: what is in the file is what Django writes.
func TestSQLiteText(t *testing.T) {
	t.Parallel()
	db := SQLite.Open(t, nil)
	store := migrated(t, db, gormstore.New)
	tests := []struct {
		at   time.Time
		want string
	}{
		{time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC), "2040-01-02 03:04:05"},
		{time.Date(2040, 1, 2, 3, 4, 5, 120000999, time.UTC), "2040-01-02 03:04:05.120000"},
		{time.Date(2040, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), "2040-01-02 02:04:05"},
	}
	create(t, store, rec(t, key1))
	text := func() (text string) {
		db.Raw("SELECT CAST(expire_date AS TEXT) FROM django_session").Scan(&text)
		return text
	}
	for _, tt := range tests {
		r := rec(t, key1)
		r.ExpireDate = tt.at
		if _, err := store.Update(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if got := text(); got != tt.want {
			t.Errorf("after Update: got %q, want %q", got, tt.want)
		}
		if err := db.Save(&gormstore.DjangoSession{SessionKey: key1, SessionData: "x", ExpireDate: gormstore.DateTimeOf(tt.at)}).Error; err != nil {
			t.Fatal(err)
		}
		if got := text(); got != tt.want {
			t.Errorf("after a Save by hand: got %q, want %q", got, tt.want)
		}
	}
}

// TestExpiryIsNoDate: an expiry that no time.Time can hold, or that is no date at
// all, makes the record one that cannot be read, and not a store that is down.
func TestExpiryIsNoDate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		database Database
		expiry   string
	}{
		{Postgres, "'infinity'"},
		{SQLite, "'tomorrow'"},
		{SQLite, "'9999-99-99 00:00:00'"},
		{SQLite, "x'ff'"},
	} {
		t.Run(tt.database.Name+"/"+tt.expiry, func(t *testing.T) {
			t.Parallel()
			db := tt.database.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[gormstore.DjangoSession])
			create(t, store, rec(t, key1))
			if err := db.Exec("UPDATE django_session SET expire_date = " + tt.expiry).Error; err != nil {
				t.Fatal(err)
			}
			got, err := store.Load(t.Context(), key1)
			if err != nil {
				t.Fatalf("Load: got error %v, want a record that does not decode", err)
			}
			if got.Version == "" {
				t.Error("Load: got no version, want the text, so that no update is unconditional")
			}
			if _, err := got.Decode(codec); !errors.Is(err, core.ErrUndecodable) {
				t.Errorf("Decode: got error %v, want ErrUndecodable", err)
			}
		})
	}
}
