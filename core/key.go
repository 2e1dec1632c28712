package core

import (
	"reflect"
	"slices"

	"github.com/djinn-go/djinn/core/internal/pyjson"
)

// Key is the name of an item together with the type of its value:
//
//	const visits core.Key[int] = "visits"
//
// T is anything encoding/json can hold. Where an item holds something else, for
// example because Django or an older version of the program wrote it, Get and its
// kin return the zero value and report it once per request and item; GetErr
// returns the error.
type Key[T any] string

// Get returns the item, or the zero value if there is none.
func (k Key[T]) Get(s *Session) T {
	v, _ := k.Lookup(s)
	return v
}

// Lookup returns the item and whether there is one of that type.
func (k Key[T]) Lookup(s *Session) (T, bool) {
	text, ok := s.text(string(k))
	if !ok {
		var zero T
		return zero, false
	}
	v, err := decodeAs[T](string(k), text)
	if err != nil {
		s.mismatch(err)
		return v, false
	}
	return v, true
}

// GetErr is Get for those who must tell "not there" (zero value, nil) from "holds
// something else" ([TypeError]) and "could not be loaded" ([StoreError]). It changes
// no response, see [Session.FailOpen].
func (k Key[T]) GetErr(s *Session) (T, error) {
	var zero T
	text, ok := s.text(string(k))
	if err := s.Err(); err != nil {
		return zero, err
	}
	if !ok {
		return zero, nil
	}
	return decodeAs[T](string(k), text)
}

// From returns the item from a snapshot, for example in a model's FillSession.
func (k Key[T]) From(v Values) (T, bool) {
	text, ok := v.Text(string(k))
	if !ok {
		var zero T
		return zero, false
	}
	value, err := decodeAs[T](string(k), text)
	return value, err == nil
}

// Set sets the item, see [Session.Set].
func (k Key[T]) Set(s *Session, value T) { s.Set(string(k), value) }

// Delete removes the item.
func (k Key[T]) Delete(s *Session) { s.Delete(string(k)) }

// Pop removes the item and returns it, or the zero value if there was none.
func (k Key[T]) Pop(s *Session) T {
	text, ok := s.pop(string(k))
	var zero T
	if !ok {
		return zero
	}
	v, err := decodeAs[T](string(k), text)
	if err != nil {
		s.mismatch(err)
		return zero
	}
	return v
}

// Update sets the item to fn of its value (the zero value if there is none). If the
// item changes meanwhile, in another request (which shows when the session is saved) or
// in another goroutine of this one, fn runs again on what is there then, so that a
// counter counts every time: fn may run more than once, and must be right each time.
//
// fn runs without the session's lock. It may read other items of the session; when it
// runs again on what another request wrote, it sees what that one left, with the Sets
// and Deletes of this request done on it. It must not change the item itself, and must
// not save the session or write the response. Other goroutines see the item as it was
// until fn has returned.
func (k Key[T]) Update(s *Session, fn func(T) T) {
	s.update(string(k), func(old string, ok bool) (string, error) {
		var v T
		if ok {
			var err error
			if v, err = decodeAs[T](string(k), old); err != nil {
				s.mismatch(err)
			}
		}
		return encodeItem(string(k), fn(v))
	})
}

// Get returns the item of that name as a T, or the zero value if there is none.
// See [Key] for an item that holds something else.
func Get[T any](s *Session, name string) T {
	return Key[T](name).Get(s)
}

func decodeAs[T any](name, text string) (T, error) {
	var v T
	if err := pyjson.Unmarshal(text, &v); err != nil {
		var zero T
		return zero, &TypeError{Item: name, Want: reflect.TypeFor[T]().String(), Err: err}
	}
	return v, nil
}

// mismatch reports an item of another type.
func (s *Session) mismatch(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reportMismatch(err)
}

// reportMismatch reports it once per item. Called with mu held.
func (s *Session) reportMismatch(err error) {
	item := err.(*TypeError).Item
	if slices.Contains(s.mismatched, item) {
		return
	}
	s.mismatched = append(s.mismatched, item)
	s.m.report(s.ctx, Event{Kind: EventTypeMismatch, Err: err,
		Reason: "an item holds something else than was asked for: read it with the type it was written with, or with GetErr"})
}
