package core_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

// What is written can be read again: the bounds of reading hold for writing.
func TestNothingIsSavedThatCannotBeLoaded(t *testing.T) {
	t.Parallel()
	codec, err := core.DjangoCodec{SecretKey: "only for tests"}.New()
	if err != nil {
		t.Fatal(err)
	}
	full := []byte(`{"count":1`)
	for i := range 65535 {
		full = fmt.Appendf(full, `,"%d":1`, i)
	}
	for name, tt := range map[string]struct {
		stored string
		max    int
		item   string
	}{
		"escapes in a name": {`{"count":1}`, 100, strings.Repeat("\x01", 50)},
		"too many items":    {string(full) + "}", 1 << 20, "one more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{MaxSize: tt.max}, func(s *spyStore) core.Store { return encodingStore{s, codec} })
			values, err := core.ParseValues(tt.stored)
			if err != nil {
				t.Fatal(err)
			}
			st.cookie, err = st.spy.Create(t.Context(), core.Record{Key: core.NewSessionKey(), Values: values, ExpireDate: time.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			w := st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Set(tt.item, 1) })
			if w.Code != http.StatusInternalServerError {
				t.Errorf("status = %d, want 500", w.Code)
			}
			if got := st.get("count"); got != int64(1) {
				t.Errorf("count = %v, want 1: as it was", got)
			}
		})
	}
}

// encodingStore hands out text, as a table does.
type encodingStore struct {
	*spyStore
	codec core.Codec
}

func (s encodingStore) Load(ctx context.Context, key string) (core.Record, error) {
	rec, err := s.spyStore.Load(ctx, key)
	if err == nil {
		rec.Encoded, err = rec.WithCodec(s.codec).Encode()
	}
	return rec, err
}
