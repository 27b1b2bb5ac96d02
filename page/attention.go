package page

import (
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// attentionTitle is an attention's code in a few words.
func attentionTitle(code string) string {
	titles := map[string]string{
		connection.BigCommerceCredentials: "BigCommerce refuses the access token",
		connection.BigCommerceUnavailable: "The store does not answer",
		connection.OmetriaCredentials:     "Ometria refuses the API key",
		connection.OmetriaUnavailable:     "Ometria does not answer",
		connection.MultiCurrency:          "The store takes payment in several currencies",
		connection.UnmappedStatus:         "Orders have a status that nobody knows",
		connection.PushErrorsMissed:       "Ometria reported many errors at once",
		connection.ManyFailing:            "Many records fail again and again",
		connection.AppUninstalled:         "The API account was uninstalled",
		connection.ResyncWanted:           "A re-sync is wanted",
		connection.SyncStuck:              "The bulk sync is stuck",
		connection.LeftBehind:             "Something of ours is left in the store",
		connection.HeadlessStorefront:     "Shoppers use a headless storefront",
		connection.BlueprintTheme:         "The theme shows no scripts",
		connection.ScriptRefused:          "BigCommerce does not take the script back",
		connection.ScriptAltered:          "BigCommerce keeps another script",
		connection.SetupStepFailed:        "Something that was asked for failed",
		connection.MassDeletion:           "Many deletions at once are held",
		connection.WebhookSignature:       "Webhooks are signed with another client secret",
		connection.WebhookDomainBlocked:   "BigCommerce holds our webhooks back",
	}
	if title, ok := titles[code]; ok {
		return title
	}
	words := strings.ReplaceAll(code, "_", " ")
	if words == "" {
		return "Needs attention"
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
