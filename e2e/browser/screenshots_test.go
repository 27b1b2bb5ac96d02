package browser

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

var screenshots = flag.String("screenshots", "", "take the pictures of the documentation into this folder (make screenshots)")

// inDark and inNarrow are the screens that are shown that way as well.
const (
	inDark   = "connection"
	inNarrow = "wizard-2-test"
)

// TestScreenshots takes a picture of each screen.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("no pictures are taken: -screenshots names no folder")
	}
	w := newWorld(t, map[string]func(*bigcommercesim.Options){toured: func(o *bigcommercesim.Options) {
		o.Customers, o.Subscribers, o.Products, o.Orders = 1240, 860, 310, 2150
		o.Domain = "www.fancyhats.example"
	}})
	b := w.open(wide)
	tour(w, b, w.shops[toured], func(name string) {
		b.picture(name)
		if name == inDark {
			b.scheme("dark")
			b.picture(name + "-dark")
			b.scheme("light")
		}
		if name == inNarrow {
			require.NoError(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(narrow, 640)))
			b.picture(name + "-narrow")
			require.NoError(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(wide, 800)))
		}
	})
}

// tallest is where a picture of a long page ends, in pixels.
const tallest = 1600

// picture writes a screen as a small PNG.
func (b *tab) picture(name string) {
	b.t.Helper()
	width, height := evaluate[float64](b, "innerWidth"), evaluate[float64](b, "document.documentElement.offsetHeight")
	whole := true
	taken, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		CaptureBeyondViewport: &whole, Clip: &page.Viewport{Width: width, Height: min(height, tallest), Scale: 1},
	})
	require.NoError(b.t, err)
	decoded, err := png.Decode(bytes.NewReader(taken.Data))
	require.NoError(b.t, err)
	var small bytes.Buffer
	require.NoError(b.t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, inFewColours(decoded)))
	require.Less(b.t, small.Len(), 100_000, "%s is too large", name)
	require.NoError(b.t, os.WriteFile(filepath.Join(*screenshots, name+".png"), small.Bytes(), 0o644))
}
