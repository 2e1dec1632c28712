package ginsession_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// The client's address is what Gin says, whom it was told to trust, unless the
// program knows better.
func TestClientIP(t *testing.T) {
	t.Parallel()
	forwarded := http.Header{"X-Forwarded-For": {"203.0.113.7"}}
	trust := func(proxies ...string) func(*gin.Engine) {
		return func(r *gin.Engine) {
			if err := r.SetTrustedProxies(proxies); err != nil {
				t.Error(err)
			}
		}
	}
	platform := func(r *gin.Engine) { r.TrustedPlatform = gin.PlatformCloudflare }
	tests := []struct {
		name   string
		setup  func(*gin.Engine)
		remote string
		header http.Header
		config func(*http.Request) string
		want   string
	}{
		{"no header", trust("10.0.0.0/8"), "10.0.0.1:1", nil, nil, "10.0.0.1"},
		{"a trusted proxy", trust("10.0.0.0/8"), "10.0.0.1:1", forwarded, nil, "203.0.113.7"},
		{"forged", trust("10.0.0.0/8"), "198.51.100.7:1", forwarded, nil, "198.51.100.7"},
		{"forged, nobody is trusted", trust(), "10.0.0.1:1", forwarded, nil, "10.0.0.1"},
		{"forged in front of the proxy's own", trust("10.0.0.0/8"), "10.0.0.1:1",
			http.Header{"X-Forwarded-For": {"203.0.113.7, 198.51.100.7"}}, nil, "198.51.100.7"},
		{"Gin's default believes everybody", func(*gin.Engine) {}, "198.51.100.7:1", forwarded, nil, "203.0.113.7"},
		{"a platform's header", platform, "10.0.0.1:1", http.Header{"Cf-Connecting-Ip": {"203.0.113.8"}}, nil, "203.0.113.8"},
		{"junk in a platform's header", platform, "10.0.0.1:1", http.Header{"Cf-Connecting-Ip": {"<script>"}}, nil, "invalid IP"},
		{"a unix socket", trust(), "@", nil, nil, "invalid IP"},
		{"IPv6 with a zone", trust(), "[fe80::1%eth0]:1", nil, nil, "fe80::1"},
		{"Config.ClientIP wins", trust("10.0.0.0/8"), "10.0.0.1:1", forwarded, func(*http.Request) string { return "192.0.2.9" }, "192.0.2.9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := core.New(must(memstore.New()), core.Config{SecretKey: "secret", ClientIP: tt.config})
			if err != nil {
				t.Fatal(err)
			}
			r := gin.New()
			tt.setup(r)
			r.Use(ginsession.Middleware(m))
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
