package api

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
)

type connectionView struct {
	ID               connection.ID               `json:"id"`
	Name             string                      `json:"name"`
	AuthenticationID connection.AuthenticationID `json:"authentication_id"`
	// NextAuthenticationID is of one that is being tried and takes the other's
	// place if it does; nil when none is.
	NextAuthenticationID *connection.AuthenticationID `json:"next_authentication_id"`
	StoreHash            connection.StoreHash         `json:"store_hash"`
	IdentificationCode   string                       `json:"identification_code"`
	BulkSyncStartDate    *string                      `json:"bulk_sync_start_date"`
	Timezone             string                       `json:"timezone"`
	OrderStatusMapping   []connection.StatusRule      `json:"order_status_mapping"`
	Settings             connection.Settings          `json:"settings"`
	Status               connection.Status            `json:"status"`
	// Phase is the status without regard to a pause.
	Phase           connection.Status      `json:"phase"`
	Failure         *connection.Failure    `json:"failure"`
	Attention       []connection.Attention `json:"attention"`
	Progress        connection.Progress    `json:"progress"`
	Health          healthView             `json:"health"`
	Store           storeView              `json:"store"`
	LastWebhookAt   *time.Time             `json:"last_webhook_at"`
	LastReconcileAt *time.Time             `json:"last_reconcile_at"`
	LastReconcile   *reconcileView         `json:"last_reconcile"`
	LastSweep       *sweepView             `json:"last_sweep"`
	Links           links                  `json:"links"`
	CreatedAt       *time.Time             `json:"created_at"`
	UpdatedAt       *time.Time             `json:"updated_at"`
}

// changedView is what a change answers: what it makes advisable, too.
type changedView struct {
	connectionView
	ResyncWanted       []connection.Entity `json:"resync_wanted"`
	ScriptUpdateWanted bool                `json:"script_update_wanted"`
}

type healthView struct {
	Hooks       hooksHealth  `json:"hooks"`
	Script      scriptHealth `json:"script"`
	Credentials okHealth     `json:"credentials"`
	// Quota is of the store's requests; nil until the store has told of it.
	Quota *quotaHealth `json:"quota"`
	// Parked is why nothing is tried at the moment, and until when.
	Parked *connection.Parked `json:"parked"`
}

// hooksHealth compares the webhooks that a connection needs with those noted
// as active in the store.
type hooksHealth struct {
	Expected int `json:"expected"`
	Active   int `json:"active"`
}

type quotaHealth struct {
	Limit    int        `json:"limit"`
	Left     int        `json:"left"`
	ResetsAt *time.Time `json:"resets_at"` // nil when no window is open
}

type scriptHealth struct {
	Installed bool           `json:"installed"`
	Scripts   []scriptPlaced `json:"scripts"` // one a storefront channel
}

type scriptPlaced struct {
	ID        string `json:"id"`
	ChannelID int64  `json:"channel_id"`
}

type okHealth struct {
	OK bool `json:"ok"`
}

type storeView struct {
	Name     string `json:"name"`
	Domain   string `json:"domain"`
	Currency string `json:"currency"`
	Plan     string `json:"plan"`
}

func viewStore(info connection.StoreInfo) storeView {
	return storeView{Name: info.Name, Domain: info.Domain, Currency: info.Currency, Plan: info.Plan}
}

type links struct {
	TemporalUI *temporalLinks `json:"temporal_ui"`
}

// temporalLinks are pages of the Temporal Web UI.
type temporalLinks struct {
	Setup     string `json:"setup"`
	BulkSync  string `json:"bulk_sync"`
	Records   string `json:"records"`
	Reconcile string `json:"reconcile"`
	Removal   string `json:"removal"`
}

func (a *api) viewConnection(ctx context.Context, c connection.Connection) (connectionView, error) {
	overviews, err := a.Store.Overviews(ctx, c.ID)
	if err != nil {
		return connectionView{}, fmt.Errorf("read how the connection stands: %w", err)
	}
	quotas, err := a.Store.BigCommerceQuotas(ctx, c.StoreHash)
	if err != nil {
		return connectionView{}, err
	}
	return a.viewOne(c, overviews[c.ID], quotas), nil
}

// viewConnections is viewConnection for a list, by counts that may be a moment
// old.
func (a *api) viewConnections(ctx context.Context, list []connection.Connection) ([]connectionView, error) {
	ids, hashes := make([]connection.ID, len(list)), make([]connection.StoreHash, len(list))
	for i, c := range list {
		ids[i], hashes[i] = c.ID, c.StoreHash
	}
	overviews, err := a.overviews.recent(ctx, a.Store.Overviews, ids)
	if err != nil {
		return nil, fmt.Errorf("read how connections stand: %w", err)
	}
	quotas, err := a.Store.BigCommerceQuotas(ctx, hashes...)
	if err != nil {
		return nil, err
	}
	views := make([]connectionView, len(list))
	for i, c := range list {
		views[i] = a.viewOne(c, overviews[c.ID], quotas)
	}
	return views, nil
}

