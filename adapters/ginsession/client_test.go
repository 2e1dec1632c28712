package ginsession_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
)

// The client's address is what Gin says, also by what is Gin's own; for proxies that it
// trusts see option/trusted-proxy of adaptertest.
func TestClientIP(t *testing.T) {
	t.Parallel()
	forwarded := http.Header{"X-Forwarded-For": {"203.0.113.7"}}
	platform := func(r *gin.Engine) { r.TrustedPlatform = gin.PlatformCloudflare }
	tests := []struct {
		name   string
		setup  func(*gin.Engine)
		remote string
		header http.Header
		want   string
	}{
		{"Gin's default believes everybody", func(*gin.Engine) {}, "198.51.100.7:1", forwarded, "203.0.113.7"},
		{"a platform's header", platform, "10.0.0.1:1", http.Header{"Cf-Connecting-Ip": {"203.0.113.8"}}, "203.0.113.8"},
		{"junk in a platform's header", platform, "10.0.0.1:1", http.Header{"Cf-Connecting-Ip": {"<script>"}}, "invalid IP"},
		{"IPv6 with a zone", func(*gin.Engine) {}, "[fe80::1%eth0]:1", nil, "fe80::1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := gin.New()
			tt.setup(r)
			r.Use(ginsession.Middleware(newManager(t)))
			r.GET("/", func(c *gin.Context) {
				client, _ := core.ClientInfoFrom(c.Request.Context())
				c.String(http.StatusOK, "%s", client.IP)
			})
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.RemoteAddr = tt.remote
			for name, values := range tt.header {
				req.Header[name] = values
			}
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			if got := w.Body.String(); got != tt.want {
				t.Errorf("the client's address: got %s, want %s", got, tt.want)
			}
		})
	}
}
