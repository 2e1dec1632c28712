package django

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

var dbRequirements = []requirement{
	{name: "test_session_str", says: "A row's text form is its key.", verdict: differs,
		why: "Whoever has the key has the session, so no row prints it. string(row.SessionKey) says it to those who ask.",
		test: func(t *testing.T, st *site) {
			key := st.stored(t).Key()
			row := st.table.row(t, key)
			if string(row.SessionKey) != key {
				t.Error("SessionKey of the row: got another key")
			}
			if text := fmt.Sprintf("%v %+v %s", row, row, row); strings.Contains(text, key) {
				t.Error("the row prints its key")
			}
		}, also: []reference{"gormstore/dbtest TestRowsDoNotPrint"}},
	{name: "test_session_get_decoded", says: "A row decodes to the saved items.", verdict: same, test: func(t *testing.T, st *site) {
		row := st.table.row(t, st.stored(t).Key())
		values, err := codec(t).Decode(string(row.SessionData))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(values.AppendJSON(nil)); got != `{"foo":"bar"}` {
			t.Errorf("the row: got %s, want the saved items", got)
		}
	}},
	{name: "test_sessionmanager_save", says: "The manager's save(key, dict, date) replaces items and date.", verdict: differs,
		why: "It is Store.Update, which never brings a deleted session back and takes an empty dictionary for one (Django's deletes the row then).",
		test: func(t *testing.T, st *site) {
			key := st.stored(t).Key()
			date := st.clock.Now().Add(time.Hour)
			for _, items := range []string{`{"json":"test_string"}`, `{}`} {
				values, err := core.ParseValues(items)
				if err != nil {
					t.Fatal(err)
				}
				rec := core.Record{Key: key, Values: values, ExpireDate: date}.WithCodec(codec(t))
				if _, err := st.store.Update(t.Context(), rec); err != nil {
					t.Fatal(err)
				}
				wantItems(t, st.m.Open(t.Context(), key), items)
			}
			if got := st.table.row(t, key).ExpireDate; !got.Equal(date) {
				t.Errorf("expire_date: got %v, want %v", got, date)
			}
		}},
	{name: "test_clearsessions_command", says: "Of one session that has expired and one that has not, clearing leaves the latter.", verdict: same,
		why: "And it goes in batches, so that a table in use stays usable.",
		test: func(t *testing.T, st *site) {
			st = st.fresh(t)
			live := st.stored(t)
			dead := st.empty(t)
			dead.Set("foo", "bar")
			dead.SetExpiryDate(st.clock.Now().Add(-time.Hour))
			save(t, dead)
			if got := st.table.count(t); got != 2 {
				t.Fatalf("rows before: got %d, want 2", got)
			}
			n, err := st.m.ClearExpired(t.Context(), core.ClearOptions{})
			if n != 1 || err != nil {
				t.Errorf("ClearExpired: got %d, %v; want 1, nil", n, err)
			}
			if got := st.table.count(t); got != 1 || !st.exists(t, live.Key()) {
				t.Errorf("rows after: got %d, the live one there: %t; want it alone", got, st.exists(t, live.Key()))
			}
		}, also: []reference{"gormstore/dbtest TestClearExpired"}},
	{name: notResurrected, says: "The same as for every back end, where the database has savepoints.", verdict: same,
		why: "Saving needs no transaction, so there is nothing to skip.", test: saveDoesNotResurrect},
}

const notResurrected = "test_session_save_does_not_resurrect_session_logged_out_in_other_context"

func codec(t *testing.T) core.Codec {
	t.Helper()
	c, err := core.DjangoCodec{SecretKey: secretKey}.New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
