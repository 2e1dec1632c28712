package main

import (
	"context"
	"fmt"
	"time"

	"github.com/djinn-go/djinn/core"
)

// sampled is what the sample of sessions has shown.
type sampled struct {
	rows        int64
	undecodable int64   // not to be read, whatever the key
	unverified  int64   // signed with none of the keys
	large       int64   // compressed, and too large without
	signedBy    []int64 // with SECRET_KEY, with the first fallback, …
	nobody      int64   // logged in by their items, and not by the user column
	// offsets counts how far expiries are from where the signature's time and the
	// cookie age put them, where that is a difference of time zones.
	offsets map[time.Duration]int64
}

// checkSample decodes some living sessions.
func checkSample(ctx context.Context, p *patient) (found []finding, err error) {
	if !p.hasKeys || p.sample == 0 {
		return nil, nil
	}
	s := sampled{signedBy: make([]int64, 1+len(p.keys.fallbacks)), offsets: make(map[time.Duration]int64)}
	err = p.each(p.living(ctx), true, func(row *session) error {
		s.add(p, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	found = append(found, s.signatures(p)...)
	found = append(found, s.fallbacks()...)
	found = append(found, s.timeZone(p)...)
	if s.large > 0 {
		found = append(found, tooLarge(fmt.Sprintf("larger than %s when inflated: %s of the sample", byteSize(maxSize), count(s.large, "session"))))
	}
	if s.nobody > 0 {
		found = append(found, finding{
			Check: "user-column", Level: fault,
			What: fmt.Sprintf("%s of %s in the sample are of a user by their items (_auth_user_id), while %s is NULL", thousands(s.nobody), thousands(s.rows), p.user),
			Why:  "revoking the sessions of a user does not find these: that user stays logged in",
			Cure: "have every program that writes the table fill the column: FillSession in Go, create_model_instance in Django",
		})
	}
	return found, nil
}

func (s *sampled) add(p *patient, row *session) {
	s.rows++
	payload, err := decodePayload(string(row.Data), p.keys, core.DjangoSalt)
	switch {
	case err != nil:
		s.undecodable++
		return
	case !payload.verified:
		s.unverified++
		return
	}
	s.signedBy[payload.fallback]++
	if payload.Size > maxSize && row.Size <= maxSize {
		s.large++
	}
	if p.has(p.user) && (!row.User.Valid || row.User.String == "") && payload.values.Has("_auth_user_id") {
		s.nobody++
	}
	if offset, ok := zoneOffset(row.Expires.Sub(payload.SignedAt) - p.cookieAge); ok && row.Expires.ok {
		s.offsets[offset]++
	}
}

// signatures is about sessions that cannot be read.
func (s *sampled) signatures(p *patient) (found []finding) {
	if s.unverified > 0 {
		f := finding{
			Check: "sample", Level: fault,
			What: fmt.Sprintf("%s of %s in the sample are signed with none of SECRET_KEY and SECRET_KEY_FALLBACKS", thousands(s.unverified), count(s.rows, "session")),
			Why:  "these visitors are anonymous to a program with these keys, although they have logged in",
			Cure: "give this command and the programs the key that signed them, as SECRET_KEY or among SECRET_KEY_FALLBACKS",
		}
		if s.unverified == s.rows {
			f.Cure += "; none at all fits, so SECRET_KEY is probably that of another site, or the site's session store has a class name of its own, which is the salt"
		}
		found = append(found, f)
	}
	if s.undecodable > 0 {
		found = append(found, finding{
			Check: "sample", Level: fault,
			What: fmt.Sprintf("the data of %s of %s in the sample cannot be decoded", thousands(s.undecodable), count(s.rows, "session")),
			Why:  "these visitors are anonymous; a program that writes something else into this table, or a text that was cut, may be the cause",
			Cure: "look at some of them (djinn list --live --table " + p.name + ", djinn show PUBLIC_ID), and revoke them",
		})
	}
	return found
}

// fallbacks is about which of the old keys are needed.
func (s *sampled) fallbacks() (found []finding) {
	for i, n := range s.signedBy[1:] {
		f := finding{Check: "sample", Level: advice}
		if n > 0 {
			f.What = fmt.Sprintf("%s of %s in the sample are signed with %s", thousands(n), count(s.rows, "session"), byFallback(i+1))
			f.Why = "whoever removes that key now logs these visitors out"
			f.Cure = "keep it until none is left: sessions are signed anew when they change, and end with their cookie age"
		} else {
			f.What = fmt.Sprintf("no session in the sample (%s) is signed with %s", thousands(s.rows), byFallback(i+1))
			f.Why = "a key that is not needed is one more that can leak"
			f.Cure = "remove it, if this stays so with a larger --sample and a cookie age has passed since SECRET_KEY was changed"
		}
		found = append(found, f)
	}
	return found
}

// The differences of time zones are whole quarters of an hour, up to 14 hours.
const (
	zoneStep   = 15 * time.Minute
	maxZone    = 14 * time.Hour
	zoneJitter = 2 * time.Second // between signing and computing the expiry
)

// zoneOffset reports whether a difference is one of time zones.
func zoneOffset(d time.Duration) (time.Duration, bool) {
	offset := d.Round(zoneStep)
	return offset, offset != 0 && offset.Abs() <= maxZone && (d-offset).Abs() <= zoneJitter
}

// timeZone finds expiries in local time: Django writes those with USE_TZ = False on
// databases whose columns have no time zone. On a site that both write it is a part
// of the rows. A few may be chance, or set_expiry.
func (s *sampled) timeZone(p *patient) []finding {
	if p.db.Name() == dialectPostgres {
		return nil
	}
	for offset, n := range s.offsets {
		if n < 5 || n*5 < s.rows {
			continue
		}
		return []finding{{
			Check: "sample", Level: fault,
			What: fmt.Sprintf("%s of %s in the sample have an expire_date that is %s UTC, by the time in their signature", thousands(n), count(s.rows, "session"), aheadOf(offset)),
			Why:  "whoever reads the column as UTC, as djinn does, lets these sessions live shorter or longer by the difference",
			Cure: "set USE_TZ = True (or TIME_ZONE = \"UTC\") in the Django site that writes them; if the cookie age is not two weeks, say --cookie-age",
		}}
	}
	return nil
}

func aheadOf(offset time.Duration) string {
	text := fmt.Sprintf("%d:%02d", int(offset.Abs().Hours()), int(offset.Abs().Minutes())%60)
	if offset > 0 {
		return text + " hours ahead of"
	}
	return text + " hours behind"
}
