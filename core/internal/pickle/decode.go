package pickle

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Decode reads one pickle of any protocol from the beginning of data, and returns
// its value as JSON text and what stands behind it, which Python ignores. Its
// time and memory are bounded by lim. Errors never quote the data.
func Decode(data string, lim Limits) (json, rest string, err error) {
	if len(data)/4 > lim.Size {
		return "", "", errTooLarge
	}
	d := &decoder{data: data, left: lim.Values, lim: lim}
	root, err := d.run()
	if err != nil {
		return "", "", err
	}
	w := writer{lim: lim, dst: make([]byte, 0, min(len(data)+len(data)/2, lim.Size))}
	if err := w.write(root, lim.Depth); err != nil {
		return "", "", err
	}
	return string(w.dst), data[d.pos:], nil
}

// decoder is Python's unpickler for plain data: a stack, marks on it, and a memo
// of values to use again.
type decoder struct {
	data  string
	pos   int
	stack []*node
	marks []int
	memo  map[uint32]*node
	left  int // values that may still be made
	lim   Limits
}

// run obeys opcodes until the pickle stops.
func (d *decoder) run() (*node, error) {
	for {
		op, err := d.byte()
		if err != nil {
			return nil, err
		}
		if op == opStop {
			if len(d.stack) != 1 || len(d.marks) != 0 {
				return nil, errMalformed
			}
			return d.stack[0], nil
		}
		if err := d.step(op); err != nil {
			return nil, err
		}
	}
}

// step obeys one opcode.
func (d *decoder) step(op byte) error {
	switch op {
	case opProto:
		v, err := d.byte()
		if err == nil && v > 5 {
			err = fmt.Errorf("pickle: protocol %d is unknown", v)
		}
		return err
	case opFrame: // how much a reader may buffer: it has the whole already
		_, err := d.take(8)
		return err
	case opMark: // one for each container that is not finished
		if len(d.marks) > d.lim.Depth {
			return errTooDeep
		}
		d.marks = append(d.marks, len(d.stack))
		return nil
	case opNone:
		return d.push(none)
	case opNewTrue:
		return d.push(yes)
	case opNewFalse:
		return d.push(no)
	case opInt, opBinInt, opBinInt1, opBinInt2, opLong, opLong1, opLong4, opFloat, opBinFloat:
		return d.number(op)
	case opUnicode, opBinUnicode, opShortBinUnicode, opBinUnicode8:
		return d.str(op)
	case opEmptyList, opEmptyTuple:
		return d.push(&node{kind: list})
	case opEmptyDict:
		return d.push(&node{kind: dict})
	case opList, opAppend, opAppends, opTuple, opTuple1, opTuple2, opTuple3, opDict, opSetItem, opSetItems:
		return d.collect(op)
	case opPut, opBinPut, opLongBinPut, opMemoize:
		return d.put(op)
	case opGet, opBinGet, opLongBinGet:
		return d.get(op)
	}
	return fmt.Errorf("pickle: opcode 0x%02x is not one of plain data", op)
}

// collect moves values from the stack into a list or a dictionary.
func (d *decoder) collect(op byte) error {
	kind := list
	if op == opDict || op == opSetItem || op == opSetItems {
		kind = dict
	}
	var values []*node
	var err error
	switch op {
	case opAppend, opTuple1:
		values, err = d.pop(1)
	case opSetItem, opTuple2:
		values, err = d.pop(2)
	case opTuple3:
		values, err = d.pop(3)
	default:
		values, err = d.popMark()
	}
	if err != nil {
		return err
	}
	if kind == dict && len(values)%2 != 0 {
		return errMalformed
	}
	switch op {
	case opAppend, opAppends, opSetItem, opSetItems: // into what is below
		into, err := d.top()
		if err != nil {
			return err
		}
		if into.kind != kind {
			return errMalformed
		}
		into.items = append(into.items, values...)
		return nil
	}
	return d.push(&node{kind: kind, items: append([]*node(nil), values...)})
}

// put keeps the top of the stack in the memo.
func (d *decoder) put(op byte) error {
	n, err := d.top()
	if err != nil {
		return err
	}
	index := uint32(len(d.memo))
	if op != opMemoize {
		if index, err = d.index(op == opPut, op == opBinPut); err != nil {
			return err
		}
	}
	if len(d.memo) >= d.lim.Values { // Python keeps a value in one place
		return errTooLarge
	}
	if d.memo == nil {
		d.memo = make(map[uint32]*node)
	}
	d.memo[index] = n
	return nil
}

// get pushes a value of the memo.
func (d *decoder) get(op byte) error {
	index, err := d.index(op == opGet, op == opBinGet)
	if err != nil {
		return err
	}
	n, ok := d.memo[index]
	if !ok {
		return errMalformed
	}
	return d.push(n)
}

// index reads the number of a place in the memo: a line, a byte, or four bytes.
func (d *decoder) index(line, short bool) (uint32, error) {
	switch {
	case line:
		text, err := d.line()
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return 0, errMalformed
		}
		return uint32(n), nil
	case short:
		b, err := d.byte()
		return uint32(b), err
	default:
		n, err := d.length(4)
		return uint32(n), err
	}
}

func (d *decoder) push(n *node) error {
	if d.left == 0 {
		return errTooLarge
	}
	d.left--
	d.stack = append(d.stack, n)
	return nil
}

// floor is how far the stack may be emptied: up to the last mark.
func (d *decoder) floor() int {
	if len(d.marks) == 0 {
		return 0
	}
	return d.marks[len(d.marks)-1]
}

func (d *decoder) top() (*node, error) {
	if len(d.stack) <= d.floor() {
		return nil, errMalformed
	}
	return d.stack[len(d.stack)-1], nil
}

// pop takes n values off the stack. They are good until the next push.
func (d *decoder) pop(n int) ([]*node, error) {
	at := len(d.stack) - n
	if at < d.floor() {
		return nil, errMalformed
	}
	values := d.stack[at:]
	d.stack = d.stack[:at]
	return values, nil
}

// popMark takes all values off the stack that lie above the last mark, and the
// mark.
func (d *decoder) popMark() ([]*node, error) {
	if len(d.marks) == 0 {
		return nil, errMalformed
	}
	values, err := d.pop(len(d.stack) - d.floor())
	d.marks = d.marks[:len(d.marks)-1]
	return values, err
}

func (d *decoder) byte() (byte, error) {
	if d.pos == len(d.data) {
		return 0, errTruncated
	}
	d.pos++
	return d.data[d.pos-1], nil
}

// take reads n bytes.
func (d *decoder) take(n uint64) (string, error) {
	if n > uint64(len(d.data)-d.pos) {
		return "", errTruncated
	}
	start := d.pos
	d.pos += int(n)
	return d.data[start:d.pos], nil
}

// length reads an unsigned number of that many bytes.
func (d *decoder) length(bytes int) (uint64, error) {
	b, err := d.take(uint64(bytes))
	if err != nil {
		return 0, err
	}
	var buf [8]byte
	copy(buf[:], b)
	return binary.LittleEndian.Uint64(buf[:]), nil
}

// line reads up to a line break, which is not part of the result.
func (d *decoder) line() (string, error) {
	n := strings.IndexByte(d.data[d.pos:], '\n')
	if n < 0 {
		return "", errTruncated
	}
	text := d.data[d.pos : d.pos+n]
	d.pos += n + 1
	return text, nil
}
