package pyjson_test

import (
	"fmt"

	"github.com/djinn-go/djinn/core/internal/pyjson"
)

// A session is read, one item is changed, and the others stay as they were.
func Example() {
	items, err := pyjson.Split(`{"visits": 1, "rate": 1.0, "name": "Ren\u00e9e"}`, pyjson.Limits{Depth: 100, Members: 1000})
	if err != nil {
		fmt.Println(err)
		return
	}
	var visits int
	if err := pyjson.Unmarshal(items[0].Text, &visits); err != nil {
		fmt.Println(err)
		return
	}
	text, err := pyjson.Append(nil, visits+1)
	if err != nil {
		fmt.Println(err)
		return
	}
	items[0].Text = string(text)
	fmt.Printf("%s\n", pyjson.AppendObject(nil, items))
	// Output: {"visits":2,"rate":1.0,"name":"Ren\u00e9e"}
}

func ExampleAppend() {
	text, err := pyjson.Append(nil, map[string]any{"price": 10.0, "place": "Zürich <center>", "tags": []string{"a"}})
	fmt.Printf("%s %v\n", text, err)
	// Output: {"place":"Z\u00fcrich <center>","price":10.0,"tags":["a"]} <nil>
}

func ExampleDecode() {
	for _, text := range []string{`1`, `1.0`, `12345678901234567890`, `"\u00e9"`} {
		v, err := pyjson.Decode(text)
		fmt.Printf("%T %v %v\n", v, v, err)
	}
	// Output:
	// int64 1 <nil>
	// float64 1 <nil>
	// json.Number 12345678901234567890 <nil>
	// string é <nil>
}
