package echosession_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/djinn-go/djinn/adapters/echosession"
	"github.com/djinn-go/djinn/core"
)

// Without an IPExtractor the client's address is what Echo makes of the headers, which
// is to believe nobody, since 4.16.3. With one, see option/trusted-proxy of adaptertest.
func TestClientIPWithoutExtractor(t *testing.T) {
	t.Parallel()
	e := echo.New()
	e.Use(echosession.Middleware(newManager(t)))
	e.GET("/", func(c echo.Context) error {
		client, _ := core.ClientInfoFrom(c.Request().Context())
		return c.String(http.StatusOK, client.IP.String())
	})
	for forwarded, want := range map[string]string{"": "198.51.100.7", "203.0.113.7": "198.51.100.7", "<script>": "198.51.100.7"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "198.51.100.7:1"
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if got := w.Body.String(); got != want {
			t.Errorf("X-Forwarded-For %q: got the address %s, want %s", forwarded, got, want)
		}
	}
}
