package page

import "net/http"

// role is the least that a visitor needs.
type role string

const (
	admin   role = "admin"
	support role = "support"
)

// route is one address of the page.
type route struct {
	method string
	path   string
	role   role
	do     func(v *visit) error
}

func (s *site) routes() []route {
	const (
		get, post = http.MethodGet, http.MethodPost

		one    = "/connections/:connection_id"
		record = one + "/records/:entity/:record_id"
	)
	return []route{
		{get, "/", support, s.showConnections},
		{get, "/live", support, s.showTiles},
		{get, "/log", support, s.showLog},
		{post, "/sign-out", support, s.signOut},

		{get, "/connections/new", admin, s.startWizard},
		{post, "/connections/new", admin, s.wizard},
		{get, one + "/edit", admin, s.editConnection},
		{get, one, support, s.showConnection},
		{get, one + "/live", support, s.showLive},
		{get, one + "/events", support, s.streamEvents},
		{post, one + "/pause", admin, s.act("pause", "Paused: changes are taken in and wait.")},
		{post, one + "/resume", admin, s.resume},
		{post, one + "/script", admin, s.act("script", "JavaScript tracking is being updated.")},
		{post, one + "/reconcile", support, s.reconcile},
		{post, one + "/deletions", admin, s.decideDeletions},
		{get, one + "/authentication", admin, s.showAuthentication},
		{post, one + "/authentication", admin, s.replaceAuthentication},
		{get, one + "/resync", admin, s.showResync},
		{post, one + "/resync", admin, s.resync},
		{get, one + "/remove", admin, s.showRemove},
		{post, one + "/remove", admin, s.remove},

		{get, one + "/fields", support, s.showFields},
		{get, one + "/log", support, s.showLog},
		{get, one + "/failures", support, s.showFailures},
		{get, one + "/failures.csv", support, s.downloadFailures},
		{post, one + "/failures/retry", support, s.retryFailures},
		{get, one + "/records", support, s.showRecords},
		{post, one + "/records/lookup", support, s.lookUp},
		{get, record, support, s.showRecord},
		{get, record + "/live", support, s.showRecordLive},
		{post, record + "/sync", support, s.syncRecord},
		{post, record + "/check", support, s.checkRecord},
		{get, record + "/preview", admin, s.previewRecord},
	}
}
