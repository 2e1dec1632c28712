package echosession_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/djinn-go/djinn/adapters/echosession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// The client's address is what Echo says, whom it was told to trust, unless the
// program knows better.
func TestClientIP(t *testing.T) {
	t.Parallel()
	_, proxies, err := net.ParseCIDR("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	trusted := echo.ExtractIPFromXFFHeader(echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false), echo.TrustIPRange(proxies))
	forwarded := http.Header{"X-Forwarded-For": {"203.0.113.7"}}
	tests := []struct {
		name      string
		extractor echo.IPExtractor
		remote    string
		header    http.Header
		config    func(*http.Request) string
		want      string
	}{
		{"no header", trusted, "10.0.0.1:1", nil, nil, "10.0.0.1"},
		{"a trusted proxy", trusted, "10.0.0.1:1", forwarded, nil, "203.0.113.7"},
		{"forged", trusted, "198.51.100.7:1", forwarded, nil, "198.51.100.7"},
		{"forged, nobody is trusted", echo.ExtractIPDirect(), "10.0.0.1:1", forwarded, nil, "10.0.0.1"},
		{"forged in front of the proxy's own", trusted, "10.0.0.1:1",
			http.Header{"X-Forwarded-For": {"203.0.113.7, 198.51.100.7"}}, nil, "198.51.100.7"},
		{"without IPExtractor, no header", nil, "198.51.100.7:1", nil, nil, "198.51.100.7"},
		{"without IPExtractor Echo believes everybody", nil, "198.51.100.7:1", forwarded, nil, "203.0.113.7"},
		{"without IPExtractor, junk", nil, "198.51.100.7:1", http.Header{"X-Forwarded-For": {"<script>"}}, nil, "invalid IP"},
		{"a unix socket", echo.ExtractIPDirect(), "@", nil, nil, "invalid IP"},
		{"IPv6", echo.ExtractIPDirect(), "[2001:db8::1]:1", nil, nil, "2001:db8::1"},
		{"Config.ClientIP wins", trusted, "10.0.0.1:1", forwarded, func(*http.Request) string { return "192.0.2.9" }, "192.0.2.9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := core.New(must(memstore.New()), core.Config{SecretKey: "secret", ClientIP: tt.config})
			if err != nil {
				t.Fatal(err)
			}
			e := echo.New()
			e.IPExtractor = tt.extractor
			e.Use(echosession.Middleware(m))
			e.GET("/", func(c echo.Context) error {
				client, _ := core.ClientInfoFrom(c.Request().Context())
				return c.String(http.StatusOK, client.IP.String())
			})
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.RemoteAddr = tt.remote
			for name, values := range tt.header {
				req.Header[name] = values
			}
			w := httptest.NewRecorder()
			e.ServeHTTP(w, req)
			if got := w.Body.String(); got != tt.want {
				t.Errorf("the client's address: got %s, want %s", got, tt.want)
			}
		})
	}
}
