package core

import "github.com/djinn-go/djinn/core/internal/pyjson"

// A request's changes are kept as what was done, not only as what came of it: if
// another request wrote meanwhile, they are done again on what it left. Two
// requests that change different items both win, and a counter counts both.

// op is what was done to an item.
type op uint8

const (
	opSet op = iota
	opDelete
	opApply
)

// change is what happened to one item since the last save.
type change struct {
	name string
	op   op
	text string      // of opSet
	fns  []applyFunc // of opApply, in their order
}

// applyFunc computes an item's text from the one that is there.
type applyFunc func(old string, ok bool) (text string, err error)

// note remembers a change in the place of an earlier one of the same item.
func (s *Session) note(c change) {
	if i := s.findChange(c.name); i >= 0 {
		s.changes[i] = c
		return
	}
	s.changes = append(s.changes, c)
}

func (s *Session) findChange(name string) int {
	for i := range s.changes {
		if s.changes[i].name == name {
			return i
		}
	}
	return -1
}

// apply changes an item by function and remembers the function, or the result
// where it no longer depends on what the store holds. Called with mu held.
func (s *Session) apply(name string, fn applyFunc) {
	text, err := applyTo(s.items, name, fn)
	if err != nil {
		s.fail(err)
		return
	}
	s.own()
	s.items = setMember(s.items, name, text)
	switch i := s.findChange(name); {
	case i >= 0 && s.changes[i].op == opApply:
		s.changes[i].fns = append(s.changes[i].fns, fn)
	case i >= 0 || s.cleared:
		s.note(change{name: name, op: opSet, text: text})
	default:
		s.note(change{name: name, op: opApply, fns: []applyFunc{fn}})
	}
}

func applyTo(items []pyjson.Member, name string, fn applyFunc) (string, error) {
	if i := findMember(items, name); i >= 0 {
		return fn(items[i].Text, true)
	}
	return fn("", false)
}

// replay does this request's changes again, on base.
func (s *Session) replay() error {
	s.items, s.owned = s.base, false
	if s.cleared {
		s.items = nil
	}
	if len(s.changes) == 0 {
		return nil
	}
	s.own()
	for _, c := range s.changes {
		switch c.op {
		case opSet:
			s.items = setMember(s.items, c.name, c.text)
		case opDelete:
			if i := findMember(s.items, c.name); i >= 0 {
				s.items = append(s.items[:i], s.items[i+1:]...)
			}
		case opApply:
			for _, fn := range c.fns {
				text, err := applyTo(s.items, c.name, fn)
				if err != nil {
					return err
				}
				s.items = setMember(s.items, c.name, text)
			}
		}
	}
	return nil
}
