package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// route is one operation: who may use it, and what it does. openapi/ describes
// the same routes for callers; a test holds the two together.
type route struct {
	method string
	path   string
	role   Role // the least that is needed
	handle gin.HandlerFunc
}

func (a *api) routes() []route {
	const (
		get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete

		authentications = "/v1/authentications"
		authentication  = authentications + "/:authentication_id"
		connections     = "/v1/connections"
		connection      = connections + "/:connection_id"
		record          = connection + "/records/:entity/:record_id"
	)
	return []route{
		{post, authentications, Admin, handle(a, a.createAuthentication)},
		{get, authentications, Support, handle(a, a.listAuthentications)},
		{get, authentication, Support, handle(a, a.showAuthentication)},
		{del, authentication, Admin, handle(a, a.deleteAuthentication)},
		{post, authentication + "/test", Support, handle(a, a.testAuthentication)},
		{get, authentication + "/order-statuses", Support, handle(a, a.orderStatuses)},

		{post, connections, Admin, handle(a, a.createConnection)},
		{get, connections, Support, handle(a, a.listConnections)},
		{get, connection, Support, handle(a, a.showConnection)},
		{patch, connection, Admin, handle(a, a.changeConnection)},
		{del, connection, Admin, handle(a, a.removeConnection)},
		{post, connection + "/script", Admin, handle(a, a.updateScript)},
		{post, connection + "/resync", Admin, handle(a, a.resync)},
		{post, connection + "/pause", Admin, handle(a, a.pause)},
		{post, connection + "/resume", Admin, handle(a, a.resume)},
		{post, connection + "/reconcile", Support, handle(a, a.reconcile)},
		{post, connection + "/deletions", Admin, handle(a, a.decideDeletions)},

		{get, connection + "/fields", Support, handle(a, a.listFields)},
		{get, connection + "/records", Support, handle(a, a.listRecords)},
		{get, record, Support, handle(a, a.showRecord)},
		{post, record + "/sync", Support, handle(a, a.syncRecord)},
		{post, record + "/check", Support, handle(a, a.checkRecord)},
		{get, record + "/preview", Admin, ask(a, a.previewRecord)},
		{post, connection + "/records/lookup", Support, ask(a, a.lookUpRecords)},
		{get, connection + "/failures", Support, handle(a, a.listFailures)},
		{post, connection + "/failures/retry", Support, handle(a, a.retryFailures)},

		{post, "/webhooks/bigcommerce/:connection_id", nobody, a.receiveWebhook},

		{get, "/healthz", nobody, a.healthz},
		{get, "/readyz", nobody, a.readyz},
		{get, "/metrics", nobody, a.showMetrics()},
		{get, "/openapi.json", nobody, a.showDocument},
	}
}
