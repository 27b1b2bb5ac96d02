package workflows

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ometria/ometria-bigcommerce/activities"
)

func TestDescribeMendedSaysWhatIsMissing(t *testing.T) {
	for want, m := range map[string]activities.Mended{
		"Hooks and script are present and active.": {},
		"Mended 2 hooks.":                          {Hooks: 2},
		"Mended 2 hooks and the script.":           {Hooks: 2, Script: true},
		"Mended 0 hooks; BigCommerce does not take the script back: see the connection's attention.": {ScriptRefused: true},
	} {
		assert.Equal(t, want, describeMended(m))
	}
}
