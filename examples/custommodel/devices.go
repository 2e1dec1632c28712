package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
)

// maxShown is how many other sessions the page lists.
const maxShown = 50

// Device is a session as the page shows it.
type Device struct {
	Browser
	PublicID string
	Address  string
	Since    time.Time
	Seen     time.Time
	Ago      string // how long ago Seen was, in words
}

func newDevice(row *DeviceSession, now time.Time) Device {
	return Device{
		Browser:  browserOf(row.UserAgent),
		PublicID: row.PublicID(),
		Address:  row.ClientIP,
		Since:    row.CreatedAt.Time,
		Seen:     row.LastSeen.Time,
		Ago:      ago(now.Sub(row.LastSeen.Time)),
	}
}

// devicesView is what the page shows.
type devicesView struct {
	Username string
	Current  Device
	Others   []Device
	More     int64 // that are not listed
	Message  string
	Token    string // for the forms
	Wrong    string // with the password form
}

// Total is in how many browsers the account is signed in.
func (v devicesView) Total() int64 { return int64(1+len(v.Others)) + v.More }

// devicesPage lists the sessions of whoever is signed in.
func (s *site) devicesPage(c *ginsession.Context, who account) { s.show(c, who, http.StatusOK, "") }

func (s *site) show(c *ginsession.Context, who account, status int, wrong string) {
	view := devicesView{Username: who.Username, Token: csrfToken.Get(c.Session()), Wrong: wrong}
	err := s.list(c, who, &view)
	if errors.Is(err, core.ErrNotFound) { // signed out a moment ago
		c.Redirect(http.StatusSeeOther, s.loginPath(c))
		return
	}
	if err != nil {
		fail(c.Context, core.StatusCode(err), err)
		return
	}
	view.Message = message.Pop(c.Session())
	c.HTML(status, "devices.html", view)
}

// latest is a scope: the sessions seen last, one of which is this browser's.
func latest(db *gorm.DB) *gorm.DB { return db.Order("last_seen DESC, session_key").Limit(maxShown + 1) }

// list fills in the sessions.
func (s *site) list(c *ginsession.Context, who account, view *devicesView) error {
	ctx, now := c.Request.Context(), time.Now()
	own, theirs := c.Session().PublicID(), s.devices.OfUser(who.ID)
	row, err := s.devices.ByPublicID(ctx, own, theirs)
	if err != nil {
		return err
	}
	view.Current = newDevice(row, now)
	view.Current.Address, view.Current.Browser = c.ClientIP(), browserOf(c.Request.UserAgent())
	for row, err := range s.devices.Sessions(ctx, theirs, latest) {
		if err != nil {
			return err
		}
		if row.PublicID() != own && len(view.Others) < maxShown {
			view.Others = append(view.Others, newDevice(row, now))
		}
	}
	total, err := s.devices.Count(ctx, theirs)
	view.More = max(0, total-view.Total())
	return err
}

// signOut ends one session of whoever is signed in: another's is as good as none.
func (s *site) signOut(c *ginsession.Context, who account) {
	publicID := c.PostForm("public_id")
	if publicID == c.Session().PublicID() {
		s.logout(c, who)
		return
	}
	name, err := s.revoke(c.Request.Context(), who, publicID)
	if errors.Is(err, core.ErrNotFound) {
		fail(c.Context, http.StatusNotFound, errNoDevice)
		return
	}
	if err != nil {
		fail(c.Context, core.StatusCode(err), err)
		return
	}
	message.Set(c.Session(), name+" was signed out.")
	c.Redirect(http.StatusSeeOther, "/")
}

// revoke ends the session of that public ID and returns the browser's name.
func (s *site) revoke(ctx context.Context, who account, publicID string) (name string, err error) {
	theirs := s.devices.OfUser(who.ID)
	row, err := s.devices.ByPublicID(ctx, publicID, theirs)
	if err != nil {
		return "", err
	}
	return browserOf(row.UserAgent).Name, s.devices.Revoke(ctx, publicID, theirs)
}

// signOutOthers ends all sessions of whoever is signed in, but for this browser's.
func (s *site) signOutOthers(c *ginsession.Context, who account) {
	if _, err := s.devices.RevokeUser(c.Request.Context(), who.ID, c.Session().PublicID()); err != nil {
		fail(c.Context, core.StatusCode(err), err)
		return
	}
	message.Set(c.Session(), "All other browsers are signed out.")
	c.Redirect(http.StatusSeeOther, "/")
}
