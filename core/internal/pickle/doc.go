// Package pickle turns JSON text into Python's pickle format and back, for plain
// data alone: what Django keeps in a cache is the pickled dictionary of a
// session.
//
// A pickle is a program that builds objects, and loading a foreign one in Python
// runs whatever it says. [Decode] knows the opcodes of dict, list, tuple, str,
// int, float, bool and None and refuses a pickle with any other, so that the
// worst it can build is a tree of those. What JSON has no form for (bytes, sets,
// dates, objects) is refused with it. Size, depth and number of values are
// bounded.
//
// The JSON text that comes out is what Python's json.dumps makes of the same
// data: a tuple is an array, a key that is a number, a bool or None is a string.
package pickle

import "errors"

// Limits bound what [Decode] builds.
type Limits struct {
	// Size is the length of the JSON text in bytes. A pickle that is four times
	// as long is refused unread.
	Size int
	// Depth is how many lists and dictionaries may be nested, the outermost one
	// included.
	Depth int
	// Values is the number of values of all kinds, keys included.
	Values int
}

// maxDigits is the longest integer that Python reads from a text, or writes to
// one.
const maxDigits = 4300

var (
	errTruncated = errors.New("pickle: cut off")
	errMalformed = errors.New("pickle: malformed")
	errTooLarge  = errors.New("pickle: larger than allowed")
	errTooDeep   = errors.New("pickle: nested deeper than allowed")
	errLongInt   = errors.New("pickle: an integer of more than 4300 digits")
	errKey       = errors.New("pickle: a dictionary with a key that JSON has no form for")
	errJSON      = errors.New("pickle: malformed JSON")
)

// The opcodes of plain data, by their names in Python's pickletools.
const (
	opMark     = '('
	opStop     = '.'
	opProto    = 0x80
	opFrame    = 0x95
	opNone     = 'N'
	opNewTrue  = 0x88
	opNewFalse = 0x89

	opInt      = 'I'
	opBinInt   = 'J'
	opBinInt1  = 'K'
	opBinInt2  = 'M'
	opLong     = 'L'
	opLong1    = 0x8a
	opLong4    = 0x8b
	opFloat    = 'F'
	opBinFloat = 'G'

	opUnicode         = 'V'
	opBinUnicode      = 'X'
	opShortBinUnicode = 0x8c
	opBinUnicode8     = 0x8d

	opEmptyList  = ']'
	opList       = 'l'
	opAppend     = 'a'
	opAppends    = 'e'
	opEmptyTuple = ')'
	opTuple      = 't'
	opTuple1     = 0x85
	opTuple2     = 0x86
	opTuple3     = 0x87
	opEmptyDict  = '}'
	opDict       = 'd'
	opSetItem    = 's'
	opSetItems   = 'u'

	opPut        = 'p'
	opBinPut     = 'q'
	opLongBinPut = 'r'
	opMemoize    = 0x94
	opGet        = 'g'
	opBinGet     = 'h'
	opLongBinGet = 'j'
)
