// Package page is what the examples look like: one page with a visit counter, a
// log-in form and a cart, and a panel that shows what the session did in this
// request. It is rendered on the server, fetches nothing, and needs no JavaScript.
package page

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/shop"
	"github.com/djinn-go/djinn/examples/internal/trace"
)

//go:embed templates
var files embed.FS

// Templates holds shop.html, for a [Shop], home.html and untouched.html, for a [View],
// and error.html, for a [Problem].
var Templates = template.Must(template.New("").Funcs(template.FuncMap{
	"style": func() (template.CSS, error) {
		css, err := files.ReadFile("templates/style.css")
		return template.CSS(css), err
	},
	"euro": func(cents int) string { return fmt.Sprintf("€ %d.%02d", cents/100, cents%100) },
}).ParseFS(files, "templates/*.html"))

// Shop is what the page of a shop shows.
type Shop struct {
	// Framework is the name to show.
	Framework string
	Visits    int
	User      string
	Cart      shop.Cart
	// Remember: the session outlives the browser.
	Remember bool
}

// Items is what there is to buy.
func (s Shop) Items() []shop.Item { return shop.Items }

// Lead is what stands under the number of visits.
func (s Shop) Lead() string { return "The number lives in your session, in the database." }

// More is the path of a page that not every program has.
func (s Shop) More() string { return "" }

// InCookie reports whether the cookie is the session, and the server keeps nothing.
func (s Shop) InCookie() bool { return false }

// View is a [Shop] with a panel that explains the request. A handler makes one with
// [New] before it uses the session, and fills in the fields.
type View struct {
	Shop

	session *core.Session
	trace   *trace.Trace
	before  *Panel
}

// New begins a page for a request. It looks at the session's flags, for the
// panel, and loads nothing.
func New(framework string, r *http.Request) *View {
	v := &View{Shop: Shop{Framework: framework}, trace: trace.From(r.Context())}
	if s, ok := core.FromContext(r.Context()); ok {
		v.session = s
		v.trace.Watch(s)
	}
	if snap, ok := trace.Take(r.Context(), r.URL.Query().Get("after")); ok {
		p := newPanel(snap)
		v.before = &p
	}
	return v
}

// Lead is what stands under the number of visits.
func (v *View) Lead() string {
	return "The number lives in your session; the panel below shows how it got there."
}

// More is the page that does not use the session.
func (v *View) More() string { return "/untouched" }

// Panel is what the session has done so far. The template asks for it at the end
// of the page: if it writes straight to the response, the session has been saved
// by then.
func (v *View) Panel() Panel {
	p := newPanel(v.trace.Snapshot())
	if v.session != nil && v.session.Accessed() { // looking at items would load them
		for name, text := range v.session.Values().Texts() {
			p.Items = append(p.Items, Item{name, text})
		}
	}
	return p
}

// Engine is where the sessions live, under its name in SESSION_ENGINE.
func (v *View) Engine() string { return v.trace.Snapshot().Engine }

// InCookie reports whether the cookie is the session, and the server keeps nothing.
func (v *View) InCookie() bool { return v.Engine() == signedCookies }

// Log is what the panel knows from below the engine.
func (v *View) Log() string { return wordsOf(v.Engine()).log }

// Previous is what the session did in the request that led here by a redirect, or
// nil.
func (v *View) Previous() *Panel { return v.before }

// Back is where a form's handler sends the browser: to the page, which shows what
// the session did in the form's request too.
func Back(r *http.Request) string {
	t := trace.From(r.Context())
	if s, ok := core.FromContext(r.Context()); ok {
		t.Watch(s)
	}
	return "/?" + url.Values{"after": {t.Link()}}.Encode()
}

// WantsJSON tells a script from a browser.
func WantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}
