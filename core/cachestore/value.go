package cachestore

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/internal/pickle"
)

// A value in the cache is the pickled dictionary of the session, which is what
// Django reads, and behind it a tail, which Python ignores:
//
//	PICKLE " djinn1 " NONCE " " EXPIRES " " JSON
//
// NONCE makes each value unique. EXPIRES is the session's expiry in Unix
// microseconds, 0 where the item's own is meant. JSON is there only if the pickle
// would not come back to the letter (a number spelled 1e400, for example). A
// value that Django wrote has no tail.
const tailMark = " djinn1 "

// nonePickle is None. Django takes it for a miss.
const nonePickle = "\x80\x04N."

var errNotDict = errors.New("the cached value is not a dictionary")

// content is what a value says.
type content struct {
	// marker: the value is None, which stands for "ask the database".
	marker bool
	values core.Values
	// expires is the zero time if the value does not say.
	expires time.Time
}

// encodeValue makes a value that is unique. The error is one that the engine
// knows as the caller's fault.
func encodeValue(v core.Values, expires time.Time, maxSize int) (string, error) {
	json := string(v.AppendJSON(nil))
	if len(json) > maxSize {
		return "", fmt.Errorf("%w: %d bytes, the cache takes %d: keep less in the session, or raise Config.MaxSize", core.ErrTooLarge, len(json), maxSize)
	}
	data, err := pickle.Append(nil, json)
	if err != nil {
		return "", blame(v, err)
	}
	value := string(data) + tail(expires)
	// What is read back decides, so that no rule about spellings is needed here.
	if back, _, err := pickle.Decode(string(data), limits(maxSize)); err != nil || back != json {
		value += " " + json
	}
	return value, nil
}

// blame finds the item that cannot be pickled.
func blame(v core.Values, err error) error {
	for name, text := range v.Texts() {
		if _, err := pickle.Append(nil, text); err != nil {
			return &core.EncodeError{Item: name, Type: "json.Number", Err: err}
		}
	}
	return err
}

// newMarker makes a marker that is unique.
func newMarker() string { return nonePickle + tail(time.Time{}) }

func tail(expires time.Time) string {
	micros := int64(0)
	if !expires.IsZero() {
		micros = ceil(expires, time.Microsecond).UnixMicro()
	}
	return tailMark + rand.Text() + " " + strconv.FormatInt(micros, 10)
}

// ceil rounds up, so that no session ends before its time.
func ceil(t time.Time, to time.Duration) time.Time {
	if down := t.Truncate(to); down.Before(t) {
		return down.Add(to)
	}
	return t
}

// decodeValue reads a value. The error is of kind core.ErrUndecodable.
func decodeValue(value string, maxSize int) (content, error) {
	json, rest, err := pickle.Decode(value, limits(maxSize))
	if err != nil {
		return content{}, undecodable(err)
	}
	var c content
	if after, ok := strings.CutPrefix(rest, tailMark); ok {
		_, after, _ = strings.Cut(after, " ")
		micros, exact, hasExact := strings.Cut(after, " ")
		n, err := strconv.ParseInt(micros, 10, 64)
		if err != nil || len(exact) > maxSize {
			return content{}, undecodable(errors.New("the tail of the cached value is malformed"))
		}
		if n != 0 {
			c.expires = time.UnixMicro(n).UTC()
		}
		if hasExact {
			json = exact
		}
	}
	if json == "null" {
		c.marker = true
		return c, nil
	}
	if !strings.HasPrefix(json, "{") {
		return content{}, undecodable(errNotDict)
	}
	c.values, err = core.ParseValues(json)
	return c, err
}

func limits(maxSize int) pickle.Limits {
	return pickle.Limits{Size: maxSize, Depth: 513, Values: 1 << 18}
}

func undecodable(err error) error { return fmt.Errorf("%w: %w", core.ErrUndecodable, err) }
