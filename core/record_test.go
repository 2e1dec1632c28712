package core_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/sessiontest"
)

// upperCodec is a codec that can be told from others.
type upperCodec struct{ core.Codec }

func (upperCodec) Decode(text string) (core.Values, error) {
	return sessiontest.Values("read", strings.ToUpper(text))
}

func TestRecordDecode(t *testing.T) {
	t.Parallel()
	values, err := sessiontest.Values("a", 1)
	if err != nil {
		t.Fatal(err)
	}
	var seen core.Codec
	tests := []struct {
		why   string
		rec   core.Record
		codec core.Codec
		want  string
	}{
		{"values need no codec", core.Record{Values: values}, nil, `{"a":1}`},
		{"a text is the codec's", core.Record{Encoded: "text", Values: values}, upperCodec{}, `{"read":"TEXT"}`},
		{"without one, the record's own", core.Record{Encoded: "text"}.WithCodec(upperCodec{}), nil, `{"read":"TEXT"}`},
		{"the store's way comes first", core.Record{Encoded: "text"}.WithDecode(func(c core.Codec) (core.Values, error) {
			seen = c
			return values, nil
		}), upperCodec{}, `{"a":1}`},
	}
	for _, tt := range tests {
		got, err := tt.rec.Decode(tt.codec)
		if text := string(got.AppendJSON(nil)); err != nil || text != tt.want {
			t.Errorf("%s: Decode = %s, %v, want %s", tt.why, text, err, tt.want)
		}
	}
	if seen != (upperCodec{}) {
		t.Errorf("WithDecode was called with the codec %v, want the one of Decode", seen)
	}
	if _, err := (core.Record{Encoded: "text"}).Decode(nil); err == nil || !strings.Contains(err.Error(), "WithCodec") {
		t.Errorf("Decode of a text without a codec: err = %v, want one that names WithCodec", err)
	}
}

// A store that finds what it cannot read says so when the record is decoded, and
// then the visitor is anonymous rather than the site down.
func TestRecordDecodeUndecodable(t *testing.T) {
	t.Parallel()
	rec := core.Record{}.WithDecode(func(core.Codec) (core.Values, error) {
		return core.Values{}, core.ErrUndecodable
	})
	if _, err := rec.Decode(nil); !errors.Is(err, core.ErrUndecodable) {
		t.Errorf("Decode: got %v, want ErrUndecodable", err)
	}
}
