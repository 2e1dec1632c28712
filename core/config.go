package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Defaults of [Config]; those that a store or a codec has too stand there.
const (
	defaultStoreTimeout = 5 * time.Second
	maxTouchInterval    = time.Minute
)

// Config holds the settings of a [Manager]. Its zero value is Django's defaults,
// but for SecretKey, which has none. Each field names the Django setting it
// stands for. [New] copies, completes and checks it.
type Config struct {
	// SecretKey signs what stores keep as text. To share sessions with a Django
	// site it must be that site's key. (SECRET_KEY) Required.
	SecretKey Secret
	// SecretKeyFallbacks are older keys that still verify and never sign, for a
	// change of key without logging anybody out. (SECRET_KEY_FALLBACKS)
	SecretKeyFallbacks []Secret
	// Codec turns items into text and back. (SESSION_SERIALIZER) Defaults to
	// [DjangoCodec] with the keys above.
	Codec Codec

	// CookieName is the name of the cookie. (SESSION_COOKIE_NAME) Defaults to
	// "sessionid". The prefixes __Host- and __Secure- work, and want CookieSecure.
	CookieName string
	// CookieAge is how long a session lives after its last save, and its cookie
	// in the browser; whole seconds. (SESSION_COOKIE_AGE) Defaults to two weeks.
	CookieAge time.Duration
	// CookieDomain is the Domain attribute. (SESSION_COOKIE_DOMAIN) Defaults to
	// none: the cookie goes to the host that set it and to no other.
	CookieDomain string
	// CookiePath is the Path attribute. (SESSION_COOKIE_PATH) Defaults to "/".
	CookiePath string
	// CookieSameSite is the SameSite attribute. (SESSION_COOKIE_SAMESITE) Defaults
	// to Lax. http.SameSiteNoneMode wants CookieSecure; http.SameSiteDefaultMode
	// leaves the attribute out, as False does in Django.
	CookieSameSite http.SameSite
	// CookieSecure keeps the cookie off plain HTTP. (SESSION_COOKIE_SECURE) Set it
	// wherever the site is served over HTTPS.
	CookieSecure bool
	// CookieScriptable lets scripts in the page read the cookie, which hands it to
	// whoever manages to inject one. (SESSION_COOKIE_HTTPONLY = False)
	CookieScriptable bool
	// CookiePartitioned keeps a cookie per top-level site (CHIPS), for sites shown
	// in frames of others. Wants CookieSecure.
	CookiePartitioned bool

	// SaveEveryRequest moves the expiry of a living session with every request,
	// touched or not, but no more often than TouchInterval says, and sends the cookie
	// again each time that it does. (SESSION_SAVE_EVERY_REQUEST) It costs a load per
	// request with a cookie. Unlike Django it never creates one.
	SaveEveryRequest bool
	// ExpireAtBrowserClose makes the cookie end with the browser unless the
	// session has an expiry of its own. (SESSION_EXPIRE_AT_BROWSER_CLOSE)
	ExpireAtBrowserClose bool
	// TouchInterval is by how much a session's expiry must move before it is worth
	// a write of its own; writes of changed items always move it. Defaults to a
	// twentieth of CookieAge, at most a minute. Negative: every time, as Django. A
	// store that keeps when a session was last seen is told of it no more often.
	TouchInterval time.Duration

	// StoreTimeout is the deadline of each call of the store. A commit that has to
	// try again because of other writers gets it once, for all tries. Defaults to 5 s.
	StoreTimeout time.Duration
	// MaxSize bounds a session's items as JSON text in bytes, when read (inflated)
	// and when written. Defaults to 1 MiB.
	MaxSize int
	// FailOpen treats a visitor whose session cannot be loaded as anonymous, for
	// this request and without touching the cookie, instead of answering 503.
	// What the request changes in the session is dropped and reported then. One
	// route alone chooses it with [Session.FailOpen].
	FailOpen bool

	// ClientIP tells the address of the client who sent a request, for [ClientInfoFrom],
	// where the program knows better than connection and framework: behind a proxy,
	// from the header that this proxy always sets. It is asked only if somebody wants
	// to know, must be safe for concurrent use, and finds no session in the request.
	// "" stands for the connection's address, what is no address for an unknown one.
	// Defaults to what the framework says: Gin's ClientIP and Echo v4's RealIP, which
	// believe headers until told whom to trust (Engine.SetTrustedProxies,
	// Echo.IPExtractor), Echo v5's, which does not, chi's ClientIPFrom middlewares;
	// elsewhere to the connection's.
	ClientIP func(r *http.Request) string
	// ErrorHandler answers a request whose session could not be loaded or saved;
	// [StatusCode] tells the status. Nothing has been written yet, the headers are
	// as they were when the request came in, and what the handler wrote is gone.
	// Defaults to a short plain text. Adapters prefer their framework's own way
	// where it is not set.
	ErrorHandler func(w http.ResponseWriter, r *http.Request, err error)
	// Logger receives what Observer receives, failures at level error, the rest
	// lower. Defaults to slog.Default().
	Logger *slog.Logger
	// Observer is told what sessions do, for metrics and traces. It is called by
	// the goroutine that serves the request, must return fast, and must not use
	// the session.
	Observer func(ctx context.Context, e Event)
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// complete fills in the defaults.
func (c *Config) complete() {
	if c.CookieName == "" {
		c.CookieName = defaultCookieName
	}
	if c.CookieAge == 0 {
		c.CookieAge = defaultCookieAge
	}
	if c.CookiePath == "" {
		c.CookiePath = "/"
	}
	if c.CookieSameSite == 0 {
		c.CookieSameSite = http.SameSiteLaxMode
	}
	if c.TouchInterval == 0 {
		c.TouchInterval = min(c.CookieAge/20, maxTouchInterval)
	}
	if c.StoreTimeout == 0 {
		c.StoreTimeout = defaultStoreTimeout
	}
	if c.MaxSize == 0 {
		c.MaxSize = defaultMaxSize
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// validate says everything that is wrong with the settings at once.
func (c *Config) validate() error {
	var errs []error
	wrong := func(field, format string, args ...any) {
		errs = append(errs, fmt.Errorf("djinn: Config.%s: %s", field, fmt.Sprintf(format, args...)))
	}
	if c.SecretKey == "" {
		wrong("SecretKey", "is empty: use the SECRET_KEY of the Django site that shares the sessions, or a random string of 50 characters of your own")
	}
	for i, f := range c.SecretKeyFallbacks {
		if f == "" {
			wrong("SecretKeyFallbacks", "entry %d is empty: leave it out", i)
		}
	}
	if !isToken(c.CookieName) {
		wrong("CookieName", "%q cannot name a cookie: use letters, digits, '-' and '_'", c.CookieName)
	}
	if c.CookieAge < time.Second || c.CookieAge%time.Second != 0 {
		wrong("CookieAge", "is %v, but cookies count whole seconds: write 1209600*time.Second or 14*24*time.Hour", c.CookieAge)
	}
	if !isAttribute(c.CookieDomain) {
		wrong("CookieDomain", "%q holds a character that ends a cookie attribute: write a host name such as example.com", c.CookieDomain)
	}
	if !isAttribute(c.CookiePath) || !strings.HasPrefix(c.CookiePath, "/") {
		wrong("CookiePath", "%q is no path: write one that begins with '/'", c.CookiePath)
	}
	if c.CookieSameSite < http.SameSiteDefaultMode || c.CookieSameSite > http.SameSiteNoneMode {
		wrong("CookieSameSite", "%d is none of net/http's SameSite modes: write http.SameSiteLaxMode", c.CookieSameSite)
	}
	if !c.CookieSecure {
		if c.CookieSameSite == http.SameSiteNoneMode {
			wrong("CookieSameSite", "None without CookieSecure is refused by browsers: set CookieSecure, or use http.SameSiteLaxMode")
		}
		if c.CookiePartitioned {
			wrong("CookiePartitioned", "is refused by browsers without CookieSecure: set CookieSecure")
		}
		if hasPrefix(c.CookieName, "__Secure-") || hasPrefix(c.CookieName, "__Host-") {
			wrong("CookieName", "%q is refused by browsers without CookieSecure: set CookieSecure, or drop the prefix", c.CookieName)
		}
	}
	if hasPrefix(c.CookieName, "__Host-") && (c.CookieDomain != "" || c.CookiePath != "/") {
		wrong("CookieName", "%q wants no CookieDomain and the CookiePath \"/\": drop them, or use the prefix __Secure-", c.CookieName)
	}
	if c.StoreTimeout < 0 {
		wrong("StoreTimeout", "is %v: write a positive duration, or 0 for %v", c.StoreTimeout, defaultStoreTimeout)
	}
	if c.MaxSize < 0 {
		wrong("MaxSize", "is %d: write a positive number of bytes, or 0 for %d", c.MaxSize, defaultMaxSize)
	}
	return errors.Join(errs...)
}

// hasPrefix compares cookie name prefixes as browsers do, ignoring case.
func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// isToken reports whether s is a token of RFC 9110, which a cookie's name must be.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// isAttribute reports whether s can stand in a cookie attribute (RFC 6265, av-octet).
func isAttribute(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == ';' {
			return false
		}
	}
	return true
}