func (a *api) viewOne(c connection.Connection, o store.Overview, quotas map[connection.StoreHash]store.QuotaLeft) connectionView {
	health := viewHealth(c)
	if quota, known := quotas[c.StoreHash]; known {
		health.Quota = &quotaHealth{Limit: quota.Limit, Left: quota.Left, ResetsAt: moment(quota.ResetsAt)}
	}
	v := connectionView{
		ID: c.ID, Name: c.Name, AuthenticationID: c.AuthenticationID, StoreHash: c.StoreHash,
		IdentificationCode: c.IdentificationCode, Timezone: c.Timezone,
		OrderStatusMapping: c.StatusMapping, Settings: c.Settings,
		Status: c.Status(), Phase: c.Phase, Failure: c.Failure, Attention: c.Attention, Progress: connection.Progress{},
		Health: health, LastWebhookAt: moment(c.LastWebhookAt), LastReconcileAt: moment(c.LastReconcileAt),
		Store: viewStore(c.Store), LastReconcile: viewReconcile(o.Reconcile), LastSweep: viewSweep(o.Sweep),
		Links: links{a.connectionLinks(c.ID)}, CreatedAt: moment(c.CreatedAt), UpdatedAt: moment(c.UpdatedAt),
	}
	if c.Replacing.Wanted != nil {
		v.NextAuthenticationID = &c.Replacing.Wanted.AuthenticationID
	}
	if c.BulkSyncStartDate != "" {
		v.BulkSyncStartDate = &c.BulkSyncStartDate
	}
	if v.OrderStatusMapping == nil {
		v.OrderStatusMapping = []connection.StatusRule{}
	}
	if v.Attention == nil {
		v.Attention = []connection.Attention{}
	}
	for _, e := range connection.Entities() {
		v.Progress[e] = o.Progress[e]
	}
	return v
}

func viewHealth(c connection.Connection) healthView {
	h := healthView{
		Hooks:       hooksHealth{Expected: len(bigcommerce.HookScopes())},
		Script:      scriptHealth{Installed: len(c.Installed.Scripts) > 0, Scripts: []scriptPlaced{}},
		Credentials: okHealth{OK: true},
		Parked:      c.Parked,
	}
	for _, script := range c.Installed.Scripts {
		h.Script.Scripts = append(h.Script.Scripts, scriptPlaced(script))
	}
	for _, hook := range c.Installed.Hooks {
		if hook.Active {
			h.Hooks.Active++
		}
	}
	for _, at := range c.Attention {
		if at.Code == connection.BigCommerceCredentials || at.Code == connection.OmetriaCredentials {
			h.Credentials.OK = false
		}
	}
	if p := c.Parked; p != nil && (p.Code == connection.BigCommerceCredentials || p.Code == connection.OmetriaCredentials) {
		h.Credentials.OK = false
	}
	if f := c.Failure; f != nil {
		switch f.Code {
		case connection.FailureInvalidCredentials, connection.FailureMissingScope, connection.FailureUnknownStore:
			h.Credentials.OK = false
		}
	}
	return h
}

func (a *api) connectionLinks(id connection.ID) *temporalLinks {
	if a.TemporalUIURL == "" {
		return nil
	}
	return &temporalLinks{
		Setup:     a.workflowLink(starter.ConnectionSetupID(id)),
		BulkSync:  a.workflowLink(starter.BulkSyncID(id)),
		Records:   a.queryLink(fmt.Sprintf(`WorkflowType="SyncRecord" AND ConnectionId="%s"`, id)),
		Reconcile: a.queryLink(fmt.Sprintf(`WorkflowType="Reconcile" AND ConnectionId="%s"`, id)),
		Removal:   a.workflowLink(starter.ConnectionRemovalID(id)),
	}
}

func (a *api) namespaceLink() string {
	return a.TemporalUIURL + "/namespaces/" + url.PathEscape(a.TemporalNamespace) + "/workflows"
}

func (a *api) workflowLink(workflowID string) string {
	return a.namespaceLink() + "/" + url.PathEscape(workflowID)
}

func (a *api) queryLink(query string) string {
	return a.namespaceLink() + "?query=" + strings.ReplaceAll(url.QueryEscape(query), "+", "%20")
}

func (a *api) answerConnection(ctx context.Context, status int, c connection.Connection) (response, error) {
	v, err := a.viewConnection(ctx, c)
	if err != nil {
		return response{}, err
	}
	return response{Status: status, Body: v, ETag: etag(c.Version)}, nil
}

func etag(version int64) string { return fmt.Sprintf("%q", fmt.Sprint(version)) }
