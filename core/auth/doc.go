// Package auth keeps in a session who is logged in, as django.contrib.auth does: a
// Go route knows who logged in on the Django side and whether the password changed
// since, and Django's request.user accepts a login made here.
//
// It checks no passwords and asks no database. The program looks its users up,
// with what it uses for that already; this package says which one to look up and
// whether the session still stands for it.
//
//	users, err := auth.New(auth.Config{SecretKey: djangoSecretKey})
//
//	// in a handler: Django's request.user
//	account, ok, err := auth.GetUser(r.Context(), users, s, accounts.ByID)
//
//	// after the password was checked
//	err = users.Login(s, auth.User{ID: "42", PasswordHash: account.Password})
//
//	users.Logout(s)
//
// # What the session holds
//
//	_auth_user_id       the primary key, as a string
//	_auth_user_backend  the dotted path of the back end that let the user in
//	_auth_user_hash     the session auth hash: an HMAC of the password field
//
// The hash is what logs a user out everywhere when the password changes: it no
// longer fits, and the session is flushed at its next use. Any new hash of the same
// password does so too, for example when Django raises its number of iterations.
//
// # Where this differs from Django
//
//   - Every [Auth.Login] gives the session a new key. Django makes none when the
//     same user logs in again with the same password, so that a key somebody
//     planted or stole before outlives the log-in.
//   - Keys change when the response is sent, in one step: of two requests that
//     rotate one session at once, one wins and the other is answered with
//     [core.ErrInterrupted]. In Django both new sessions stay.
//   - A lookup that fails is an error, and the session stays. Whoever cannot be
//     looked up is not an anonymous visitor.
//   - An _auth_user_id that is neither text nor an integer counts as nobody;
//     Django answers 500. [Auth.Login] treats it as another user's.
//   - A Login for a back end that is not in Config.Backends is refused at once.
//     Django writes it, and the user is anonymous from the next request on.
//   - The CSRF secret in the session (CSRF_USE_SESSIONS) is removed at Login and
//     made anew by Django at the next form. Django's csrftoken cookie is not
//     touched, see [Auth.Login].
//   - There are no signals: last_login is the caller's to write.
//   - SHA-1 hashes of Django 3.0, and of 3.1 and 3.2 under
//     DEFAULT_HASHING_ALGORITHM = "sha1", do not fit, as from Django 4.0 on.
//
// # What is as in Django, and worth knowing
//
//   - The items of an anonymous session are kept at Login. Who does not want what
//     a visitor, or whoever planted the session, put there calls s.Flush before.
//   - Whoever is gone or inactive is anonymous and the session is left alone: it
//     revives with the user. To end it call [Auth.Logout], or delete the session.
//   - [GetUser] can write although the request is a GET: it flushes a session whose
//     hash does not fit, and rotates one whose hash was made with a fallback key.
package auth
