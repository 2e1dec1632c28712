package browsertest

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/exampletest"
)

// Tour walks through the page with the panel as a visitor whose browser runs no
// scripts. DJINN_SCREENSHOTS names a directory for pictures.
func Tour(t *testing.T, name string, build exampletest.Build) {
	b := newBrowser(t, name, exampletest.Start(t, build, nil))
	b.panel = true
	b.walk()
	b.untouched()
}

// Shop is the same for a page without the panel.
func Shop(t *testing.T, name string, routes func(*core.Manager) http.Handler) {
	newBrowser(t, name, exampletest.StartShop(t, routes)).walk()
}

func (b *browser) walk() {
	b.visits()
	b.cart()
	b.login()
	b.remember()
	b.appearance()
	b.logout()
	b.elsewhere()
}

const (
	current  = ".request:not(.previous)"
	previous = ".request.previous"
)

func (b *browser) visits() {
	if got := b.open("/"); got != http.StatusOK {
		b.t.Fatalf("the page answers %d, want 200", got)
	}
	b.want("h1", "Hello, stranger")
	b.want(".visits", "1")
	b.wantPanel(current, "Without a session cookie", "there is nothing to load", "The session is created", "INSERT",
		"Set-Cookie: sessionid=", "Max-Age=1209600")
	b.wantPanel(current+" .compare", "not loaded", "count")
	b.shot("1-first-visit")
	b.open("/")
	b.open("/")
	b.want(".visits", "3")
	b.want(".hero", "You have been here 3 times")
	b.wantPanel(current, "With the cookie sessionid=", "the session is loaded", "SELECT", "The session is saved", "UPDATE")
	b.wantPanel(current+" .count", "2 statements")
	b.shot("2-third-visit")
}

func (b *browser) cart() {
	const lamp = `.goods li:nth-child(1) button`
	b.click(lamp + `[value=add]`)
	b.click(lamp + `[value=add]`)
	b.click(`.goods li:nth-child(3) button[value=add]`)
	b.want(".badge", "3")
	b.want(".total", "62.50")
	b.wantPanel(previous, "POST", "/cart", "The session is saved")
	b.click(lamp + `[value=remove]`)
	b.want(".badge", "2")
	b.shot("3-cart")
}

func (b *browser) login() {
	b.do("type a name", chromedp.SendKeys(chromedp.ID("user"), "Scheherazade"))
	b.click(`form[action="/login"] button`)
	b.want("h1", "Welcome back, Scheherazade")
	b.want(".badge", "2") // the cart came along
	b.wantPanel(previous, "/login", "The session gets a new key")
	b.shot("4-logged-in")
}

func (b *browser) remember() {
	b.do("choose", chromedp.Click(chromedp.CSS(`input[value=browser]`)))
	b.click(`form[action="/remember"] button`)
	if got := b.number(`document.querySelector("input[value=browser]").checked ? 1 : 0`); got != 1 {
		b.t.Error("the choice to be remembered until the browser closes is not kept")
	}
}

// appearance checks what changes with the visitor's preferences.
func (b *browser) appearance() {
	const brightness = `getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).reduce((a, n) => a + +n, 0)`
	light := b.number(brightness)
	b.look("dark", 1280, 900)
	if dark := b.number(brightness); dark >= light/2 {
		b.t.Errorf("the background's brightness is %v in dark mode and %v in light mode, want it much darker", dark, light)
	}
	b.open("/")
	b.shot("5-dark")
	for _, scheme := range []string{"dark", "light"} {
		b.look(scheme, 360, 740)
		b.open("/")
		if got := b.number(`document.documentElement.scrollWidth`); got > 360 {
			b.t.Errorf("on a phone of 360 pixels the page is %v wide, want no sideways scrolling", got)
		}
		b.shot("6-phone-" + scheme)
	}
	b.look("light", 1280, 900)
}

func (b *browser) logout() {
	b.open("/")
	b.click(`form[action="/logout"] button`)
	b.want("h1", "Hello, stranger")
	b.want(".visits", "1")
	b.wantPanel(previous, "/logout", "The handler ends the session", "The record is deleted", "Max-Age=0")
	b.shot("7-logged-out")
}

// wantPanel is want for the panel, where there is one.
func (b *browser) wantPanel(selector string, texts ...string) {
	b.t.Helper()
	if b.panel {
		b.want(selector, texts...)
	}
}

func (b *browser) untouched() {
	b.open("/untouched")
	b.want(current, "The handler does not use the session", "not loaded", "not accessed", "0 statements")
	b.shot("8-untouched")
}

func (b *browser) elsewhere() {
	if got := b.open("/no-such-page"); got != http.StatusNotFound {
		b.t.Errorf("an unknown page answers %d, want 404", got)
	}
	b.want("h1", "There is no such page")
	b.shot("9-error")
}
