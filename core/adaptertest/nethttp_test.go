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
	adaptertest.Run(t, netHTTP(func(m *core.Manager, onError func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return m.HandlerWith(next, core.HandlerOptions{ErrorHandler: onError})
		}
	}))
}

func netHTTP(mw mount) adaptertest.Framework {
	fw := adaptertest.NetHTTP("net/http", mw)
	fw.Waived = map[string]string{
		"option/trusted-proxy": "net/http knows no proxies; Config.ClientIP is client/config",
	}
	return fw
}
