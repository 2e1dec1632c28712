package devices

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
)

func TestSite(t *testing.T) {
	t.Parallel()
	db, err := gorm.Open(sqlite.Open(filepath.Join(t.TempDir(), "sessions.sqlite3")), &gorm.Config{TranslateError: true})
	if err != nil {
		t.Fatal(err)
	}
	if pool, err := db.DB(); err == nil {
		t.Cleanup(func() { pool.Close() })
	}
	site, err := Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	m, err := core.New(site.store, core.Config{SecretKey: "only for tests"})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
		s := m.Session(r.Context())
		s.CycleKey()
		userID.Set(s, "42")
		cart.Set(s, []int{1, 2})
	})
	mux.HandleFunc("/elsewhere", func(_ http.ResponseWriter, r *http.Request) {
		if n, err := site.SignOutElsewhere(r.Context(), 42, m.Session(r.Context())); n != 2 || err != nil {
			t.Errorf("SignOutElsewhere: got %d, %v, want 2", n, err)
		}
	})
	mux.HandleFunc("/checkout", func(w http.ResponseWriter, r *http.Request) {
		if err := site.Checkout(r.Context(), m.Session(r.Context())); err != nil {
			http.Error(w, "try again later", http.StatusConflict)
		}
	})
	handler := m.Handler(mux)
	get := func(path, key string) (int, string) {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("User-Agent", "Lamp/1.0")
		if key != "" {
			r.AddCookie(&http.Cookie{Name: m.CookieName(), Value: key})
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			key = c.Value
		}
		return w.Code, key
	}

	var keys []string
	for range 6 {
		_, key := get("/login", "")
		keys = append(keys, key)
	}
	var list strings.Builder
	if err := site.Devices(t.Context(), &list, 42); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(list.String(), " Lamp/1.0 192.0.2.1 "); n != 5 {
		t.Errorf("Devices after six log-ins: got %d, want 5:\n%s", n, &list)
	}
	if err := site.SignOut(t.Context(), 43, core.PublicID(keys[1])); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("SignOut of another account's session: got error %v, want ErrNotFound", err)
	}
	for _, key := range keys[1:3] {
		if err := site.SignOut(t.Context(), 42, core.PublicID(key)); err != nil {
			t.Errorf("SignOut: got error %v, want none", err)
		}
	}
	get("/elsewhere", keys[5])
	for i, want := range []bool{false, false, false, false, false, true} {
		if ok, err := m.Exists(t.Context(), keys[i]); ok != want || err != nil {
			t.Errorf("session %d lives: got %t, %v, want %t", i, ok, err, want)
		}
	}

	inCart := func() int { return len(cart.Get(m.Open(t.Context(), keys[5]))) }
	if status, _ := get("/checkout", keys[5]); status != http.StatusConflict || inCart() != 2 {
		t.Errorf("Checkout without a table of orders: got status %d and %d items left, want 409 and 2", status, inCart())
	}
	if err := db.AutoMigrate(&Order{}); err != nil {
		t.Fatal(err)
	}
	if status, _ := get("/checkout", keys[5]); status != http.StatusOK || inCart() != 0 {
		t.Errorf("Checkout: got status %d and %d items left, want 200 and none", status, inCart())
	}
	var order Order
	if err := db.Take(&order).Error; err != nil || order.Items != 2 {
		t.Errorf("the order: got %+v, %v, want 2 items", order, err)
	}
}
