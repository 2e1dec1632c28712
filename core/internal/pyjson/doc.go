// Package pyjson reads and writes JSON text as Python's json module does, which is
// what Django keeps in a session.
//
// It differs from encoding/json where a Django site would notice: the order of
// items and the spelling of numbers survive, NaN and Infinity are values, 1 is an
// integer and 1.0 is not, integers have any number of digits, everything outside
// ASCII is escaped and HTML is not, lone surrogates pass.
//
// [Split] and [AppendObject] are the two directions of a session: values stay text.
// [Append], [Decode] and [Unmarshal] turn single values into text and back.
//
// All functions are safe for concurrent use and bounded in depth, so that no text
// and no value can overflow the stack. Errors name places and Go types, never what
// the text says.
package pyjson

// MaxDepth is how deep arrays and objects may be nested in what [Append] writes
// and [Decode] reads.
const MaxDepth = 512
