package browser

import (
	"testing"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

// The stores of the scenarios, by their hashes.
const (
	toured = "fancyhats" // of the tour through every screen
	hats   = "hats1"     // connected through the wizard
	phone  = "phone1"    // the same at 320 px, to an account that holds contacts
	wrong  = "wrong1"    // whose credentials and currencies are wrong at first
	shoes  = "shoes1"    // connected over the API
	gone   = "gone1"     // removed
	second = "second1"   // of the Ometria account of shoes
	// rotated gets another authentication.
	rotated = "rotated1"
)

// TestPage is a day of the page. The scenarios share one service, each with a
// visitor of its own; the last looks at what all of them left behind.
func TestPage(t *testing.T) {
	larger := func(o *bigcommercesim.Options) { o.Products, o.Orders = 120, 300 } // so that there is a sync to watch
	w := newWorld(t, map[string]func(*bigcommercesim.Options){
		toured: larger, hats: larger, phone: nil, wrong: nil, shoes: nil, gone: nil, rotated: nil, second: nil,
	})
	// First: it begins with no connection.
	t.Run("every screen is accessible", func(t *testing.T) { isAccessible(w.in(t)) })
	w.connect(w.shops[shoes])
	t.Run("beside each other", func(t *testing.T) {
		for _, scenario := range []struct {
			name string
			play func(*world)
		}{
			{"the wizard connects a store", connectsAStore},
			{"the wizard fits 320 px", connectsOnAPhone},
			{"the wizard says what is wrong", refusesWhatIsWrong},
			{"a store is connected once", refusesASecondConnection},
			{"a second store of one account", connectsASecondStore},
			{"a support agent", supports},
			{"a failure is retried", retries},
			{"a refresh keeps the place", keepsItsPlace},
			{"a browser without scripts", readsWithoutScripts},
			{"an authentication is replaced", replaces},
			{"a connection is removed", removes},
		} {
			t.Run(scenario.name, func(t *testing.T) {
				t.Parallel()
				scenario.play(w.in(t))
			})
		}
	})
	t.Run("nothing private is left", func(t *testing.T) { leavesNothingPrivate(w.in(t)) })
}
