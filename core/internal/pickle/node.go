package pickle

// kind is what a node stands for.
type kind byte

const (
	scalar kind = iota // a number, a bool, None: JSON without quotes
	str
	list // and tuple
	dict
)

// node is a value on the decoder's stack. Lists and dictionaries grow after they
// were made, and the memo can put one of them into several places, itself
// included.
type node struct {
	kind kind
	// text is the JSON of a scalar or a string.
	text string
	// items are the values of a list, or keys and values of a dictionary in turn.
	items []*node
}

var (
	none = &node{kind: scalar, text: "null"}
	yes  = &node{kind: scalar, text: "true"}
	no   = &node{kind: scalar, text: "false"}
)

// writer turns nodes into JSON. Its limits are what ends a list that contains
// itself, and a small pickle that means a huge text.
type writer struct {
	lim Limits
	dst []byte
}

// write appends n. depth is the number of levels that are left.
func (w *writer) write(n *node, depth int) error {
	switch n.kind {
	case list, dict:
		if depth == 0 {
			return errTooDeep
		}
	default:
		return w.append(n.text)
	}
	open, closing := "[", "]"
	if n.kind == dict {
		open, closing = "{", "}"
	}
	if err := w.append(open); err != nil {
		return err
	}
	for i, item := range n.items {
		isKey := n.kind == dict && i%2 == 0
		if i > 0 {
			sep := ","
			if n.kind == dict && !isKey {
				sep = ":"
			}
			if err := w.append(sep); err != nil {
				return err
			}
		}
		if isKey {
			if err := w.key(item); err != nil {
				return err
			}
			continue
		}
		if err := w.write(item, depth-1); err != nil {
			return err
		}
	}
	return w.append(closing)
}

// key writes the key of a dictionary as json.dumps does.
func (w *writer) key(n *node) error {
	switch n.kind {
	case str:
		return w.append(n.text)
	case scalar:
		return w.append(`"` + n.text + `"`)
	default:
		return errKey
	}
}

func (w *writer) append(text string) error {
	if len(w.dst)+len(text) > w.lim.Size {
		return errTooLarge
	}
	w.dst = append(w.dst, text...)
	return nil
}
