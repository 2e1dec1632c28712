package chisession

import "net/http"

// Option is a setting of [Middleware].
type Option func(*config)

// WithSkipper leaves out requests for which skip returns true: they have no
// session, and [From] panics. It is rarely needed, because a session that is not
// used costs nothing. Defaults to none.
func WithSkipper(skip func(r *http.Request) bool) Option {
	return func(cfg *config) { cfg.skipper = skip }
}

// WithErrorHandler answers requests whose session could not be loaded or saved;
// [core.StatusCode] tells the status that err stands for. Nothing has been written
// and the headers are as they were when the request came in. Defaults to the Manager's Config.ErrorHandler, and
// without that to a short plain text.
func WithErrorHandler(answer func(w http.ResponseWriter, r *http.Request, err error)) Option {
	return func(cfg *config) { cfg.answer = answer }
}

type config struct {
	skipper func(r *http.Request) bool
	answer  func(w http.ResponseWriter, r *http.Request, err error)
}
