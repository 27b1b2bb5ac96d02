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
		get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete

		authentications = "/v1/authentications"
		authentication  = authentications + "/:authentication_id"
		connections     = "/v1/connections"
		connection      = connections + "/:connection_id"
		record          = connection + "/records/:entity/:record_id"
	)
	return []route{
		{get, "/v1/token", Support, handle(a, a.showToken)},

		{post, authentications, Admin, change(a, "created the authentication", a.createAuthentication)},
		{get, authentications, Support, handle(a, a.listAuthentications)},
		{get, authentication, Support, handle(a, a.showAuthentication)},
		{del, authentication, Admin, change(a, "deleted the authentication", a.deleteAuthentication)},
		{post, authentication + "/test", Support, handle(a, a.testAuthentication)},
		{get, authentication + "/order-statuses", Support, handle(a, a.orderStatuses)},

		{post, connections, Admin, change(a, "created the connection", a.createConnection)},
		{get, connections, Support, handle(a, a.listConnections)},
		{get, connection, Support, handle(a, a.showConnection)},
		{get, connection + "/events", Support, a.streamEvents},
		{patch, connection, Admin, change(a, "changed the connection", a.changeConnection)},
		{del, connection, Admin, change(a, "removed the connection", a.removeConnection)},
		{put, connection + "/authentication", Admin, change(a, "replaced the authentication", a.replaceAuthentication)},
		{post, connection + "/script", Admin, change(a, "updated the JavaScript tracking", a.updateScript)},
		{post, connection + "/resync", Admin, change(a, "started a re-sync", a.resync)},
		{post, connection + "/pause", Admin, change(a, "paused the connection", a.pause)},
		{post, connection + "/resume", Admin, change(a, "resumed the connection", a.resume)},
		{post, connection + "/reconcile", Support, change(a, "reconciled the connection", a.reconcile)},
		{post, connection + "/deletions", Admin, change(a, "decided on held deletions", a.decideDeletions)},

		{get, connection + "/changes", Support, handle(a, a.listChanges)},
		{get, connection + "/fields", Support, handle(a, a.listFields)},
		{get, connection + "/records", Support, handle(a, a.listRecords)},
		{get, record, Support, handle(a, a.showRecord)},
		{post, record + "/sync", Support, change(a, "synced the record", a.syncRecord)},
		{post, record + "/check", Support, handle(a, a.checkRecord)},
		{get, record + "/preview", Admin, ask(a, a.previewRecord)},
		{post, connection + "/records/lookup", Support, ask(a, a.lookUpRecords)},
		{get, connection + "/failures", Support, handle(a, a.listFailures)},
		{post, connection + "/failures/retry", Support, change(a, "retried failures", a.retryFailures)},

		{get, "/v1/audit-log", Support, handle(a, a.listAudit)},

		{post, "/webhooks/bigcommerce/:connection_id", nobody, a.receiveWebhook},

		{get, "/healthz", nobody, a.healthz},
		{get, "/readyz", nobody, a.readyz},
		{get, "/metrics", nobody, a.showMetrics()},
		{get, "/openapi.json", nobody, a.showDocument},
	}
}
