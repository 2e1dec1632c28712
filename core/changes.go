package core

import (
	"slices"

	"github.com/djinn-go/djinn/core/internal/pyjson"
)

// A request's changes are kept as what was done, not only as what came of it: if
// another request wrote meanwhile, they are done again on what that one left
// (optimistic concurrency). Two requests that change different items both win, and a
// counter counts both.

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

// edits are the items of a session and what a request has done to them. The zero
// value has no items.
type edits struct {
	// stored are the items as the store has them, items as this request sees them.
	// They share memory until the first change.
	stored, items []pyjson.Member
	owned         bool // items is a copy that may be changed in place

	changes []change // since the last save, one for each item
	cleared bool     // all items were removed before the changes
}

// text returns an item's JSON text.
func (e *edits) text(name string) (string, bool) {
	if i := findMember(e.items, name); i >= 0 {
		return e.items[i].Text, true
	}
	return "", false
}

// values is a snapshot of the items, which the next change leaves as it is.
func (e *edits) values() Values {
	e.owned = false
	return Values{e.items}
}

// own makes items safe to change in place.
func (e *edits) own() {
	if !e.owned {
		e.items = append(make([]pyjson.Member, 0, len(e.items)+4), e.items...)
		e.owned = true
	}
}

// set sets an item.
func (e *edits) set(name, text string) {
	e.own()
	e.items = setMember(e.items, name, text)
	e.note(change{name: name, op: opSet, text: text})
}

// remove takes an item out and returns its text, if it was there.
func (e *edits) remove(name string) (text string, ok bool) {
	i := findMember(e.items, name)
	if i < 0 {
		return "", false
	}
	text = e.items[i].Text
	e.own()
	e.items = slices.Delete(e.items, i, i+1)
	e.note(change{name: name, op: opDelete})
	return text, true
}

// apply sets an item to text, which fn has made of what is there, and remembers the
// function, or the text where it no longer depends on what the store holds.
func (e *edits) apply(name, text string, fn applyFunc) {
	e.own()
	e.items = setMember(e.items, name, text)
	switch i := e.findChange(name); {
	case i >= 0 && e.changes[i].op == opApply:
		e.changes[i].fns = append(e.changes[i].fns, fn)
	case i >= 0 || e.cleared:
		e.note(change{name: name, op: opSet, text: text})
	default:
		e.note(change{name: name, op: opApply, fns: []applyFunc{fn}})
	}
}

// clear removes all items.
func (e *edits) clear() {
	e.items, e.owned = nil, false
	e.changes, e.cleared = nil, true
}

// note remembers a change in the place of an earlier one of the same item.
func (e *edits) note(c change) {
	if i := e.findChange(c.name); i >= 0 {
		e.changes[i] = c
		return
	}
	e.changes = append(e.changes, c)
}

func (e *edits) findChange(name string) int {
	for i := range e.changes {
		if e.changes[i].name == name {
			return i
		}
	}
	return -1
}

// load takes what the store has for the items.
func (e *edits) load(stored []pyjson.Member) { e.stored, e.items, e.owned = stored, stored, false }

// rebase does the changes again on what the store has now, but for those by function:
// their names are returned, for redo.
func (e *edits) rebase(stored []pyjson.Member) (byFunction []string) {
	e.load(stored)
	if e.cleared {
		e.items = nil
	}
	if len(e.changes) > 0 {
		e.own()
	}
	for _, c := range e.changes {
		switch c.op {
		case opSet:
			e.items = setMember(e.items, c.name, c.text)
		case opDelete:
			if i := findMember(e.items, c.name); i >= 0 {
				e.items = slices.Delete(e.items, i, i+1)
			}
		case opApply:
			byFunction = append(byFunction, c.name)
		}
	}
	return byFunction
}

// functions returns what is to be applied to an item, and to what; none if the item
// is not changed by function any more.
func (e *edits) functions(name string) (fns []applyFunc, old string, ok bool) {
	i := e.findChange(name)
	if i < 0 || e.changes[i].op != opApply {
		return nil, "", false
	}
	if j := findMember(e.stored, name); j >= 0 {
		old, ok = e.stored[j].Text, true
	}
	return e.changes[i].fns, old, ok
}

// redo sets an item to what so many functions have made of it again, and reports
// whether these are still all that there are.
func (e *edits) redo(name, text string, n int) bool {
	if fns, _, _ := e.functions(name); len(fns) != n {
		return len(fns) == 0
	}
	e.own()
	e.items = setMember(e.items, name, text)
	return true
}

// dirty reports whether an item's text differs from what the store has.
func (e *edits) dirty() bool { return !slices.Equal(e.stored, e.items) }

// saved notes that the store has the items.
func (e *edits) saved() { e.stored, e.changes, e.cleared = e.items, nil, false }

// discard goes back to what the store has.
func (e *edits) discard() {
	e.items, e.owned = e.stored, false
	e.changes, e.cleared = nil, false
}

// snapshot is a copy that later changes leave as it is.
func (e *edits) snapshot() edits {
	e.owned = false
	before := *e
	before.changes = slices.Clone(e.changes)
	for i, c := range before.changes {
		before.changes[i].fns = slices.Clone(c.fns)
	}
	return before
}
