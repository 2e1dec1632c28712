package main

import (
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/crypto/bcrypt"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
)

// Bounds on a new password, in bytes. bcrypt takes no longer ones.
const (
	minPassword = 8
	maxPassword = 72
)

// hashCost is how dear a guess is. Tests, which guess all the time, set it lower.
var hashCost = bcrypt.DefaultCost

func hashPassword(password string) (core.Secret, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), hashCost)
	if err != nil {
		return "", fmt.Errorf("hashing a password: %w", err)
	}
	return core.Secret(hash), nil
}

func checkPassword(hash core.Secret, password string) (bool, error) {
	err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("checking a password: %w", err)
	}
	return true, nil
}

// changePassword sets a new password and signs all other browsers out: whoever
// knew the old one is out of this account.
func (s *site) changePassword(c *ginsession.Context, who account) {
	ok, err := checkPassword(who.Password, c.PostForm("old"))
	if err != nil {
		fail(c.Context, http.StatusInternalServerError, err)
		return
	}
	chosen := c.PostForm("new")
	switch {
	case !ok:
		s.show(c, who, http.StatusUnprocessableEntity, "That is not your current password.")
		return
	case len(chosen) < minPassword, len(chosen) > maxPassword:
		s.show(c, who, http.StatusUnprocessableEntity, fmt.Sprintf("A password has %d to %d characters.", minPassword, maxPassword))
		return
	}
	old := who.Password
	if who.Password, err = hashPassword(chosen); err != nil {
		fail(c.Context, http.StatusInternalServerError, err)
		return
	}
	ctx := c.Request.Context()
	// The password and the session that fits it are saved together, or neither is.
	err = s.devices.Transaction(ctx, c.Session(), func(tx *gorm.DB) error {
		s.logins.UpdateSessionAuthHash(c.Session(), who.forSession())
		message.Set(c.Session(), "Your password is changed, and all other browsers are signed out.")
		res := tx.Model(&account{ID: who.ID}).Where("password = ?", old).UpdateColumn("password", who.Password)
		if res.Error == nil && res.RowsAffected == 0 {
			return core.ErrInterrupted // it has been changed since it was checked
		}
		return res.Error
	})
	if err == nil {
		_, err = s.devices.RevokeUser(ctx, who.ID, c.Session().PublicID())
	}
	if err != nil {
		fail(c.Context, core.StatusCode(err), err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}
