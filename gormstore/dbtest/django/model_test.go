package django

import (
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

const oneDay = 24 * time.Hour

var modelRequirements = []requirement{
	{name: "test_extra_session_field", says: "A column that is filled from the items holds the account after a login, and NULL after the item went.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.empty(t)
		s.Set("_auth_user_id", "42")
		save(t, s)
		if got := st.account(t, s.Key()); got == nil || *got != 42 {
			t.Errorf("account_id after a login: got %v, want 42", got)
		}
		s.Delete("_auth_user_id")
		save(t, s)
		if got := st.account(t, s.Key()); got != nil {
			t.Errorf("account_id after the item went: got %d, want NULL", *got)
		}
	}, also: []reference{"gormstore/dbtest TestAccountColumn"}},
	{name: "test_custom_expiry_reset", says: "Without an expiry of its own a session lives for the age that the store's class gives.", verdict: differs,
		why: "The age is Config.CookieAge, one for each Manager: a store has none of its own.",
		test: func(t *testing.T, st *site) {
			st.wantAge(t, func(s *core.Session) { s.SetExpiry(10 * time.Second); s.ResetExpiry() })
		}},
	{name: "test_default_expiry", says: "The same for one that never had one, and for an expiry of 0.", verdict: differs,
		why: "As above.",
		test: func(t *testing.T, st *site) {
			st.wantAge(t, func(*core.Session) {})
			st.wantAge(t, func(s *core.Session) { s.SetExpiry(0) })
		}},
}

// account reads the column as users do, with GORM.
func (st *site) account(t *testing.T, key string) *int64 {
	t.Helper()
	var row accountSession
	if err := st.table.db.Where("session_key = ?", key).Take(&row).Error; err != nil {
		t.Fatal(err)
	}
	return row.AccountID
}

// wantAge checks age and column of a session under a Manager with another age.
func (st *site) wantAge(t *testing.T, do func(s *core.Session)) {
	t.Helper()
	m := st.manager(t, st.store, core.Config{CookieAge: oneDay})
	s := m.Open(t.Context(), "")
	s.Set("foo", "bar")
	do(s)
	save(t, s)
	if got := m.Open(t.Context(), s.Key()).ExpiryAge(); got != oneDay {
		t.Errorf("ExpiryAge: got %v, want %v", got, oneDay)
	}
	if got, want := st.table.row(t, s.Key()).ExpireDate, st.clock.Now().Add(oneDay); !got.Equal(want) {
		t.Errorf("expire_date: got %v, want %v", got, want)
	}
}
