package browsertest

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/djinn-go/djinn/examples/internal/exampletest"
)

// User-Agent headers of browsers on a laptop, a phone and an old desktop.
const (
	chromeLinux  = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36"
	firefoxPhone = "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0"
	edgeWindows  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36 Edg/128.0.0.0"
)

// Devices signs in to the page "Your devices" in three browsers at once that run no
// scripts and share no cookies, and signs them out from the first.
func Devices(t *testing.T, build exampletest.Build) {
	base, db := exampletest.StartDevices(t, build)
	laptop := newBrowser(t, "devices", base)
	laptop.pretend(chromeLinux)
	phone, desktop := laptop.another("devices-phone", firefoxPhone), laptop.another("devices-desktop", edgeWindows)
	phone.look("light", 360, 740)

	laptop.open("/")
	laptop.want("h1", "Sign in")
	laptop.shot("01-sign-in")
	laptop.typeLogin("open, sesame?")
	laptop.want(".wrong", "do not match")
	laptop.shot("02-wrong-password")
	for _, b := range []*browser{laptop, phone, desktop} {
		b.signIn()
	}
	exampletest.SeenBefore(t, db, edgeWindows, 26*time.Hour)
	exampletest.SeenBefore(t, db, firefoxPhone, 12*time.Minute+time.Second)
	laptop.open("/")
	laptop.want(".lead", "open in 3 browsers")
	laptop.want(".current", "Chrome on Linux", "This browser", "now")
	laptop.want(".devices", "Firefox on Android", "Edge on Windows", "127.0.0.1", "12 minutes ago", "1 day ago")
	laptop.shot("03-three-browsers")
	phone.open("/")
	phone.want(".current", "Firefox on Android")
	phone.shot("03-list")
	laptop.appearances()

	laptop.signOutOne(phone)
	laptop.signOutOthers(phone, desktop)
	laptop.changePassword(phone)
}

// signOutOne signs the phone out at the laptop, and looks at both.
func (b *browser) signOutOne(phone *browser) {
	b.click(`button[aria-label^="Sign out Firefox on Android"]`)
	b.want(".notice", "Firefox on Android was signed out.")
	b.want(".lead", "open in 2 browsers")
	b.shot("04-signed-out-one")
	phone.click(`form[action="/devices/sign-out-others"] button`) // its page still shows the button
	phone.wantSignedOut()
	phone.shot("04-was-signed-out")
	b.open("/")
	b.want(".lead", "open in 2 browsers") // the click came too late
}

// signOutOthers leaves this browser alone.
func (b *browser) signOutOthers(phone, desktop *browser) {
	phone.signIn()
	b.open("/")
	b.want(".lead", "open in 3 browsers")
	b.click(`form[action="/devices/sign-out-others"] button`)
	b.want(".notice", "All other browsers are signed out.")
	b.want(".lead", "nowhere else")
	b.shot("05-nowhere-else")
	phone.open("/")
	phone.wantSignedOut()
	desktop.open("/")
	desktop.wantSignedOut()
	desktop.shot("05-was-signed-out")
}

// changePassword does so, after a mistake, and signs out.
func (b *browser) changePassword(phone *browser) {
	phone.signIn()
	b.open("/")
	for _, old := range []string{"open, sesame?", "open-sesame"} {
		b.do("fill in the passwords", chromedp.SendKeys(chromedp.ID("old"), old), chromedp.SendKeys(chromedp.ID("new"), "sesame, open wide!"))
		b.click(`form[action="/password"] button`)
		if old != "open-sesame" {
			b.want(".wrong", "not your current password")
			b.shot("06-wrong-password")
		}
	}
	b.want(".notice", "Your password is changed")
	phone.open("/")
	phone.wantSignedOut()
	if got := b.open("/no/such/page"); got != http.StatusNotFound {
		b.t.Errorf("an unknown page answers %d, want 404", got)
	}
	b.shot("07-problem")
	b.open("/")
	b.click(`form[action="/logout"] button`)
	b.want(".notice", "You have signed out.")
	b.shot("08-left")
}

// appearances checks the list in the dark, and on a narrow phone.
func (b *browser) appearances() {
	for _, a := range []struct {
		scheme        string
		width, height int64
	}{{"dark", 1280, 900}, {"dark", 360, 740}, {"light", 320, 740}} {
		b.look(a.scheme, a.width, a.height)
		b.open("/")
		if got := b.number(brightness); (got < 200) != (a.scheme == "dark") {
			b.t.Errorf("%s: the background's brightness is %v of 765", a.scheme, got)
		}
		if got := b.number(`document.documentElement.scrollWidth`); got > float64(a.width) {
			b.t.Errorf("in a window of %d pixels the page is %v wide, want no sideways scrolling", a.width, got)
		}
		name := "03-" + a.scheme
		if a.width < 1000 {
			name += "-narrow"
		}
		b.shot(name)
	}
	b.look("light", 1280, 900)
	b.open("/")
}

// another opens a window that shares nothing with b's but the program.
func (b *browser) another(name, agent string) *browser {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.t.Cleanup(cancel)
	other := &browser{t: b.t, ctx: ctx, base: b.base, name: name, shots: b.shots}
	other.begin()
	other.pretend(agent)
	return other
}

// pretend sends another User-Agent header from now on.
func (b *browser) pretend(agent string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent}); err != nil {
		b.t.Fatalf("User-Agent: %v", err)
	}
}

// signIn opens the page and fills in its form.
func (b *browser) signIn() {
	b.t.Helper()
	b.open("/")
	b.typeLogin("open-sesame")
	b.want("h1", "Your devices")
}

func (b *browser) typeLogin(password string) {
	b.t.Helper()
	b.do("empty the form", chromedp.Clear(chromedp.ID("username")))
	b.do("fill in the form", chromedp.SendKeys(chromedp.ID("username"), "aladdin"), chromedp.SendKeys(chromedp.ID("password"), password))
	b.click("main form button")
}

// wantSignedOut checks what a browser sees that was signed out elsewhere.
func (b *browser) wantSignedOut() {
	b.t.Helper()
	b.want(".notice", "You were signed out.")
	b.want("h1", "Sign in")
}
