package browser

import (
	"testing"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

// The stores of the scenarios, by their hashes.
const (
	toured = "toured1" // of the tour through every screen
	hats   = "hats1"   // connected through the wizard
	phone  = "phone1"  // the same at 320 px, to an account that holds contacts
	wrong  = "wrong1"  // whose credentials and currencies are wrong at first
	shoes  = "shoes1"  // connected over the API
	gone   = "gone1"   // removed
)

// TestPage is a day of the page. The scenarios share one service, each with a
// visitor of its own; the last looks at what all of them left behind.
func TestPage(t *testing.T) {
	w := newWorld(t, map[string]func(*bigcommercesim.Options){
		toured: nil, phone: nil, wrong: nil, shoes: nil, gone: nil,
		hats: func(o *bigcommercesim.Options) { o.Products, o.Orders = 120, 300 },
	})
	for _, scenario := range []struct {
		name string
		play func(*world)
	}{
		{"every screen is accessible", isAccessible}, // first: it begins with no connection
		{"the wizard connects a store", connectsAStore},
		{"the wizard fits 320 px", connectsOnAPhone},
		{"the wizard says what is wrong", refusesWhatIsWrong},
		{"a store is connected once", refusesASecondConnection},
		{"a support agent", supports},
		{"a failure is retried", retries},
		{"a connection is removed", removes},
		{"nothing private is left", leavesNothingPrivate},
	} {
		t.Run(scenario.name, func(t *testing.T) { scenario.play(w.in(t)) })
	}
}
