package core

import (
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// readCookie finds the session cookie in the request's headers without
// allocating. If it came more than once with different values there is no telling
// which one is ours and which one somebody planted from a neighbouring host: then
// none is taken, and none is deleted either, because that would hit ours and leave
// the other. (Django takes the last one.)
func readCookie(h http.Header, name string) (value string, sent, ambiguous bool) {
	for _, line := range h["Cookie"] {
		for line != "" {
			var part string
			part, line, _ = strings.Cut(line, ";")
			n, v, _ := strings.Cut(textproto.TrimString(part), "=")
			if n != name {
				continue
			}
			if sent && v != value {
				return "", false, true
			}
			value, sent = v, true
		}
	}
	return value, sent, false
}

// cookieTime is the form of expires that Django, RFC 9110 and browsers agree on.
const cookieTime = "Mon, 02 Jan 2006 15:04:05 GMT"

// setCookie renders the header that sends key to the browser, to the byte what
// Django renders. A session that ends with the browser has neither Max-Age nor
// expires; a negative age is sent as it is.
func (c *Config) setCookie(key string, now time.Time, age time.Duration, atClose bool) string {
	b := make([]byte, 0, 192)
	b = append(b, c.CookieName...)
	b = append(b, '=')
	b = append(b, key...)
	b = c.appendDomain(b)
	seconds := int64(age / time.Second)
	if !atClose {
		b = append(b, "; expires="...)
		b = now.Add(time.Duration(seconds)*time.Second).UTC().AppendFormat(b, cookieTime)
	}
	if !c.CookieScriptable {
		b = append(b, "; HttpOnly"...)
	}
	if !atClose {
		b = append(b, "; Max-Age="...)
		b = strconv.AppendInt(b, seconds, 10)
	}
	return string(c.appendScope(b))
}

// deleteCookie renders the header that makes the browser forget the cookie. It
// repeats what makes up the cookie's identity and what browsers demand of its
// name, so that it hits the very cookie that was set; Django leaves Secure out.
// HttpOnly plays no part in that, and is left out as in Django.
func (c *Config) deleteCookie() string {
	b := make([]byte, 0, 128)
	b = append(b, c.CookieName...)
	b = append(b, `=""`...)
	b = c.appendDomain(b)
	b = append(b, "; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"...)
	return string(c.appendScope(b))
}

func (c *Config) appendDomain(b []byte) []byte {
	if c.CookieDomain != "" {
		b = append(b, "; Domain="...)
		b = append(b, c.CookieDomain...)
	}
	return b
}

// appendScope appends the attributes that setting and deleting share.
func (c *Config) appendScope(b []byte) []byte {
	b = append(b, "; Path="...)
	b = append(b, c.CookiePath...)
	switch c.CookieSameSite {
	case http.SameSiteLaxMode:
		b = append(b, "; SameSite=Lax"...)
	case http.SameSiteStrictMode:
		b = append(b, "; SameSite=Strict"...)
	case http.SameSiteNoneMode:
		b = append(b, "; SameSite=None"...)
	}
	if c.CookieSecure {
		b = append(b, "; Secure"...)
	}
	if c.CookiePartitioned {
		b = append(b, "; Partitioned"...)
	}
	return b
}

// addCookie puts line into h in the place of any other Set-Cookie of that name,
// for example one that a proxied upstream sent, and keeps the response out of
// shared caches.
func addCookie(h http.Header, name, line string) {
	kept := make([]string, 0, len(h["Set-Cookie"])+1)
	for _, other := range h["Set-Cookie"] {
		if n, _, _ := strings.Cut(other, "="); textproto.TrimString(n) != name {
			kept = append(kept, other)
		}
	}
	h["Set-Cookie"] = append(kept, line)
	makePrivate(h)
}

// makePrivate sees to it that no shared cache stores the response: one that kept
// a Set-Cookie would hand one visitor's session to the next (RFC 9111, 7.3).
func makePrivate(h http.Header) {
	var kept []string
	for _, line := range h["Cache-Control"] {
		for _, d := range strings.Split(line, ",") {
			d = textproto.TrimString(d)
			name, _, _ := strings.Cut(d, "=")
			switch strings.ToLower(name) {
			case "", "public", "s-maxage":
				continue
			case "no-store":
				return
			case "private":
				if d == name {
					continue
				}
			}
			kept = append(kept, d)
		}
	}
	h["Cache-Control"] = []string{strings.Join(append(kept, "private"), ", ")}
}

// addVary adds Cookie to Vary unless it is there or Vary is a star, as Django does.
func addVary(h http.Header) {
	lines := h["Vary"]
	for _, line := range lines {
		for _, field := range strings.Split(line, ",") {
			field = textproto.TrimString(field)
			if field == "*" || strings.EqualFold(field, "Cookie") {
				return
			}
		}
	}
	if len(lines) == 0 {
		h["Vary"] = []string{"Cookie"}
		return
	}
	h["Vary"] = []string{strings.Join(lines, ", ") + ", Cookie"}
}
