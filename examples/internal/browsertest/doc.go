// Package browsertest drives the examples with Chromium. Only tests import it, so
// that whoever runs an example downloads no browser driver.
package browsertest

import (
	_ "github.com/chromedp/cdproto/emulation"
	_ "github.com/chromedp/chromedp"
)
