package interop

import (
	"strings"
	"testing"
)

// TestDatesThatDjangoCannotTake shows that notes c and d say what is so.
func TestDatesThatDjangoCannotTake(t *testing.T) {
	for _, r := range releases(t) {
		t.Run("Django "+r.version, func(t *testing.T) {
			t.Parallel()
			p := openPlace(t, r, onSQLite, false, "UTC")
			fails := func(what string, b *browser, e edit, want bool) {
				t.Helper()
				request := p.django.(*djangoSite).request(b, "edit", e)
				got := p.process.try(t, "visit", request, nil)
				if strings.HasPrefix(got, "TypeError") != want {
					t.Errorf("%s: exception %q, want a TypeError: %t", what, got, want)
				}
			}
			fails("a date of Django's own", &browser{}, edit{Date: 3600}, !r.atLeast(4, 1))
			fails("a date of Go's, USE_TZ = False", visitor(t, p.golang, edit{Date: 3600}), edit{Set: `{"n":1}`}, true)
		})
	}
}
