package django

import (
	"errors"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

var decodeRequirements = []requirement{
	{name: "test_decode", says: "Decoding what was encoded gives the same.", verdict: same, test: func(t *testing.T, st *site) {
		const items = `{"z":{"nested":[1,1.0,-0.0,true,null,"\u00e9\ud83d\ude00"]},"a":"b","n":123456789012345678901234567890}`
		values, err := core.ParseValues(items)
		if err != nil {
			t.Fatal(err)
		}
		s := st.empty(t)
		for name := range values.Texts() {
			s.Set(name, values.Get(name))
		}
		save(t, s)
		wantItems(t, st.reopen(t, s), items)
	}, also: []reference{"core TestVectorsSession", "core TestUntouchedItemsKeepTheirText"}},
	{name: "test_decode_failure_logged_to_security", says: "Data that is not what was signed reads as empty, with a warning.", verdict: differs,
		why: "The warning goes to Config.Logger and Config.Observer. The unreadable record is left alone, where Django's next save overwrites it. A cookie without the shape of a signed session is unknown without a warning.",
		test: func(t *testing.T, st *site) {
			good := st.signed(`{"a":1}`)
			junk := []string{good[:len(good)-43] + strings.Repeat("x", 43), "Zmxhc2tkajphbGtkamY=", "bad:encoded:value"}
			if st.stateless {
				junk = junk[:1]
			}
			wantUnreadable(t, st, junk)
		}, also: []reference{"core TestUndecodableRecord", "core TestVectorsTampered", "core/cookiestore TestEngineForgedCookie"}},
	{name: "test_decode_serializer_exception", says: "A good signature on something that is no dictionary reads as empty.", verdict: same,
		test: func(t *testing.T, st *site) {
			text := st.notADict
			if text == "" {
				text = st.signed(`["a","list"]`)
			}
			wantUnreadable(t, st, []string{text})
			if st.notADict == "" {
				wantUnreadable(t, st, []string{st.signed(`no JSON`)})
			}
		}, also: []reference{"core/signing TestLoadIsBounded"}},
}

// wantUnreadable checks that texts read as an anonymous visitor, are reported, and
// stay as they are.
func wantUnreadable(t *testing.T, st *site, texts []string) {
	t.Helper()
	for _, text := range texts {
		key := st.holding(t, text)
		st.took(core.EventUndecodable)
		s := st.m.Open(t.Context(), key)
		wantItems(t, s, `{}`)
		if err := s.Err(); err != nil {
			t.Errorf("Err: got %v, want nil", err)
		}
		events := st.took(core.EventUndecodable)
		if len(events) != 1 || !errors.Is(events[0].Err, core.ErrUndecodable) {
			t.Errorf("got %d events of kind undecodable, want one with ErrUndecodable", len(events))
		}
		if log := st.logged(); !strings.Contains(log, "session data corrupted") || strings.Contains(log, text) {
			t.Errorf("the log has the warning: %t, and the data: %t; want the warning alone",
				strings.Contains(log, "session data corrupted"), strings.Contains(log, text))
		}
		s.Set("cat", "dog")
		save(t, s)
		if s.Key() == key {
			t.Error("the unreadable record was overwritten")
		}
	}
}
