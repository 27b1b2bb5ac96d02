package page

import (
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// The API's advice names its own calls and settings. Where the page has another
// way, or none, it has words of its own, by the same codes.

// attentionLines say what to do about an attention, a sentence each.
func attentionLines(at apiclient.Attention) []string {
	lines := strings.Split(at.Action, "\n")
	if at.Code == connection.MassDeletion { // the first says how many; the rest, how to decide over the API
		return []string{lines[0], "Look whether the store really lost them. Then an admin confirms the deletions here, and they are taken out of use at Ometria, " +
			"or discards them, and they are read anew. Those that come back go on by themselves."}
	}
	return lines
}

// failureAction says what to do about a setup that failed.
func failureAction(f *apiclient.Failure) string {
	const again = "press “Set up again”"
	switch f.Code {
	case connection.FailureInvalidCredentials:
		return "If the Ometria API key is new, wait 10 minutes and " + again + ". Otherwise replace the authentication by one with the right credentials, which sets the connection up again."
	case connection.FailureMultiCurrencyStore:
		return "Stores that take payment in several currencies are not supported: leave one transactional currency and " + again + "."
	case connection.FailureScriptLimitReached:
		return "Delete a script in BigCommerce's Script Manager and " + again + "."
	case connection.FailureScriptRefused:
		return "Whoever runs this service can leave the page calls out of the script: ask them to, and " + again + ". Or put Ometria's tag into the theme by hand."
	case connection.FailureMissingScope, connection.FailureUnknownStore:
		return f.Action
	}
	return "Press “Set up again”."
}

// reasonAction says what to do about why a record failed, was left out or went
// out otherwise; given is the API's advice.
func reasonAction(r *apiclient.Reason, given string) string {
	if r == nil {
		return given
	}
	switch r.Code {
	case connection.ReasonNotSent:
		return "To send orders of that status, tick “Send” beside it in the order mapping, under “Edit”."
	case connection.ReasonTestOrder:
		return "Test orders are left out unless whoever runs this service has them sent."
	case connection.ReasonBeforeStart:
		return "Choose an earlier bulk sync start date under “Edit”, and re-sync then."
	case "key_left_out":
		return "Remove fields in BigCommerce that Ometria does not need; “Custom fields” counts them."
	}
	return given
}

// noteWords is what a note says.
func noteWords(n apiclient.Note) string {
	switch {
	case n.Code == "optin_withheld":
		return "marketing_optin is not sent: the consent is from before the connection was made, and earlier consents are left out"
	case n.Text == "":
		return n.Code
	}
	return n.Text
}

// standingText says where a record stands, beside the word for its outcome.
func standingText(r apiclient.RecordStory) string {
	switch {
	case r.Standing.Code != string(connection.Rejected):
		return r.Standing.Text
	case r.OmetriaSaid != nil:
		return "Ometria took it at first and found an error afterwards: " + sentence(r.OmetriaSaid.Text)
	}
	if why, ok := strings.CutPrefix(r.Standing.Text, "Rejected"); ok {
		return sentence(strings.TrimPrefix(why, ": "))
	}
	return r.Standing.Text
}

// standingAction says what to do about where a record stands.
func standingAction(c apiclient.Connection, r apiclient.RecordStory) string {
	if r.Standing.Code == "held" && c.Failure != nil && c.Status == string(connection.Failed) {
		return failureAction(c.Failure)
	}
	if r.Standing.Code == string(connection.Rejected) || r.Standing.Code == string(connection.Skipped) {
		return reasonAction(r.Reason, r.Standing.Action)
	}
	return r.Standing.Action
}
