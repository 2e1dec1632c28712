package core

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Record is one session on its way to or from a [Store]. It is a value: the
// store may keep it, and neither side changes what the other one holds.
//
// Records do not print their key or their items, whatever the verb.
type Record struct {
	// Key is the session key, the value of the cookie.
	Key string
	// Values are the session's items. A store that keeps text ignores them and
	// calls Encode.
	Values Values
	// Encoded is the record's text as the store found it. Only Load sets it; the
	// engine decodes it then, and Values is not used.
	Encoded string
	// ExpireDate is the moment from which the record is gone, in UTC. Named after
	// the column of Django's table.
	ExpireDate time.Time
	// LastSeen is when the record was last written or touched, if the store keeps
	// that apart from ExpireDate; otherwise the zero time. Only Load sets it. The
	// engine calls Touch for it too, no more often than Config.TouchInterval says.
	LastSeen time.Time
	// Version is what Load gave, and what Update compares. It is opaque: any
	// string that differs whenever the stored values differ, for example the
	// stored text itself. Empty means "whatever is there".
	Version string

	codec  Codec
	decode func(Codec) (Values, error)
}

// WithCodec returns rec with the codec that Encode uses. The engine attaches its
// own to every record it hands out; only those who call a store without an
// engine need this.
func (r Record) WithCodec(c Codec) Record {
	r.codec = c
	return r
}

// Encode returns the text of r.Values for a store that keeps text, made by the
// Manager's [Codec]: with the default one what Django keeps in session_data.
// Two calls may return different texts for the same values.
func (r Record) Encode() (string, error) {
	if r.codec == nil {
		return "", errors.New("djinn: the record has no codec: attach one with Record.WithCodec, or let a core.Manager call the store")
	}
	return r.codec.Encode(r.Values)
}

// WithDecode returns rec with what Decode does from now on. It is for Load of a
// store whose values are neither there yet nor the text of a [Codec]: one that
// found data it does not trust answers with an error of kind [ErrUndecodable],
// one that wraps another store sees the values as they are decoded. decode gets
// the codec that Decode was called with; the engine calls it once, soon after
// Load.
func (r Record) WithDecode(decode func(Codec) (Values, error)) Record {
	r.decode = decode
	return r
}

// Decode returns the values of a record that came from Load, whichever form it
// has. A nil c stands for the codec that WithCodec attached.
func (r Record) Decode(c Codec) (Values, error) {
	if c == nil {
		c = r.codec
	}
	switch {
	case r.decode != nil:
		return r.decode(c)
	case r.Encoded == "":
		return r.Values, nil
	case c == nil:
		return Values{}, errors.New("djinn: the record has no codec: pass one to Record.Decode, or attach one with Record.WithCodec")
	default:
		return c.Decode(r.Encoded)
	}
}

// Format prints a record without its key and items.
func (r Record) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "core.Record(%d items, expires %s)", r.Values.Len(), r.ExpireDate.Format(time.RFC3339))
}

// LogValue is what slog prints: neither key nor items.
func (r Record) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }
