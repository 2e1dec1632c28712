package storetest

import (
	"fmt"
	"time"
)

// Option tells the suite what a store is like.
type Option func(*config)

// config are the options in force.
type config struct {
	waived    []waiver
	rounds    int
	maxSize   int
	precision time.Duration
	keyIsData bool
}

type waiver struct {
	law    int
	reason string
}

// Waive declares that the store does not keep a law, and why it cannot. The
// cases of that law are not run, and the suite prints the reason. Laws that no
// case is about, and waivers without a reason, are refused.
func Waive(law int, reason string) Option {
	return func(c *config) { c.waived = append(c.waived, waiver{law, reason}) }
}

// Rounds sets how often the cases about races repeat themselves. Lower it for a
// store whose every write takes milliseconds; raise it to search. Defaults to
// 200.
func Rounds(n int) Option { return func(c *config) { c.rounds = n } }

// MaxSize is the longest text of a session, in bytes of JSON, that the store can
// keep. Longer texts are left out. Defaults to 0, no limit.
func MaxSize(bytes int) Option { return func(c *config) { c.maxSize = bytes } }

// ExpiryPrecision is how far the expiry that Load returns may be from the one
// that was stored, because the store keeps less digits. Defaults to a
// microsecond, what the columns of Django's table hold.
func ExpiryPrecision(d time.Duration) Option { return func(c *config) { c.precision = d } }

// KeyIsData declares that the key is the record, as in a signed cookie. Such a store
// gives every write a key of its own, leaves the check of a made-up one to the codec,
// so that an undecodable record counts as absent, decides itself when a record
// expires, and cannot take an old key back: what concerns those is not checked.
// Laws that it breaks all the same want a [Waive].
func KeyIsData() Option { return func(c *config) { c.keyIsData = true } }

func newConfig(opts []Option) (*config, error) {
	c := &config{rounds: 200, precision: time.Microsecond}
	for _, opt := range opts {
		opt(c)
	}
	for _, w := range c.waived {
		if _, ok := laws[w.law]; !ok || w.law == 0 {
			return nil, fmt.Errorf("storetest: Waive(%d): no case is about that law", w.law)
		}
		if w.reason == "" {
			return nil, fmt.Errorf("storetest: Waive(%d): a waiver needs a reason", w.law)
		}
	}
	if c.rounds < 1 {
		return nil, fmt.Errorf("storetest: Rounds(%d): at least one round is needed", c.rounds)
	}
	return c, nil
}

// excused tells why a case is not run whatever the store is; empty if it is.
func (c *config) excused(tc testCase) string {
	for _, w := range c.waived {
		if w.law == tc.law {
			return fmt.Sprintf("law %d (%s) is waived: %s", w.law, laws[w.law], w.reason)
		}
	}
	if c.keyIsData && tc.apart {
		return "the key is the record, so that the store decides when it expires and cannot take it back"
	}
	return ""
}
