package django

import (
	"errors"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
)

var cacheRequirements = []requirement{
	{name: "test_load_overlong_key", says: "A key of 1240 characters loads as empty.", verdict: same, test: loadOverlongKey},
	{name: "test_default_cache", says: "A saved session is in the cache under the store's key.", verdict: same,
		why: "Under Django's key with its defaults, version and prefix included.",
		test: func(t *testing.T, st *site) {
			wantEntry(t, st.cache, st.stored(t).Key(), true)
		}},
	{name: "test_non_default_cache", says: "With SESSION_CACHE_ALIAS it is in that cache and in no other.", verdict: same,
		why: "The cache is the value that is passed to cachestore.New.",
		test: func(t *testing.T, st *site) {
			other := must(cachestore.NewMemory())
			m := st.manager(t, must(cachestore.New(other)), core.Config{})
			s := m.Open(t.Context(), "")
			s.Set("foo", "bar")
			save(t, s)
			wantEntry(t, other, s.Key(), true)
			wantEntry(t, st.cache, s.Key(), false)
		}},
	{name: "test_create_and_save", says: "create() and then save() leave an entry.", verdict: differs,
		why: "There is no create(): the first Save creates, once there is an item.",
		test: func(t *testing.T, st *site) {
			s := st.stored(t)
			s.Set("foo", "again")
			save(t, s)
			wantEntry(t, st.cache, s.Key(), true)
			wantItems(t, st.reopen(t, s), `{"foo":"again"}`)
		}},
}

func wantEntry(t *testing.T, cache cachestore.Cache, key string, want bool) {
	t.Helper()
	_, found, err := cache.Get(t.Context(), cacheEntry("cache", key))
	if found != want || err != nil {
		t.Errorf("the entry in the cache: found %t, %v; want %t", found, err, want)
	}
}

var commandRequirements = []requirement{
	{name: "test_clearsessions_unsupported", says: "Clearing with an engine that cannot is an error that names the engine.", verdict: same,
		why: "ClearExpired returns it for every store that keeps no expired sessions; Django's cache and signed_cookies do nothing instead.",
		test: func(t *testing.T, st *site) {
			_, err := st.m.ClearExpired(t.Context(), core.ClearOptions{})
			if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "cachestore.Store") {
				t.Errorf("ClearExpired: got %v, want ErrUnsupported with the store's type", err)
			}
		}},
}
