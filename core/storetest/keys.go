package storetest

import (
	"strings"

	"github.com/djinn-go/djinn/core"
)

var keyCases = []testCase{
	{
		name: "keys/unknown",
		law:  3,
		why:  "a key that the client made up must not become a session: that is session fixation",
		run:  keysUnknown,
	},
	{
		name: "keys/hand-made",
		law:  3,
		why:  "a cookie holds whatever a client likes; none of it may match, break or fill the store",
		run:  keysHandMade,
	},
	{
		name: "keys/look-alikes",
		law:  3,
		why:  "a key that matches by less than all its characters is easier to guess",
		run:  keysLookAlikes,
	},
	{
		name: "keys/own",
		why:  "a key that the store gave out and then refuses logs its owner out",
		run:  keysOwn,
	},
}

func keysUnknown(e *env) {
	key := core.NewSessionKey()
	for range 2 { // the second Load sees what the first one made
		e.wantAbsent(key)
	}
}

// handMade are keys that no engine makes.
func handMade() map[string]string {
	return map[string]string{
		"empty":         "",
		"blank":         " ",
		"one character": "x",
		"over-long":     strings.Repeat("k", 1240),
		"NUL":           "abcdefgh\x00abcdefghijklmnopqrstuvw",
		"not UTF-8":     "abcdefgh\xff\xfeabcdefghijklmnopqrstuv",
		"UTF-8":         "ключ日本🧞abcdefghijklmno",
		"a path":        "../../../../../../etc/passwd",
		"quotes":        `' OR '1'='1' -- abcdefghijklmnopq`,
		"percent":       "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
		"underscores":   strings.Repeat("_", 32),
		"a glob":        "*",
		"a format":      "%s%n%v%!d(string=hi)abcdefghijkl",
		"line breaks":   "abcdefgh\r\nSet-Cookie: a=b\r\nabcde",
		"upper case":    strings.ToUpper(core.NewSessionKey()),
	}
}

func keysHandMade(e *env) {
	// Something is there that a wildcard could match.
	e.createLive(`{"a":1}`)
	for what, key := range handMade() {
		for range 2 {
			e.at("a key that is %s", what).wantAbsent(key)
		}
	}
}

// lookAlikes are keys that a sloppy comparison takes for key.
func lookAlikes(key string) map[string]string {
	const first = 1
	all := map[string]string{
		"in upper case":           strings.ToUpper(key),
		"with a space after it":   key + " ",
		"with a space before it":  " " + key,
		"with a tab after it":     key + "\t",
		"with NUL after it":       key + "\x00",
		"with a letter after it":  key + "x",
		"without its last letter": key[:len(key)-1],
		"twice":                   key + key,
		"_ for its last letter":   key[:len(key)-1] + "_",
		"? for its last letter":   key[:len(key)-1] + "?",
		"% after its beginning":   key[:first] + "%",
		"* after its beginning":   key[:first] + "*",
		"with a quote after it":   key + "'",
	}
	for what, other := range all {
		if other == key { // upper case of a key without letters
			delete(all, what)
		}
	}
	return all
}

func keysLookAlikes(e *env) {
	key := e.createLive(`{"a":1}`)
	for what, other := range lookAlikes(key) {
		for range 2 {
			e.at("a record's key, %s", what).wantAbsent(other)
		}
	}
	e.wantData(key, `{"a":1}`)
}

func keysOwn(e *env) {
	v, ok := core.As[core.KeyValidator](e.store)
	if !ok {
		return // the engine's own rule holds, and it made the key
	}
	key := e.createLive(`{"a":1}`)
	if !v.ValidSessionKey(key) {
		e.Fatalf("ValidSessionKey of a key that Create returned: got false, want true")
	}
	if v.ValidSessionKey("") {
		e.Fatalf("ValidSessionKey of the empty key: got true, want false")
	}
}
