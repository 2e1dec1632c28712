package interop

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
)

// side is one of the two programs. Its methods are visits of a browser.
type side interface {
	name() string
	// items returns the session's items as JSON.
	items(t *testing.T, b *browser) string
	// set changes items, given as a JSON object.
	set(t *testing.T, b *browser, items string)
	cycle(t *testing.T, b *browser)
	// user returns the name of who is logged in, or nothing.
	user(t *testing.T, b *browser) string
	login(t *testing.T, b *browser, name string)
	logout(t *testing.T, b *browser)
	// clear removes expired sessions.
	clear(t *testing.T)
	// account returns what the column account_id of a row holds, nil for NULL,
	// and whether there is such a row.
	account(t *testing.T, key string) (id *int64, found bool)
	// keysOf returns the keys of the rows that a query for an account finds.
	keysOf(t *testing.T, id *int64) []string
}

// nameOf is the user with that ID, or nothing.
func (c *custom) nameOf(id string) string {
	for name, user := range c.users {
		if user.ID == id {
			return name
		}
	}
	return ""
}

// id is what the column holds for a user; nil for nobody.
func (c *custom) id(t *testing.T, name string) *int64 {
	t.Helper()
	if name == "" {
		return nil
	}
	n, err := strconv.ParseInt(c.users[name].ID, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return &n
}

type djangoSide struct{ *custom }

// reply is Django's answer to a visit.
type reply struct {
	Status    int
	Items     string
	User      string
	Exception string
	Sent      *struct{ Value string }
}

// visit lets the browser ask Django for a view; without an engine, under the site's own
// SESSION_ENGINE.
func (c *custom) visit(t *testing.T, b *browser, engine, view, text string) (answer reply) {
	t.Helper()
	c.process.call(t, "visit", visitOf(b, engine, view, text), &answer)
	if answer.Status != http.StatusOK {
		t.Fatalf("Django, /%s: status %d (%s), want 200", view, answer.Status, answer.Exception)
	}
	if answer.Sent != nil {
		b.cookie = answer.Sent.Value
	}
	return answer
}

func visitOf(b *browser, engine, view, text string) arguments {
	return arguments{"engine": engine, "view": view, "cookie": b.cookie, "text": text}
}

func (s *djangoSide) name() string { return "Django" }

func (s *djangoSide) items(t *testing.T, b *browser) string {
	t.Helper()
	return s.visit(t, b, "", "items", "").Items
}

func (s *djangoSide) set(t *testing.T, b *browser, items string) {
	t.Helper()
	s.visit(t, b, "", "edit", items)
}

func (s *djangoSide) cycle(t *testing.T, b *browser) { t.Helper(); s.visit(t, b, "", "cycle", "") }

func (s *djangoSide) user(t *testing.T, b *browser) string {
	t.Helper()
	return s.nameOf(s.visit(t, b, "", "user", "").User)
}

func (s *djangoSide) login(t *testing.T, b *browser, name string) {
	t.Helper()
	s.visit(t, b, "", "login", name)
}

func (s *djangoSide) logout(t *testing.T, b *browser) { t.Helper(); s.visit(t, b, "", "logout", "") }

func (s *djangoSide) clear(t *testing.T) { t.Helper(); s.process.call(t, "clearsessions", nil, nil) }

// row is a row as Django's ORM reads it.
type row struct {
	SessionKey string `json:"session_key"`
	AccountID  *int64 `json:"account_id"`
	Note, Kind *string
}

func (c *custom) rows(t *testing.T, conditions arguments) (found []row) {
	t.Helper()
	c.process.call(t, "rows", conditions, &found)
	return found
}

func (s *djangoSide) account(t *testing.T, key string) (*int64, bool) {
	t.Helper()
	found := s.rows(t, arguments{"model": customModel, "session_key": key})
	if len(found) == 0 {
		return nil, false
	}
	return found[0].AccountID, true
}

func (s *djangoSide) keysOf(t *testing.T, id *int64) (keys []string) {
	t.Helper()
	condition := arguments{"model": customModel, "account_id": id}
	if id == nil {
		condition = arguments{"model": customModel, "account_id__isnull": true}
	}
	for _, r := range s.rows(t, condition) {
		keys = append(keys, r.SessionKey)
	}
	return keys
}

type goSide struct{ *custom }

func (s *goSide) name() string { return "Go" }

func (s *goSide) items(t *testing.T, b *browser) string { t.Helper(); return s.http.items(t, b) }

func (s *goSide) set(t *testing.T, b *browser, items string) {
	t.Helper()
	s.http.edit(t, b, edit{Set: items})
}

func (s *goSide) cycle(t *testing.T, b *browser) { t.Helper(); s.http.edit(t, b, edit{Cycle: true}) }

func (s *goSide) user(t *testing.T, b *browser) (name string) {
	t.Helper()
	a := s.http.auth(t)
	lookup := func(_ context.Context, id string) (string, string, error) {
		found := s.nameOf(id)
		if found == "" {
			return "", "", auth.ErrNoUser
		}
		return found, s.users[found].Password, nil
	}
	s.http.visit(t, b, func(ctx context.Context, session *core.Session) {
		var err error
		if name, _, err = auth.GetUser(ctx, a, session, lookup); err != nil {
			t.Errorf("Go, GetUser: %v", err)
		}
	})
	return name
}

func (s *goSide) login(t *testing.T, b *browser, name string) {
	t.Helper()
	a, user := s.http.auth(t), s.users[name]
	s.http.visit(t, b, func(_ context.Context, session *core.Session) {
		if err := a.Login(session, auth.User{ID: user.ID, PasswordHash: user.Password}); err != nil {
			t.Errorf("Go, Login: %v", err)
		}
	})
}

func (s *goSide) logout(t *testing.T, b *browser) { t.Helper(); s.http.logout(t, b) }

func (s *goSide) clear(t *testing.T) {
	t.Helper()
	if _, err := s.http.manager(t).ClearExpired(t.Context(), core.ClearOptions{}); err != nil {
		t.Errorf("Go, ClearExpired: %v", err)
	}
}

func (s *goSide) account(t *testing.T, key string) (*int64, bool) {
	t.Helper()
	var found accountSession
	err := s.db.Where("session_key = ?", key).Take(&found).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		t.Fatal(err)
	}
	return found.AccountID, err == nil
}

func (s *goSide) keysOf(t *testing.T, id *int64) (keys []string) {
	t.Helper()
	// A map, for which GORM writes IS NULL where a value is nil.
	var found []accountSession
	if err := s.db.Where(map[string]any{"account_id": id}).Find(&found).Error; err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		keys = append(keys, string(f.SessionKey))
	}
	return keys
}
