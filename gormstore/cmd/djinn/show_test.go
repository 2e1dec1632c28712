package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/signing"
)

func TestShow(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w = w.migrate(t).with("SECRET_KEY_FALLBACKS", olderKey+","+fallbackKey)
		now := time.Now()
		items := `{"_auth_user_id":"42","_auth_user_hash":"5ecre7hash","_csrftoken":"5ecre7hash","n":1.0,"name":"J\u00f6rg \u001b[2J","nan":NaN}`
		key := w.plant(t, djangoTable, seed{items: items, signed: now.Add(-49 * time.Hour), expires: now.Add(73 * time.Hour)})
		for _, r := range []result{w.runWith(t, key+"\n", "show"), w.run(t, "show", core.PublicID(key))} {
			r.want(t, 0, "public ID  "+core.PublicID(key)+"\n", "personal data")
			for _, want := range []string{
				" (in 3 days), live\n", "signed by  SECRET_KEY\n", " (2 days ago)\n", ", not compressed\n", "items      6\n",
				"  _auth_user_id = \"42\"\n", "  _auth_user_hash = \"[masked]\"\n", "  _csrftoken = \"[masked]\"\n", "  n = 1.0\n",
				`  name = "J\u00f6rg \u001b[2J"` + "\n", "  nan = NaN\n",
			} {
				if !strings.Contains(r.out, want) {
					t.Errorf("got %q, want %q in it", r.out, want)
				}
			}
		}
		got := decodeJSON[map[string]json.RawMessage](t, w.run(t, "show", "--json", core.PublicID(key)).want(t, 0, "{", "").out)
		if want := `{"_auth_user_id":"42","_auth_user_hash":"[masked]","_csrftoken":"[masked]","n":1.0,"name":"J\u00f6rg \u001b[2J","nan":"NaN"}`; string(got["items"]) != want {
			t.Errorf("items: got %s, want %s", got["items"], want)
		}
		if string(got["public_id"]) != `"`+core.PublicID(key)+`"` || string(got["live"]) != "true" || string(got["signed_by"]) != `"SECRET_KEY"` {
			t.Errorf("got %s, want public ID, live and signed_by too", got)
		}

		old := w.plant(t, djangoTable, seed{signing: fallbackKey, expires: now.Add(-25 * time.Hour)})
		w.runWith(t, old, "show").want(t, 0, " (1 day ago), has expired\n", "personal data").want(t, 0, "signed by  SECRET_KEY_FALLBACKS, number 2\n", "personal data")
		foreign := w.plant(t, djangoTable, seed{signing: "who knows", expires: now})
		w.runWith(t, foreign, "show").want(t, 0, "signed by  none of the keys\n", "personal data")
		long := w.plant(t, djangoTable, seed{items: `{"x":"` + strings.Repeat("lamp ", 2000) + `"}`, expires: now})
		w.runWith(t, long, "show").want(t, 0, ", compressed\n", "personal data")
		broken := w.plant(t, djangoTable, seed{data: "no session data at all", expires: now})
		w.runWith(t, broken, "show").want(t, 0, "data       cannot be decoded: ", "")
		w.runWith(t, broken, "show", "--json").want(t, 0, `"error":"cannot be decoded: `, "")
		list := w.plant(t, djangoTable, seed{data: signing.New(secretKey, core.DjangoSalt).Dump([]byte("[1]"), now, false), expires: now})
		w.runWith(t, list, "show").want(t, 0, "cannot be decoded: ", "")
	})
}

func TestShowNothing(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w.migrate(t)
		key := w.plant(t, djangoTable, seed{expires: inAnHour()})
		for _, other := range []string{core.NewSessionKey(), strings.Repeat("a", 40), key[:31]} {
			w.runWith(t, other, "show").want(t, exitNotFound, "", "there is no such session")
			w.run(t, "show", core.PublicID(other)).want(t, exitNotFound, "", "there is no such session")
		}
		// One with the same beginning.
		same := core.PublicID(key[:4] + core.NewSessionKey()[4:])
		w.run(t, "show", same, "--json").want(t, exitNotFound, "", `{"error":{"message":"there is no such session`)
		w.runWith(t, strings.ToUpper(key), "show").want(t, exitUsage, "", "no session key")
	})
}
