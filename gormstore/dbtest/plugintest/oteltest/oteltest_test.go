package oteltest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"gorm.io/plugin/opentelemetry/tracing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// TestSpans: the plugin writes bound values and error texts into its spans unless
// told otherwise. The store's statements have a span each, and no value in it.
func TestSpans(t *testing.T) {
	t.Parallel()
	const key, other = "key1aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "key2bbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	for _, d := range dbtest.All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			spans := tracetest.NewSpanRecorder()
			provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
			if err := db.Use(tracing.NewPlugin(tracing.WithTracerProvider(provider), tracing.WithoutMetrics())); err != nil {
				t.Fatal(err)
			}
			store, err := gormstore.New(db)
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := len(spans.Ended())

			ctx := t.Context()
			rec := func(key string) core.Record {
				return core.Record{Key: key, Values: core.Values{}, ExpireDate: time.Now().Add(time.Hour)}.WithCodec(payload{})
			}
			steps := []struct {
				run  func() error
				want error
			}{
				{func() error { _, err := store.Create(ctx, rec(key)); return err }, nil},
				{func() error { _, err := store.Create(ctx, rec(other)); return err }, nil},
				{func() error { _, err := store.Create(ctx, rec(key)); return err }, core.ErrExists},
				{func() error { _, err := store.Load(ctx, key); return err }, nil},
				{func() error { _, err := store.Update(ctx, rec(key)); return err }, nil},
				{func() error { _, err := store.Rotate(ctx, key, rec(other)); return err }, core.ErrExists},
				{func() error { _, err := store.Delete(ctx, key); return err }, nil},
			}
			for i, s := range steps {
				if err := s.run(); !errors.Is(err, s.want) {
					t.Fatalf("step %d: got error %v, want %v", i, err, s.want)
				}
			}

			ended := spans.Ended()[before:]
			if len(ended) < len(steps) {
				t.Errorf("got %d spans, want one for each of %d statements", len(ended), len(steps))
			}
			for _, span := range ended {
				text := fmt.Sprintf("%v %v %+v", span.Attributes(), span.Status(), span.Events())
				for _, secret := range []string{key, other, string(payloadText)} {
					if strings.Contains(text, secret) {
						t.Errorf("a span has the text %q in it: %s", secret, text)
					}
				}
				if !strings.Contains(text, "session_key") {
					t.Errorf("the span has no statement in it: %s", text)
				}
			}
		})
	}
}

const payloadText = "payload-of-the-session"

// payload is a codec whose text is easy to find.
type payload struct{}

func (payload) Encode(core.Values) (string, error) { return payloadText, nil }
func (payload) Decode(string) (core.Values, error) { return core.Values{}, nil }
