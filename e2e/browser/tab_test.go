package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tab is one tab of a visitor of its own: with a cookie jar of its own, and
// driven by the mouse and the keyboard.
type tab struct {
	t      *testing.T
	w      *world
	ctx    context.Context
	narrow bool

	mu       sync.Mutex // guards problems
	problems []string
}

const (
	wide   = 1100
	narrow = 320
)

// open opens a tab of a width in pixels. Errors of scripts and whatever breaks
// the content security policy fail the test.
func (w *world) open(width int64) *tab {
	w.t.Helper()
	ctx, _ := chromedp.NewContext(w.chromium, chromedp.WithNewBrowserContext())
	b := &tab{t: w.t, w: w, ctx: ctx, narrow: width == narrow}
	require.NoError(w.t, chromedp.Listen(ctx, b.listen))
	require.NoError(w.t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 800)))
	w.t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		b.mu.Lock()
		defer b.mu.Unlock()
		assert.Empty(w.t, b.problems, "what the browser complained of")
	})
	return b
}

func (b *tab) listen(event any) {
	problem := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.w.asked.add(e.Request.URL)
	case *runtime.EventExceptionThrown:
		problem = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += ": " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			problem = "console.error"
		}
	case *log.EventEntryAdded:
		// An answer with an error's status, or none, is the scenario's to judge.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			problem = string(e.Entry.Source) + ": " + e.Entry.Text
		}
	}
	if problem != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.problems = append(b.problems, problem)
	}
}

// evaluate runs JavaScript in the page.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, expression)
	return value
}

// until polls until a JavaScript expression is true. A page that goes away
// under it is no error.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
		if err == nil && holds {
			return
		}
		if time.Now().After(deadline) {
			shown, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
			b.t.Fatalf("not within %s: %s (%v). The page: %s", patience, what, err, shown)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// visit opens an address of ours.
func (b *tab) visit(path string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.Navigate(b.w.url+path)), path)
	b.fits()
}

// signIn signs in with a token, from wherever that is asked for.
func (b *tab) signIn(token string) {
	b.t.Helper()
	b.visit("/")
	b.fill("Token", token)
	b.press("Sign in")
	b.sees("Connections")
}

// fits wants a narrow page not to scroll sideways.
func (b *tab) fits() {
	b.t.Helper()
	if !b.narrow {
		return
	}
	beyond := evaluate[string](b, `(() => {
		const root = document.documentElement;
		if (root.scrollWidth <= root.clientWidth) return "";
		return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > root.clientWidth && !e.closest(".scroll"))
			.map(e => e.outerHTML.slice(0, 120)).join("\n");
	})()`)
	assert.Empty(b.t, beyond, "%s scrolls sideways at %d px", b.address(), narrow)
}

func (b *tab) address() string {
	return strings.TrimPrefix(evaluate[string](b, "location.href"), b.w.url)
}

// target finds what a user names: a button or link by its whole text, or the
// control of a label that begins so. It scrolls there and answers the middle of
// it, and errs where something else covers that.
const target = `((kind, name) => {
	const text = e => e.textContent.trim().replace(/\s+/g, " ");
	const shown = e => e.checkVisibility() && !e.closest(".hidden");
	let found;
	if (kind === "field") {
		const label = [...document.querySelectorAll("label")].find(l => shown(l) && text(l).startsWith(name));
		found = label?.control ?? [...document.querySelectorAll("input[aria-label]")].find(e => e.ariaLabel === name);
	} else {
		const all = [...document.querySelectorAll("button, a[href]")].filter(shown);
		found = all.find(e => text(e) === name) ?? all.find(e => text(e).startsWith(name));
	}
	if (!found) throw Error("there is no " + kind + " " + name + " in: " + document.body.innerText);
	found.scrollIntoView({ block: "center", behavior: "instant" });
	const { left, top, width, height } = found.getBoundingClientRect();
	const x = left + width / 2, y = top + height / 2, hit = document.elementFromPoint(x, y);
	if (hit !== found && !found.contains(hit) && hit?.closest("label")?.control !== found) {
		throw Error(name + " is covered by " + hit?.outerHTML);
	}
	return JSON.stringify([x, y]);
})`

// click clicks with the mouse on a "button" or a "field".
func (b *tab) click(kind, name string) {
	b.t.Helper()
	asked, err := json.Marshal([]string{kind, name})
	require.NoError(b.t, err)
	var at [2]float64
	require.NoError(b.t, json.Unmarshal([]byte(evaluate[string](b, target+"(..."+string(asked)+")")), &at))
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.MouseClickXY(at[0], at[1])))
}

// press clicks on a button or a link and waits for the page that it leads to.
func (b *tab) press(name string) {
	b.t.Helper()
	b.leave(func() { b.click("button", name) })
}

// leave does what leads to another page and waits for that.
func (b *tab) leave(do func()) {
	b.t.Helper()
	evaluate[bool](b, "window.leaving = true")
	do()
	b.until("another page", `!window.leaving && document.readyState === "complete"`)
	b.fits()
}

// fill types into a field in the place of what it holds.
func (b *tab) fill(label, text string) {
	b.t.Helper()
	b.click("field", label)
	evaluate[bool](b, `document.activeElement.select(), true`)
	_, err := chromedp.Call(b.ctx, input.InsertText, input.InsertTextParams{Text: text})
	require.NoError(b.t, err)
}

// fillDate fills a field with its own way of typing.
func (b *tab) fillDate(label, day string) {
	b.t.Helper()
	b.click("field", label)
	evaluate[bool](b, fmt.Sprintf(`document.activeElement.value = %q, true`, day))
}

// choose takes an option of a list.
func (b *tab) choose(label, option string) {
	b.t.Helper()
	evaluate[bool](b, fmt.Sprintf(`(() => {
		const list = [...document.querySelectorAll("label")].find(l => l.textContent.trim() === %q).control;
		list.value = [...list.options].find(o => o.text === %q).value;
		return true;
	})()`, label, option))
}

// sees waits until the page shows each text, in any case.
func (b *tab) sees(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		quoted, err := json.Marshal(strings.ToLower(text))
		require.NoError(b.t, err)
		b.until("the page shows "+text, `document.body.innerText.replace(/\s+/g, " ").toLowerCase().includes(`+string(quoted)+`)`)
	}
}

// text is what the page shows.
func (b *tab) text() string { return evaluate[string](b, "document.body.innerText") }

// count is how many elements a selector finds.
func (b *tab) count(selector string) int {
	return evaluate[int](b, fmt.Sprintf("document.querySelectorAll(%q).length", selector))
}

// scheme makes the page light or dark.
func (b *tab) scheme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	require.NoError(b.t, err)
}
