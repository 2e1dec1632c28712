// Package browsertest drives the examples with Chromium. Only tests import it, so
// that whoever runs an example downloads no browser driver.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/djinn-go/djinn/examples/internal/exampletest"
)

// pageTimeout is for one step in the browser, on a machine that is busy.
const pageTimeout = time.Minute

// browser is a Chromium window that runs no scripts.
type browser struct {
	t    testing.TB
	ctx  context.Context
	base string // without a slash at the end
	// panel: the page explains what the session did.
	panel bool
	// shots is where pictures go, empty for nowhere.
	shots string
	name  string
}

// newBrowser starts Chromium without an earlier life. Pictures are named after
// name and go where DJINN_SCREENSHOTS says.
func newBrowser(t testing.TB, name, base string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		path, err = exec.LookPath("google-chrome")
	}
	if err != nil {
		exampletest.Missing(t, "neither chromium nor google-chrome is installed")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // CI runs as root
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.UserDataDir(profile(t)),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, base: strings.TrimSuffix(base, "/"), name: name, shots: os.Getenv("DJINN_SCREENSHOTS")}
	b.begin()
	return b
}

// begin starts Chromium, or opens a window where it runs already.
func (b *browser) begin() {
	b.t.Helper()
	if err := chromedp.Do(b.ctx); err != nil { // outside of do: Chromium lives as long as the first context
		b.t.Fatalf("starting Chromium: %v", err)
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.t.Fatalf("switching JavaScript off: %v", err)
	}
	b.look("light", 1280, 900)
}

// profile is a new directory for Chromium, which writes there a little longer
// than it lives.
func profile(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "djinn-chromium")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 50 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Logf("leaving Chromium's profile behind: %v", err)
	})
	return dir
}

// look changes the colour scheme that the visitor prefers, and the window's size.
func (b *browser) look(scheme string, width, height int64) {
	b.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatalf("colour scheme %s: %v", scheme, err)
	}
	b.do("resize", chromedp.EmulateViewport(width, height))
}

// do runs steps in the page.
func (b *browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// open goes to a path and returns the status.
func (b *browser) open(path string) int64 {
	b.t.Helper()
	return b.load("open "+path, chromedp.Navigate(b.base+path))
}

// click clicks on something that leads to a page, and returns its status.
func (b *browser) click(selector string) int64 {
	b.t.Helper()
	return b.load("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

func (b *browser) load(what string, step chromedp.Action[chromedp.Void]) int64 {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, step)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return res.Status
}

// text is what a reader sees of an element.
func (b *browser) text(selector string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatalf("text of %s: %v", selector, err)
	}
	return text
}

// want checks that an element shows all of the texts.
func (b *browser) want(selector string, texts ...string) {
	b.t.Helper()
	got := b.text(selector)
	for _, text := range texts {
		if !strings.Contains(got, text) {
			b.t.Errorf("%s: got %q, want it to contain %q", selector, got, text)
		}
	}
}

// number evaluates an expression about the page. The page's own scripts stay off.
func (b *browser) number(expression string) float64 {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	n, err := chromedp.Run(ctx, chromedp.Evaluate[float64](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return n
}

// shot takes a picture of the whole page, if somebody wants to see it.
func (b *browser) shot(name string) {
	b.t.Helper()
	if b.shots == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatalf("picture %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(b.shots, b.name+"-"+name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
