package pickle_test

import (
	"fmt"

	"github.com/djinn-go/djinn/core/internal/pickle"
)

func Example() {
	data, err := pickle.Append(nil, `{"cart":[7,9.5]}`)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%q\n", data)

	lim := pickle.Limits{Size: 1 << 20, Depth: 100, Values: 10_000}
	text, _, err := pickle.Decode(string(data), lim)
	fmt.Println(text, err)

	_, _, err = pickle.Decode("cos\nsystem\n(S'echo pwned'\ntR.", lim)
	fmt.Println(err)
	// Output:
	// "\x80\x04}(\x8c\x04cart](K\aG@#\x00\x00\x00\x00\x00\x00eu."
	// {"cart":[7,9.5]} <nil>
	// pickle: opcode 0x63 is not one of plain data
}
