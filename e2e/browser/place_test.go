package browser

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keepsItsPlace looks at a connection, at 320 px and by keyboard, while what is
// shown is fetched again.
func keepsItsPlace(w *world) {
	b := w.open(narrow)
	c := w.connect(w.shops[shoes])
	b.signIn(supportToken)
	b.visit("/connections/" + c.ID)
	// What is marked differs from what the service sends, and so is replaced.
	evaluate[bool](b, `(() => {
		for (const card of document.querySelectorAll("[data-live] .card")) card.dataset.old = "";
		document.querySelector("[data-live] .scroll").scrollLeft = 90;
		[...document.querySelectorAll("button")].find(b => b.textContent === "Look at everything").focus();
		return true;
	})()`)
	_, err := w.api.Act(w.t.Context(), c.ID, "reconcile", nil)
	require.NoError(w.t, err)
	b.until("it is fetched again", `!document.querySelector("[data-old]")`)
	assert.Equal(w.t, "Look at everything", evaluate[string](b, `document.activeElement.textContent`))
	assert.Equal(w.t, 90.0, evaluate[float64](b, `document.querySelector("[data-live] .scroll").scrollLeft`))
}
