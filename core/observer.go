package core

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// EventKind says what happened to a session.
type EventKind int

// What [Config.Observer] and the log are told.
const (
	// EventLoaded: the store was asked for a session. Err is ErrNotFound when
	// there was none.
	EventLoaded EventKind = iota + 1
	// EventSaved: the store wrote; Op says how.
	EventSaved
	// EventConflict: another request wrote first; this one tries again.
	EventConflict
	// EventUndecodable: a record could not be decoded; the visitor is anonymous.
	EventUndecodable
	// EventRejected: something was refused; Reason says what and what to do.
	EventRejected
	// EventCleared: Count expired sessions were removed.
	EventCleared
	// EventFailed: the store or the encoder failed with Err.
	EventFailed
)

var eventNames = [...]string{"unknown", "loaded", "saved", "conflict", "healed", "rejected", "cleared", "failed"}

// String returns the kind in lower case, fit for a metric's label.
func (k EventKind) String() string {
	if k < 0 || int(k) >= len(eventNames) {
		k = 0
	}
	return eventNames[k]
}

// Event is what happened. It holds no key, cookie or item.
type Event struct {
	Kind EventKind
	// Op is the store's operation: load, create, update, touch, rotate, delete,
	// clear. Empty where no store was asked.
	Op string
	// Reason explains EventRejected and EventUndecodable in a sentence.
	Reason string
	// Count is the number of sessions cleared.
	Count int64
	// Duration is how long the store took.
	Duration time.Duration
	// Err is the error, if there was one.
	Err error
}

// level is how loud an event is in the log.
func (e Event) level() slog.Level {
	switch e.Kind {
	case EventFailed:
		if errors.Is(e.Err, context.Canceled) {
			return slog.LevelDebug // the client went away
		}
		return slog.LevelError
	case EventUndecodable, EventRejected:
		return slog.LevelWarn
	case EventCleared:
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}

// report tells log and observer.
func (m *Manager) report(ctx context.Context, e Event) {
	if level := e.level(); m.cfg.Logger.Enabled(ctx, level) {
		attrs := make([]slog.Attr, 0, 5)
		if e.Op != "" {
			attrs = append(attrs, slog.String("op", e.Op))
		}
		if e.Reason != "" {
			attrs = append(attrs, slog.String("reason", e.Reason))
		}
		if e.Kind == EventCleared {
			attrs = append(attrs, slog.Int64("count", e.Count))
		}
		if e.Duration != 0 {
			attrs = append(attrs, slog.Duration("duration", e.Duration))
		}
		if e.Err != nil {
			attrs = append(attrs, slog.Any("err", e.Err))
		}
		m.cfg.Logger.LogAttrs(ctx, level, "djinn: session "+e.Kind.String(), attrs...)
	}
	if m.cfg.Observer != nil {
		m.cfg.Observer(ctx, e)
	}
}

// reject reports something that was refused.
func (m *Manager) reject(ctx context.Context, reason string, err error) {
	m.report(ctx, Event{Kind: EventRejected, Reason: reason, Err: err})
}
