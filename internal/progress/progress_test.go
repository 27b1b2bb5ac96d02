package progress

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPlainLinesOnlyWhereSomethingChangedAndNotTooOften(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1000, 0)
	d := New(&out)
	d.now = func() time.Time { return now }

	d.Update([]Row{{Name: "products", Done: 1, Total: 3}, {Name: "orders", Total: 2}})
	d.Update([]Row{{Name: "products", Done: 2, Total: 3}, {Name: "orders", Total: 2}}) // too soon
	now = now.Add(3 * time.Second)
	d.Update([]Row{{Name: "products", Done: 3, Total: 3, Note: "1 skipped"}, {Name: "orders", Total: 2}})
	d.Finish([]Row{{Name: "products", Done: 3, Total: 3, Note: "1 skipped"}, {Name: "orders", Done: 2, Total: 2}})

	assert.Equal(t, "products: 1 of 3\norders: 0 of 2\nproducts: 3 of 3  (1 skipped)\norders: 2 of 2\n", out.String())
}

func TestBarsAreDrawnOverThemselves(t *testing.T) {
	var out bytes.Buffer
	d := New(&out)
	d.bars = true

	d.Update([]Row{{Name: "products", Done: 1, Total: 2}, {Name: "orders"}})
	first := out.String()
	out.Reset()
	d.Update([]Row{{Name: "products", Done: 2, Total: 2}, {Name: "orders"}})
	second := out.String()

	assert.Equal(t, 2, strings.Count(first, "\n"))
	assert.NotContains(t, first, "\x1b[2A")
	assert.True(t, strings.HasPrefix(second, "\x1b[2A"), "goes up two lines first")
	assert.Contains(t, first, "50%")
	assert.Contains(t, second, "100%")
	assert.Contains(t, second, "2 of 2")
}
