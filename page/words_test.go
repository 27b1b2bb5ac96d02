package page

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// What the page advises can be done on it: no call, command or setting of the
// API is named.
func TestAdviceIsForThePage(t *testing.T) {
	var said []string
	said = append(said, attentionLines(apiclient.Attention{Code: connection.MassDeletion, Action: "7 orders are gone.\nPOST /v1/connections/{id}/deletions"})...)
	assert.Equal(t, "7 orders are gone.", said[0])
	for _, code := range []string{
		connection.FailureInvalidCredentials, connection.FailureMultiCurrencyStore, connection.FailureScriptLimitReached,
		connection.FailureScriptRefused, connection.FailureGaveUp,
	} {
		action := failureAction(&apiclient.Failure{Code: code, Action: "resume the connection, page_calls"})
		assert.Contains(t, action, "Set up again”", code)
		said = append(said, action)
	}
	for _, code := range []string{connection.ReasonNotSent, connection.ReasonTestOrder, connection.ReasonBeforeStart, "key_left_out"} {
		said = append(said, reasonAction(&apiclient.Reason{Code: code}, "settings.x; connections fields"))
	}
	said = append(said, noteWords(apiclient.Note{Code: "optin_withheld", Text: "settings.history_consent"}))
	for _, text := range said {
		for _, never := range []string{"settings.", "/v1", "connections fields", "page_calls", "order_status_mapping", "resume the connection"} {
			assert.False(t, strings.Contains(text, never), text)
		}
	}
	assert.Equal(t, "mend it", reasonAction(&apiclient.Reason{Code: connection.ReasonRefused}, "mend it"))
	assert.Equal(t, "of_tomorrow", noteWords(apiclient.Note{Code: "of_tomorrow"}))
}

func TestStandingActionIsOfWhatHolds(t *testing.T) {
	failed := apiclient.Connection{Status: "failed", Failure: &apiclient.Failure{Code: connection.FailureGaveUp}}
	held := apiclient.RecordStory{}
	held.Standing.Code, held.Standing.Action = "held", "Resume the connection."
	assert.Equal(t, "Press “Set up again”.", standingAction(failed, held))
	held.Reason = &apiclient.Reason{Code: connection.ReasonNotSent} // of how it ended before
	assert.Equal(t, "Resume the connection.", standingAction(apiclient.Connection{Status: "paused"}, held))
	held.Standing.Code = "skipped"
	assert.Contains(t, standingAction(apiclient.Connection{}, held), "tick “Send”")
}
