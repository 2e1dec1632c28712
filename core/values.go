package core

import (
	"fmt"
	"iter"
	"log/slog"

	"github.com/djinn-go/djinn/core/internal/pyjson"
)

// Bounds on what is read and written, so that no record costs unbounded time or
// memory. Django has none; Python's own parser stops at about 1000 levels.
const (
	maxDepth = 512
	maxItems = 65536
)

// Values are the items of a session in their order: a snapshot that does not
// change and is safe to share. Each item is kept as the JSON text it was written
// with, and is decoded only when asked for, so that what nobody touched goes
// back to the letter: 1 stays 1, 1.0 stays 1.0, a 200-digit integer survives.
//
// The zero value has no items. Values do not print their items.
type Values struct {
	items []pyjson.Member
}

// ParseValues reads a JSON object as Django's serializer writes it. Every byte is
// one character (Latin-1), as in Django. The error is of kind [ErrUndecodable].
func ParseValues(json string) (Values, error) {
	items, err := pyjson.Split(json, pyjson.Limits{Depth: maxDepth, Members: maxItems})
	if err != nil {
		return Values{}, &decodeError{err}
	}
	return Values{items}, nil
}

// Len returns the number of items.
func (v Values) Len() int { return len(v.items) }

// Has reports whether there is an item of that name.
func (v Values) Has(name string) bool { return findMember(v.items, name) >= 0 }

// Text returns the item's JSON text as it was written.
func (v Values) Text(name string) (text string, ok bool) {
	if i := findMember(v.items, name); i >= 0 {
		return v.items[i].Text, true
	}
	return "", false
}

// Get decodes an item: nil for null and for what is not there, int64 for an
// integer that fits, json.Number for one that does not, float64, string, bool,
// []any or map[string]any. The result belongs to the caller.
func (v Values) Get(name string) any {
	text, ok := v.Text(name)
	if !ok {
		return nil
	}
	x, err := pyjson.Decode(text)
	if err != nil { // Split has checked the text, so this cannot be.
		return nil
	}
	return x
}

// All iterates over names and decoded items in their order.
func (v Values) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, m := range v.items {
			x, err := pyjson.Decode(m.Text)
			if err != nil {
				continue
			}
			if !yield(m.Name, x) {
				return
			}
		}
	}
}

// Texts iterates over names and JSON texts in their order.
func (v Values) Texts() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, m := range v.items {
			if !yield(m.Name, m.Text) {
				return
			}
		}
	}
}

// AppendJSON appends the JSON object to dst: no spaces, ASCII only, each item as
// it was written.
func (v Values) AppendJSON(dst []byte) []byte { return pyjson.AppendObject(dst, v.items) }

// jsonSize is the length of what AppendJSON appends.
func (v Values) jsonSize() int {
	n := 2 + max(len(v.items)-1, 0)
	for _, m := range v.items {
		n += pyjson.StringSize(m.Name) + len(":") + len(m.Text)
	}
	return n
}

// Format prints the number of items and nothing else.
func (v Values) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "core.Values(%d items)", len(v.items)) }

// LogValue is what slog prints: the number of items.
func (v Values) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(v)) }

func findMember(items []pyjson.Member, name string) int {
	for i := range items {
		if items[i].Name == name {
			return i
		}
	}
	return -1
}

// setMember changes items in place: the caller owns the slice.
func setMember(items []pyjson.Member, name, text string) []pyjson.Member {
	if i := findMember(items, name); i >= 0 {
		items[i].Text = text
		return items
	}
	return append(items, pyjson.Member{Name: name, Text: text})
}

// encodeItem turns a Go value into the text of one item.
func encodeItem(name string, value any) (string, error) {
	text, err := appendItem(make([]byte, 0, 64), name, value) // most items are small
	return string(text), err
}

// appendItem appends the text of one item; on an error it appends nothing.
func appendItem(dst []byte, name string, value any) ([]byte, error) {
	text, err := pyjson.Append(dst, value)
	if err != nil {
		return dst, &EncodeError{Item: name, Type: fmt.Sprintf("%T", value), Err: err}
	}
	return text, nil
}
