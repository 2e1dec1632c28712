package pyjson

import (
	"fmt"
	"strings"
)

// Member is one item of an object.
type Member struct {
	// Name is the item's name, unescaped. A lone surrogate, which Python allows,
	// is kept as three bytes (WTF-8), so that it can be written back.
	Name string
	// Text is the JSON text of the value as it was written, without the white
	// space around it.
	Text string
}

// Limits bound what [Split] accepts.
type Limits struct {
	// Depth is how many arrays and objects may be nested in the value of one
	// item: 0 allows none, 1 allows [1,2]. The object around the items does not
	// count, so that what [Append] writes ([MaxDepth]) can be read.
	Depth int
	// Members is the number of distinct names.
	Members int
}

// Split reads a JSON object into its items. It checks the whole text and decodes
// only the names. Of two items with one name the last value wins, in the place of
// the first, as in Python's dict.
//
// Every byte is one character: bytes of 0x80 and above are Latin-1, as Django
// reads them, and come out as \u00xx. The members' texts are pure ASCII and share
// the memory of text.
func Split(text string, lim Limits) ([]Member, error) {
	text, err := latin1(text)
	if err != nil {
		return nil, err
	}
	s := &scanner{text: text}
	s.space()
	if s.peek() != '{' {
		return nil, s.errorf("want an object")
	}
	s.pos++
	s.space()
	if s.peek() == '}' {
		s.pos++
		return nil, s.end()
	}
	// Colons inside of values count too, and those after a space do not: a guess
	// that spares most sessions a second allocation.
	t := table{items: make([]Member, 0, min(fewMembers, strings.Count(text, `":`)))}
	for {
		m, err := s.member(lim.Depth)
		if err != nil {
			return nil, err
		}
		if !t.put(m, lim.Members) {
			return nil, fmt.Errorf("JSON object of more than %d items", lim.Members)
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			if err := s.end(); err != nil {
				return nil, err
			}
			return t.items, nil
		default:
			return nil, s.errorf("want a comma or a closing bracket")
		}
	}
}

// member passes one item.
func (s *scanner) member(depth int) (m Member, err error) {
	s.space()
	raw, escaped, err := s.str()
	if err != nil {
		return m, err
	}
	m.Name = raw
	if escaped {
		m.Name = unescape(raw, appendWTF8)
	}
	if err := s.colon(); err != nil {
		return m, err
	}
	s.space()
	start := s.pos
	if err := s.skip(depth); err != nil {
		return m, err
	}
	m.Text = s.text[start:s.pos]
	return m, nil
}

// fewMembers is the number of items up to which looking at all is as quick as a map.
const fewMembers = 16

// table collects items by name, in linear time however many there are.
type table struct {
	items []Member
	index map[string]int // nil while there are few items
}

// put adds m or replaces the value of its name. It reports false if that would
// make more than limit items.
func (t *table) put(m Member, limit int) bool {
	if i := t.find(m.Name); i >= 0 {
		t.items[i].Text = m.Text
		return true
	}
	if len(t.items) >= limit {
		return false
	}
	t.items = append(t.items, m)
	switch {
	case t.index != nil:
		t.index[m.Name] = len(t.items) - 1
	case len(t.items) > fewMembers:
		t.index = make(map[string]int, 2*len(t.items))
		for i := range t.items {
			t.index[t.items[i].Name] = i
		}
	}
	return true
}

func (t *table) find(name string) int {
	if t.index != nil {
		if i, ok := t.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range t.items {
		if t.items[i].Name == name {
			return i
		}
	}
	return -1
}

// latin1 returns text with every byte of 0x80 and above as \u00xx. Such a byte
// outside a string is an error in either form.
func latin1(text string) (string, error) {
	n := 0
	for i := range len(text) {
		if text[i] >= 0x80 {
			n++
		}
	}
	if n == 0 {
		return text, nil
	}
	dst := make([]byte, 0, len(text)+5*n)
	escaped := false
	for i := range len(text) {
		c := text[i]
		if c < 0x80 {
			dst = append(dst, c)
			escaped = c == '\\' && !escaped
			continue
		}
		if escaped { // the \ in front would take the \ we are about to write for its own
			return "", (&scanner{pos: i}).errorf("invalid escape in a string")
		}
		dst = appendHex4(dst, uint16(c))
	}
	return string(dst), nil
}

// AppendObject appends the items as one object, with the separators that Django
// gives Python's encoder: no spaces. The texts are written as they are.
func AppendObject(dst []byte, members []Member) []byte {
	dst = append(dst, '{')
	for i := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, members[i].Name)
		dst = append(dst, ':')
		dst = append(dst, members[i].Text...)
	}
	return append(dst, '}')
}
