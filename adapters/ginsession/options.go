package ginsession

import "github.com/gin-gonic/gin"

// Option is a setting of [Middleware].
type Option func(*config)

// WithSkipper leaves out requests for which skip returns true: they have no
// session, and [From] panics. It is rarely needed, because a session that is not
// used costs nothing. Defaults to none.
func WithSkipper(skip func(c *gin.Context) bool) Option {
	return func(cfg *config) { cfg.skipper = skip }
}

// WithErrorHandler answers requests whose session could not be loaded or saved;
// [core.StatusCode] tells the status that err stands for. Nothing has been written
// and the headers are as they were when the request came in; the chain is aborted
// and c.Errors does not get the error. Defaults to the Manager's
// Config.ErrorHandler, and without that to Gin's way as the package comment tells.
func WithErrorHandler(answer func(c *gin.Context, err error)) Option {
	return func(cfg *config) { cfg.answer = answer }
}

type config struct {
	skipper func(c *gin.Context) bool
	answer  func(c *gin.Context, err error)
}

func newConfig(opts []Option) *config {
	cfg := new(config)
	for _, opt := range opts {
		opt(cfg)
	}
	return cfg
}

func (cfg *config) skip(c *gin.Context) bool { return cfg.skipper != nil && cfg.skipper(c) }
