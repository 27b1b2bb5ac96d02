package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// webhookResult is what became of a delivery.
type webhookResult string

const (
	webhookAccepted    webhookResult = "accepted"    // the record or category is marked, on disk
	webhookNoted       webhookResult = "noted"       // about the store itself: to be reconciled at once
	webhookIgnored     webhookResult = "ignored"     // about nothing that is synced
	webhookUnreadable  webhookResult = "unreadable"  // right secret, no body we can read
	webhookOrphaned    webhookResult = "orphaned"    // of a hook whose connection was removed
	webhookForeign     webhookResult = "foreign"     // right secret, but of another store: its ids mean nothing here
	webhookForged      webhookResult = "forged"      // a secret we never issued
	webhookTooLarge    webhookResult = "too_large"   // over the bound
	webhookUnavailable webhookResult = "unavailable" // could not be committed
)

var webhookResults = []webhookResult{
	webhookAccepted, webhookNoted, webhookIgnored, webhookUnreadable,
	webhookOrphaned, webhookForeign, webhookForged, webhookTooLarge, webhookUnavailable,
}

// receiveWebhook takes a delivery in. BigCommerce blocks the whole domain when
// too few calls succeed, so nothing but the database may fail here, and a call
// that BigCommerce really made gets 200 whatever it says.
func (a *api) receiveWebhook(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), a.WebhookTimeout)
	defer cancel()
	result, err := a.takeIn(ctx, c)
	a.metrics.webhooks.WithLabelValues(string(result)).Inc()
	switch result {
	case webhookForged:
		a.fail(c, newProblem(kindUnauthorized, "the webhook secret was never issued here"))
	case webhookTooLarge:
		a.fail(c, newProblem(kindTooLarge, "a delivery is not as large as this"))
	case webhookUnavailable:
		a.fail(c, unavailable("the delivery could not be stored: send it again", temporalAway, err))
	default:
		c.Status(http.StatusOK)
		c.Writer.WriteHeaderNow()
	}
}

func (a *api) takeIn(ctx context.Context, c *gin.Context) (webhookResult, error) {
	secret := c.GetHeader(connection.WebhookSecretHeader)
	if secret == "" {
		return webhookForged, nil
	}
	hash := sha256.Sum256([]byte(secret))
	issued, err := a.Store.SecretIssued(ctx, hash)
	if err != nil {
		return webhookUnavailable, err
	}
	if !issued {
		return webhookForged, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, a.WebhookBodyLimit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return webhookTooLarge, nil
	}
	if err != nil { // cut short on the way: the answer reaches nobody
		return webhookUnavailable, err
	}
	event := store.Event{ConnectionID: connection.ID(c.Param("connection_id")), SecretHash: hash}
	if checkID(string(event.ConnectionID), "") != nil {
		event.ConnectionID = "" // names no connection; the secret still tells who calls
	}
	result, delivery := webhookUnreadable, bigcommerce.Delivery{}
	if delivery, err = bigcommerce.ParseDelivery(body); err == nil {
		result = readTarget(delivery, &event)
		event.StoreHash = connection.StoreHash(delivery.StoreHash())
	}
	received, err := a.Store.Receive(ctx, event)
	switch {
	case err != nil:
		return webhookUnavailable, err
	case received == store.Unknown:
		return webhookForged, nil
	case received == store.Orphaned:
		return webhookOrphaned, nil
	case received == store.Foreign:
		a.Logger.WarnContext(ctx, "webhook of another store", "connection_id", event.ConnectionID, "store_hash", event.StoreHash)
		return webhookForeign, nil
	}
	if found := a.signatures.check(ctx, event.ConnectionID, body, c.Request.Header); found != signatureUnknown {
		a.metrics.signatures.WithLabelValues(string(found)).Inc()
	}
	switch result {
	case webhookAccepted:
		a.Wake()
	case webhookUnreadable:
		a.Logger.WarnContext(ctx, "webhook body not readable", "connection_id", event.ConnectionID)
	}
	if delivery.Scope == bigcommerce.ScopeAppUninstalled {
		if err := a.appUninstalled(ctx, event.ConnectionID); err != nil {
			return webhookUnavailable, err
		}
	}
	return result, nil
}

// readTarget names the record that a delivery is about, if it is about one.
func readTarget(delivery bigcommerce.Delivery, event *store.Event) webhookResult {
	target, id, ok := bigcommerce.Target(delivery)
	if !ok {
		return webhookIgnored
	}
	switch target {
	case bigcommerce.KindStore:
		event.Reconcile = true
		return webhookNoted
	case bigcommerce.KindCategory:
		event.CategoryID = id
		return webhookAccepted
	case bigcommerce.KindCustomer:
		event.Entity = connection.Customers
	case bigcommerce.KindSubscriber:
		event.Entity = connection.Subscribers
	case bigcommerce.KindOrder:
		event.Entity = connection.Orders
	case bigcommerce.KindProduct:
		event.Entity = connection.Products
	default:
		return webhookIgnored
	}
	event.RecordID, event.Scope = connection.RecordID(id), keptScope(delivery.Scope)
	return webhookAccepted
}

// appUninstalled asks for a person: with the API account its hooks and scripts
// are gone, too.
func (a *api) appUninstalled(ctx context.Context, id connection.ID) error {
	a.Logger.WarnContext(ctx, "api account uninstalled", "connection_id", id)
	return a.Store.Attend(ctx, id, connection.Attention{
		Code:   connection.AppUninstalled,
		Action: "BigCommerce says that our API account was uninstalled: create a new one and an authentication with its token, then replace the authentication of this connection",
	})
}
