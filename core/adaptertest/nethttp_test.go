package adaptertest_test

import (
	"net/http"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/adaptertest"
)

// mount is the shape of net/http middleware here.
type mount = func(*core.Manager, func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler

// Manager.Handler keeps every law.
func TestNetHTTP(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, netHTTP(func(m *core.Manager, _ func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler {
		return m.Handler
	}))
}

func netHTTP(mw mount) adaptertest.Framework {
	fw := adaptertest.NetHTTP("net/http", mw)
	fw.Waived = map[string]string{
		"fault/on-error": "net/http has no error pages; Config.ErrorHandler is fault/error-handler",
	}
	return fw
}
