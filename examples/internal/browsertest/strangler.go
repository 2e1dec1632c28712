package browsertest

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/djinn-go/djinn/examples/internal/exampletest"
)

// Strangler clicks through the example that has a Django site behind it, as its
// README says to, in a browser that runs no scripts.
func Strangler(t *testing.T) {
	b := newBrowser(t, "strangler", exampletest.StartStrangler(t))
	b.stranger()
	b.knownToBoth()
	b.changesBothWays()
	b.strangerToBoth()
	b.goLogsIn()
	b.siteAppearance()
	b.djangoLogsOut()
}

// stranger looks around without logging in.
func (b *browser) stranger() {
	if got := b.open("/"); got != http.StatusOK {
		b.t.Fatalf("the page answers %d, want 200", got)
	}
	b.want("h1", "Hello, stranger")
	b.want(".by", "Rendered by Go")
	b.shot("1-stranger")
	b.click(`a[href="/accounts/login/"]`)
	b.want(".by", "Rendered by Django")
	b.want("h1", "Log in")
}

// knownToBoth logs in on Django's page and is greeted by Go's.
func (b *browser) knownToBoth() {
	b.do("fill in a wrong password", chromedp.SendKeys(chromedp.ID("id_username"), "aladdin"), chromedp.SendKeys(chromedp.ID("id_password"), "abu"))
	b.click("main button")
	b.want(".wrong", "do not match")
	b.shot("2-django-login")
	b.do("fill in the right one", chromedp.SendKeys(chromedp.ID("id_password"), "open-sesame"))
	b.click("main button")
	b.want(".by", "Rendered by Go")
	b.want("h1", "Welcome back, Aladdin")
	b.want(".items", "_auth_user_id", `"1"`, "_auth_user_hash", "••••")
}

// changesBothWays changes items on either side and sees them on the other.
func (b *browser) changesBothWays() {
	b.click(`form[action="/go/count"] button`)
	b.click(`form[action="/go/count"] button`)
	b.do("type a nickname", chromedp.SendKeys(chromedp.ID("nickname"), "Prince Ali"))
	b.click(`form[action="/go/nickname"] button`)
	b.want("#go", "2")
	b.click(`.cards a[href="/counter/"]`)
	b.want(".by", "Rendered by Django")
	b.want("#go", "2")
	b.click("main button")
	b.want("#django", "1")
	b.want(".items", "go_count", "django_count", "Prince Ali")
	b.shot("3-django-counter")
	b.open("/profile/")
	b.want("h1", "Aladdin", "called Prince Ali")
	b.shot("4-django-profile")
	b.open("/")
	b.want("#django", "1")
	b.shot("5-go-home")
}

// strangerToBoth logs out in Go and is anonymous in Django.
func (b *browser) strangerToBoth() {
	b.click(`form[action="/go/logout"] button`)
	b.want("h1", "Hello, stranger")
	b.open("/counter/")
	b.want(".by", "Rendered by Django")
	b.want(".eyebrow", "Nobody is logged in")
	b.shot("6-django-logged-out")
	b.open("/profile/")
	b.want("h1", "Log in")
}

// goLogsIn logs in on Go's page and is known on Django's.
func (b *browser) goLogsIn() {
	b.click(`a[href="/go/login"]`)
	b.want(".by", "Rendered by Go")
	b.shot("7-go-login")
	b.do("fill in the form", chromedp.SendKeys(chromedp.ID("username"), "aladdin"), chromedp.SendKeys(chromedp.ID("password"), "open-sesame"))
	b.click("main button")
	b.want("h1", "Welcome back, Aladdin")
	b.open("/profile/")
	b.want(".by", "Rendered by Django")
	b.want(".eyebrow", "Profile of aladdin")
}

// djangoLogsOut logs out in Django and is anonymous in Go.
func (b *browser) djangoLogsOut() {
	b.open("/profile/")
	b.click(`form[action="/accounts/logout/"] button`)
	b.want(".by", "Rendered by Go")
	b.want("h1", "Hello, stranger")
}

// siteAppearance checks every page in the dark, and on a narrow phone.
func (b *browser) siteAppearance() {
	pages := map[string]string{
		"go-home": "/", "go-login": "/go/login",
		"django-login": "/accounts/login/", "django-counter": "/counter/", "django-profile": "/profile/",
		"django-password": "/accounts/password/", "django-error": "/no/such/page",
	}
	for name, path := range pages {
		b.look("dark", 1280, 900)
		b.open(path)
		if got := b.number(brightness); got > 200 {
			b.t.Errorf("%s: the background's brightness is %v of 765 in dark mode, want it dark", path, got)
		}
		b.shot("dark-" + name)
		b.look("light", 360, 740)
		b.open(path)
		if got := b.number(`document.documentElement.scrollWidth`); got > 360 {
			b.t.Errorf("%s: on a phone of 360 pixels the page is %v wide, want no sideways scrolling", path, got)
		}
		b.shot("phone-" + name)
	}
}

// brightness is the sum of the background's colours.
const brightness = `getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).reduce((a, n) => a + +n, 0)`
