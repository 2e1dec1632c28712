package core

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// EventKind says what happened to a session. Each kind means one thing, so that a
// metric can count it without reading [Event.Reason].
type EventKind int

// What [Config.Observer] and the log are told. The log has EventFailed at level error,
// what somebody should look at as a warning, EventCleared and EventEnded at info, and
// the rest at debug.
const (
	// EventLoaded: the store was asked for a session. Err is ErrNotFound when
	// there was none.
	EventLoaded EventKind = iota + 1
	// EventSaved: the store wrote; Op says how.
	EventSaved
	// EventConflict: another request wrote first; this one tries again.
	EventConflict
	// EventCleared: Count expired sessions were removed.
	EventCleared
	// EventEnded: the session ended in a concurrent request before this one could
	// extend it. Nothing is lost.
	EventEnded
	// EventUndecodable: a record could not be decoded; the visitor is anonymous and
	// the record stays as it is.
	EventUndecodable
	// EventInterrupted: the session ended in a concurrent request while this one
	// changed it; the change is dropped, the answer is [ErrInterrupted].
	EventInterrupted
	// EventRefused: the store refused to save the session; Err, of kind
	// [ErrRefused], says why.
	EventRefused
	// EventAmbiguousCookie: the cookie came twice with different values, so that the
	// visitor is anonymous.
	EventAmbiguousCookie
	// EventTypeMismatch: an item holds something else than was asked for; Err is a
	// [TypeError].
	EventTypeMismatch
	// EventChangesDropped: changes are not saved because the session had failed, the
	// response is an error, or nobody answered the request.
	EventChangesDropped
	// EventLateChange: a change after the response had begun is lost, because the
	// cookie it needs could not be sent any more, or because saving it failed.
	EventLateChange
	// EventLateRead: the session was first used after the response had begun, too
	// late for Vary: Cookie.
	EventLateRead
	// EventUseAfterEnd: the session was used after its request had ended; what was
	// to be changed is not.
	EventUseAfterEnd
	// EventCleanupFailed: what an operation had to clear up could not be; the
	// operation itself was done.
	EventCleanupFailed
	// EventFailed: the store or the encoder failed with Err.
	EventFailed
)

var eventNames = [...]string{
	"unknown", "loaded", "saved", "conflict", "cleared", "ended", "undecodable", "interrupted", "refused",
	"ambiguous_cookie", "type_mismatch", "changes_dropped", "late_change", "late_read", "use_after_end",
	"cleanup_failed", "failed",
}

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
	// Op is the store's operation; empty where no store was asked.
	Op Op
	// Reason explains the event in a sentence and says what can be done; empty where
	// there is nothing to do. Its wording is not part of the contract.
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
	case EventLoaded, EventSaved, EventConflict:
		return slog.LevelDebug
	case EventCleared, EventEnded:
		return slog.LevelInfo
	default:
		return slog.LevelWarn
	}
}

// reporter tells log and observer. It knows no Manager and no Session.
type reporter struct {
	logger   *slog.Logger
	observer func(ctx context.Context, e Event)
}

// report tells both. Neither may use the session: its lock is held.
func (r *reporter) report(ctx context.Context, e Event) {
	if level := e.level(); r.logger.Enabled(ctx, level) {
		attrs := make([]slog.Attr, 0, 5)
		if e.Op != "" {
			attrs = append(attrs, slog.String("op", string(e.Op)))
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
		r.logger.LogAttrs(ctx, level, "djinn: session "+e.Kind.String(), attrs...)
	}
	if r.observer != nil {
		r.observer(ctx, e)
	}
}
