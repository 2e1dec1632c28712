package core

import (
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/djinn-go/djinn/core/internal/pyjson"
)

// Get returns the item, or nil if there is none: int64 for an integer that fits,
// json.Number for one that does not, float64, string, bool, []any or
// map[string]any. It is a copy: changing it does not change the session.
//
// A [Key] or the function [Get] return the item with its type.
func (s *Session) Get(name string) any {
	text, ok := s.text(name)
	if !ok {
		return nil
	}
	v, err := pyjson.Decode(text)
	if err != nil { // checked when it was loaded
		return nil
	}
	return v
}

// Has reports whether there is an item of that name.
func (s *Session) Has(name string) bool {
	_, ok := s.text(name)
	return ok
}

// text returns an item's JSON text.
func (s *Session) text(name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	return s.edits.text(name)
}

// Keys returns the names of the items in their order.
func (s *Session) Keys() []string {
	items := s.Values().items
	names := make([]string, len(items))
	for i, m := range items {
		names[i] = m.Name
	}
	return names
}

// All iterates over the items in their order, as they are when it is called.
func (s *Session) All() iter.Seq2[string, any] { return s.Values().All() }

// Values returns the items as they are now.
func (s *Session) Values() Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	return s.edits.values()
}

// Set sets an item. The value is encoded at once: what happens to it afterwards
// does not change the session. A value that JSON cannot hold is an [EncodeError]
// that names the item; see [Session.Err].
//
// Setting what is there already marks the session modified, which sends the
// cookie again and moves the expiry, and writes no data.
func (s *Session) Set(name string, value any) {
	text, err := encodeItem(name, value)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set("Set", name, text, err)
}

// set is Set with the value encoded. Called with mu held.
func (s *Session) set(what, name, text string, err error) {
	if !s.writable(what) {
		return
	}
	s.access()
	s.modify()
	if err != nil {
		s.fail(err)
		return
	}
	s.edits.set(name, text)
}

// SetDefault sets the item unless there is one, and returns what is there then.
// If another request set it meanwhile, that one stays.
func (s *Session) SetDefault(name string, value any) any {
	text, err := encodeItem(name, value)
	s.setDefault(name, text, err)
	return s.Get(name)
}

func (s *Session) setDefault(name, text string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	if _, ok := s.edits.text(name); ok || !s.writable("SetDefault") {
		return
	}
	s.modify()
	if err != nil {
		s.fail(err)
		return
	}
	s.edits.apply(name, text, func(old string, ok bool) (string, error) {
		if ok {
			return old, nil
		}
		return text, nil
	})
}

// Update sets several items, in the order of their names.
func (s *Session) Update(items map[string]any) {
	names := slices.Sorted(maps.Keys(items))
	// One buffer for all, of which each text is a part.
	buf, ends, errs := make([]byte, 0, 64*len(names)), make([]int, len(names)), make([]error, len(names))
	for i, name := range names {
		buf, errs[i] = appendItem(buf, name, items[name])
		ends[i] = len(buf)
	}
	texts, start := string(buf), 0

	s.mu.Lock()
	defer s.mu.Unlock()
	if len(names) == 0 && s.writable("Update") { // as Django's update({})
		s.access()
		s.modify()
	}
	s.edits.changes = slices.Grow(s.edits.changes, len(names))
	for i, name := range names {
		s.set("Update", name, texts[start:ends[i]], errs[i])
		start = ends[i]
	}
}

// Delete removes an item. Removing what is not there changes nothing.
func (s *Session) Delete(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove("Delete", name)
}

// Pop removes an item and returns it, or nil if there was none.
func (s *Session) Pop(name string) any {
	text, ok := s.pop(name)
	if !ok {
		return nil
	}
	v, err := pyjson.Decode(text)
	if err != nil {
		return nil
	}
	return v
}

// pop is Pop without the decoding.
func (s *Session) pop(name string) (text string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove("Pop", name)
}

// remove takes an item out and returns its text. Called with mu held.
func (s *Session) remove(what, name string) (text string, ok bool) {
	s.access()
	if _, ok := s.edits.text(name); !ok || !s.writable(what) {
		return "", false
	}
	s.modify()
	return s.edits.remove(name)
}

// maxUpdateTries bounds how often an Update runs again because others of the same
// request change the item; each time one of them is through.
const maxUpdateTries = 1000

var errUpdateNeverEnds = errors.New("it changes while the function of Update runs: the function must not change the item itself")

// update is [Key.Update] on the item's text: fn runs without the lock, and again if
// the item has changed meanwhile.
func (s *Session) update(name string, fn applyFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.writable("Update") {
		return
	}
	s.access()
	for range maxUpdateTries {
		old, ok := s.edits.text(name)
		text, err := s.runUnlocked(fn, old, ok)
		if !s.writable("Update") {
			return
		}
		s.modify()
		if err != nil {
			s.fail(err)
			return
		}
		if now, still := s.edits.text(name); now == old && still == ok {
			s.edits.apply(name, text, fn)
			return
		}
	}
	s.fail(&EncodeError{Item: name, Type: "func", Err: errUpdateNeverEnds})
}

// Clear removes all items and keeps the session and its key; it does not load
// anything. To log out use [Session.Flush].
func (s *Session) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.writable("Clear") {
		return
	}
	if !s.rec.loaded {
		// What the store has is not known, so the next save has to ask.
		s.rec.loaded, s.rec.stale = true, s.rec.key != ""
	}
	s.accessed = true
	s.edits.clear()
	s.modify()
}

// The test cookie shows whether a browser keeps cookies: set it with one
// response, look for it with the next request. Django's names.
const (
	testCookieName  = "testcookie"
	testCookieValue = "worked"
)

// SetTestCookie sets the test cookie.
func (s *Session) SetTestCookie() { s.Set(testCookieName, testCookieValue) }

// TestCookieWorked reports whether the test cookie came back.
func (s *Session) TestCookieWorked() bool { return s.Get(testCookieName) == testCookieValue }

// DeleteTestCookie removes the test cookie.
func (s *Session) DeleteTestCookie() { s.Delete(testCookieName) }
