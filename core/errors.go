package core

import (
	"errors"
	"fmt"
	"net/http"
)

// The errors a [Store] answers with. Compare with errors.Is.
var (
	// ErrNotFound: there is no record under that key, or it has expired.
	ErrNotFound = errors.New("djinn: no such session")
	// ErrExists: Create found a record under the key it was given.
	ErrExists = errors.New("djinn: the session key is taken")
	// ErrConflict: the record changed since it was loaded.
	ErrConflict = errors.New("djinn: the session changed meanwhile")
)

// ErrInterrupted: the session was deleted (logged out, rotated, revoked) while a
// request was under way that changed it. The change is not saved, under no key.
// Django's SessionInterrupted; answered with 400 as there.
var ErrInterrupted = errors.New("djinn: the session was deleted before the request completed; the user may have logged out in a concurrent request")

// ErrUndecodable: a record or a text is not what the codec writes: corrupt, cut
// off, signed with an unknown key, too large. The visitor is anonymous and the
// record stays as it is.
var ErrUndecodable = errors.New("djinn: session data corrupted")

// ErrTooLarge: the session is larger than Config.MaxSize, has more items than can
// be loaded again (65536), or is larger than what the store can keep or, where the
// cookie holds the items, than what browsers keep.
var ErrTooLarge = errors.New("djinn: the session is too large")

// ErrRefused: the store, or the hook of a model, refuses to save the session for a
// reason of the application's: the user has as many sessions as allowed, for
// example. Nothing of it is saved. Wrap it to say why.
var ErrRefused = errors.New("djinn: the session is refused")

// Op is an operation of a [Store], in errors and events.
type Op string

// The operations.
const (
	OpLoad   Op = "load"
	OpCreate Op = "create"
	OpUpdate Op = "update"
	OpTouch  Op = "touch"
	OpRotate Op = "rotate"
	OpDelete Op = "delete"
	OpClear  Op = "clear"
	OpPing   Op = "ping"
)

// StoreError is a failure of the store. It is answered with 503 and never looks
// like a logout: the visitor's cookie stays.
type StoreError struct {
	// Op is what was tried.
	Op Op
	// Err is what the store said.
	Err error
}

func (e *StoreError) Error() string {
	return "djinn: session store: " + string(e.Op) + ": " + e.Err.Error()
}

// Unwrap returns the store's own error.
func (e *StoreError) Unwrap() error { return e.Err }

// EncodeError is a value that cannot be kept in a session: a channel, a function,
// a cycle. Nothing of the session is saved then.
type EncodeError struct {
	// Item is the name the value was set under.
	Item string
	// Type is the value's Go type.
	Type string
	// Err says why it cannot be encoded.
	Err error
}

func (e *EncodeError) Error() string {
	return fmt.Sprintf("djinn: item %q: a value of type %s cannot be kept in a session: %v", e.Item, e.Type, e.Err)
}

// Unwrap returns the encoder's error.
func (e *EncodeError) Unwrap() error { return e.Err }

// TypeError is an item that holds something else than was asked for.
type TypeError struct {
	// Item is the item's name.
	Item string
	// Want is the Go type that was asked for.
	Want string
	// Err is what the decoder said. It names types, never the value.
	Err error
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("djinn: item %q does not hold a %s: %v", e.Item, e.Want, e.Err)
}

// Unwrap returns the decoder's error.
func (e *TypeError) Unwrap() error { return e.Err }

// StatusCode is the HTTP status that answers err: 400 for [ErrInterrupted], 403
// for [ErrRefused], 500 for a value that cannot be kept ([EncodeError],
// [ErrTooLarge]), 503 for everything the store could not do.
func StatusCode(err error) int {
	var enc *EncodeError
	switch {
	case errors.Is(err, ErrInterrupted):
		return http.StatusBadRequest
	case errors.Is(err, ErrRefused):
		return http.StatusForbidden
	case errors.As(err, &enc), errors.Is(err, ErrTooLarge):
		return http.StatusInternalServerError
	default:
		return http.StatusServiceUnavailable
	}
}

// isEncode reports whether err is the caller's fault, a value that cannot be kept, and
// not the store's.
func isEncode(err error) bool {
	var enc *EncodeError
	return errors.As(err, &enc) || errors.Is(err, ErrTooLarge)
}

// decodeError is an ErrUndecodable with its reason.
type decodeError struct{ err error }

func (e *decodeError) Error() string   { return ErrUndecodable.Error() + ": " + e.err.Error() }
func (e *decodeError) Unwrap() []error { return []error{ErrUndecodable, e.err} }
