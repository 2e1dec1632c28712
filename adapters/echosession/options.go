package echosession

import "github.com/labstack/echo/v4"

// Option is a setting of [Middleware].
type Option func(*config)

// WithSkipper leaves out requests for which skip returns true: they have no
// session, and [From] panics. It is rarely needed, because a session that is not
// used costs nothing. It takes Echo's middleware.Skipper as well. Defaults to none.
func WithSkipper(skip func(c echo.Context) bool) Option {
	return func(cfg *config) { cfg.skipper = skip }
}

// WithErrorHandler answers requests whose session could not be loaded or saved, in
// the place of Echo's HTTPErrorHandler; [core.StatusCode] tells the status that err
// stands for. Nothing has been written and the headers are as they were when the
// request came in. The outer middleware sees no error. Defaults to the Manager's
// Config.ErrorHandler, and without that to Echo's way as the package comment tells.
func WithErrorHandler(answer echo.HTTPErrorHandler) Option {
	return func(cfg *config) { cfg.answer = answer }
}

type config struct {
	skipper func(c echo.Context) bool
	answer  echo.HTTPErrorHandler
}

func newConfig(opts []Option) *config {
	cfg := new(config)
	for _, opt := range opts {
		opt(cfg)
	}
	return cfg
}

func (cfg *config) skip(c echo.Context) bool { return cfg.skipper != nil && cfg.skipper(c) }
