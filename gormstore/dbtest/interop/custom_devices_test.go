package interop

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// deviceSession is Go's model of the table of testdata/custom/devices: it knows more
// than Django's, which has account_id alone.
type deviceSession struct {
	gormstore.ClientBase
	AccountID *int64 `gorm:"index" djinn:"user"`
}

func (deviceSession) TableName() string { return "devices_devicesession" }

func (s *deviceSession) FillSession(_ context.Context, values core.Values) error {
	s.AccountID = accountID(values)
	return nil
}

// deviceModel is the Django model of that table.
const deviceModel = "devices.DeviceSession"

// devices are both sides on that table.
type devices struct {
	*custom
	engine string // Django's SESSION_ENGINE
	store  *gormstore.Store[deviceSession]
	golang *goSide
}

func (c *custom) devices(t *testing.T) *devices {
	t.Helper()
	c.addGoColumns(t)
	d := &devices{custom: c, engine: "devices.models", store: migrateModel[deviceSession](t, c.db)}
	if c.cached {
		d.engine = "devices.cached"
	}
	shared := c.cache(d.store, nil) // the clock is the Manager's
	other := *c
	other.http = onModel(shared)
	d.golang = &goSide{&other}
	return d
}

// addGoColumns is a migration of the program's own, which Migrate asks for where
// Django made the table.
func (c *custom) addGoColumns(t *testing.T) {
	t.Helper()
	fields := map[string]string{"client_ip": "ClientIP", "user_agent": "UserAgent", "created_at": "CreatedAt", "last_seen": "LastSeen"}
	if c.db.Migrator().HasColumn(new(deviceSession), "client_ip") {
		return
	}
	store, err := gormstore.NewModel[deviceSession](c.db)
	if err != nil {
		t.Fatal(err)
	}
	err = store.Migrate(t.Context())
	for column, field := range fields {
		if err == nil || !strings.Contains(err.Error(), "the column "+column+" is missing") {
			t.Errorf("Migrate: %v, want something about the column %s", err, column)
		}
		if err := c.db.Migrator().AddColumn(new(deviceSession), field); err != nil {
			t.Fatal(err)
		}
	}
}

// onDjango lets somebody log in on Django's side.
func (d *devices) onDjango(t *testing.T, name string) *browser {
	t.Helper()
	b := &browser{}
	d.visit(t, b, d.engine, "login", name)
	return b
}

// onGo lets somebody log in on Go's side.
func (d *devices) onGo(t *testing.T, name string) *browser {
	t.Helper()
	b := &browser{}
	d.golang.login(t, b, name)
	return b
}

// row reads a row with GORM.
func (d *devices) row(t *testing.T, b *browser) (found deviceSession) {
	t.Helper()
	if err := d.db.Where("session_key = ?", b.cookie).Take(&found).Error; err != nil {
		t.Fatal(err)
	}
	return found
}

// keepsGoColumns: Django leaves columns alone that it does not know. In its own rows
// they are NULL, which Go reads, and fills when it saves.
func keepsGoColumns(t *testing.T, c *custom) {
	d := c.devices(t)
	b := d.onDjango(t, "jasmine")
	got := d.row(t, b)
	if got.ClientIP != "" || got.UserAgent != "" || !got.CreatedAt.IsZero() || !got.LastSeen.IsZero() || show(got.AccountID) != show(c.id(t, "jasmine")) {
		t.Errorf("Go reads %+v from Django's row, want jasmine's account and nothing else", got)
	}
	d.golang.set(t, b, `{"n":1}`)
	before := d.row(t, b)
	if before.ClientIP != "192.0.2.1" || time.Since(before.LastSeen.Time).Abs() > slack || !before.CreatedAt.IsZero() {
		t.Errorf("Go reads %+v, want address and time of its own visit, and no time of creation", before)
	}
	d.visit(t, b, d.engine, "edit", `{"n":2}`)
	if got := d.visit(t, b, d.engine, "user", "").User; got != c.users["jasmine"].ID {
		t.Errorf("Django says that user %q is logged in, want jasmine", got)
	}
	after := d.row(t, b)
	if after.SessionData == before.SessionData {
		t.Error("Django did not save")
	}
	if after.ClientIP != before.ClientIP || !after.LastSeen.Equal(before.LastSeen.Time) || show(after.AccountID) != show(before.AccountID) {
		t.Errorf("after Django's save Go reads %+v, want %+v", after, before)
	}
}

// listsBoth: Go's list of a user's sessions has those that Django made, and one of them
// ends by its public ID.
func listsBoth(t *testing.T, c *custom) {
	d := c.devices(t)
	inDjango, inGo, other := d.onDjango(t, "jasmine"), d.onGo(t, "jasmine"), d.onDjango(t, "aladdin")
	var publicIDs []string
	for row, err := range d.store.Sessions(t.Context(), d.store.OfUser(c.id(t, "jasmine"))) {
		if err != nil {
			t.Fatal(err)
		}
		publicIDs = append(publicIDs, row.PublicID())
	}
	for _, b := range []*browser{inDjango, inGo} {
		if !slices.Contains(publicIDs, core.PublicID(b.cookie)) {
			t.Errorf("the list %v lacks %s", publicIDs, core.PublicID(b.cookie))
		}
	}
	if slices.Contains(publicIDs, core.PublicID(other.cookie)) {
		t.Error("the list has a session of aladdin's")
	}
	if err := d.store.Revoke(t.Context(), core.PublicID(inDjango.cookie), d.store.OfUser(c.id(t, "jasmine"))); err != nil {
		t.Fatal(err)
	}
	d.wantUsers(t, inDjango, "")
	d.wantUsers(t, inGo, "jasmine")
	d.wantUsers(t, other, "aladdin")
}

// revokesUser: all sessions of a user end but for the one that asks, those that a view
// of Django's has in its hands too. Its save raises, and nothing comes back.
func revokesUser(t *testing.T, c *custom) {
	d := c.devices(t)
	for _, login := range []func(*testing.T, string) *browser{d.onDjango, d.onGo} {
		busy, idle, asking, other := login(t, "jasmine"), d.onDjango(t, "jasmine"), d.onGo(t, "jasmine"), d.onGo(t, "aladdin")
		c.duringDjango(t, busy, d.engine, func() {
			n, err := d.store.RevokeUser(t.Context(), c.users["jasmine"].ID, core.PublicID(asking.cookie))
			if err != nil || n < 2 {
				t.Errorf("RevokeUser: got %d, %v, want 2 or more, no error", n, err)
			}
		})
		d.wantUsers(t, busy, "")
		d.wantUsers(t, idle, "")
		d.wantUsers(t, asking, "jasmine")
		d.wantUsers(t, other, "aladdin")
	}
}

// wantUsers: both sides agree on who is logged in.
func (d *devices) wantUsers(t *testing.T, b *browser, name string) {
	t.Helper()
	if got := d.golang.user(t, copyOf(b)); got != name {
		t.Errorf("Go says that %q is logged in, want %q", got, name)
	}
	if got := d.nameOf(d.visit(t, copyOf(b), d.engine, "user", "").User); got != name {
		t.Errorf("Django says that %q is logged in, want %q", got, name)
	}
	rows := d.rows(t, arguments{"model": deviceModel, "session_key": b.cookie})
	if found := len(rows) > 0; found != (name != "") {
		t.Errorf("Django finds a row: %t, want %t", found, name != "")
	}
}
