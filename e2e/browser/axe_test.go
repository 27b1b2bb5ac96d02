package browser

import (
	"os"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// axeScript is installed by make axe.
const axeScript = "axe/node_modules/axe-core/axe.min.js"

// audit lists what axe-core finds wrong with the page, by the rules that a JSON
// array of their tags or names chooses.
const audit = `(runOnly => axe.run(document, { runOnly, resultTypes: ["violations"] }).then(found =>
	found.violations.flatMap(v => v.nodes.map(n => v.id + " (" + v.help + "): " + n.html + "\n  " + n.failureSummary))))`

// Only colours differ in the dark, and only what overflows or comes close in a
// narrow window.
const (
	everyRule   = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	darkRules   = `["color-contrast"]`
	narrowRules = `["scrollable-region-focusable", "target-size"]`
)

// isAccessible goes through every screen with axe-core, light and dark, and looks
// whether a narrow window shows it without scrolling sideways.
func isAccessible(w *world) {
	axe, err := os.ReadFile(axeScript)
	if os.IsNotExist(err) {
		w.t.Skip("the page is not held to axe-core: it is not installed (make axe)")
	}
	require.NoError(w.t, err)
	b := w.open(wide)
	screens := 0
	tour(w, b, w.shops[toured], func(name string) {
		screens++
		require.NoError(w.t, chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](string(axe))))
		hold := func(way, rules string) {
			for _, violation := range evaluate[[]string](b, audit+"("+rules+")") {
				assert.Fail(w.t, "accessibility", "%s, %s: %s", name, way, violation)
			}
		}
		hold("light", everyRule)
		b.scheme("dark")
		hold("dark", darkRules)
		b.scheme("light")
		b.narrow = true
		require.NoError(w.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(narrow, 800)))
		b.fits()
		hold("narrow", narrowRules)
		b.narrow = false
		require.NoError(w.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(wide, 800)))
	})
	assert.Greater(w.t, screens, 30)
}
