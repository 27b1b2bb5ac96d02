package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// authenticationBody is the one place where secrets come in. They go to the
// store and nowhere else.
type authenticationBody struct {
	Name          string            `json:"name"`
	OmetriaAPIKey connection.Secret `json:"ometria_api_key"`
	ClientID      string            `json:"client_id"`
	ClientSecret  connection.Secret `json:"client_secret"`
	AccessToken   connection.Secret `json:"access_token"`
	StoreHash     string            `json:"store_hash"`
}

func (b authenticationBody) validate() connection.ValidationError {
	var bad connection.ValidationError
	add := func(field, code, message string) {
		bad = append(bad, connection.FieldError{Field: field, Code: code, Message: message})
	}
	if b.Name == "" {
		add("name", "required", "enter a name by which people know this authentication")
	} else if len(b.Name) > 200 {
		add("name", "too_long", "use at most 200 characters")
	}
	for _, secret := range []struct {
		field, value, missing string
	}{
		{"ometria_api_key", b.OmetriaAPIKey.Reveal(), "enter an API key of the Ometria account"},
		{"client_id", b.ClientID, "enter the CLIENT ID of the BigCommerce API account"},
		{"access_token", b.AccessToken.Reveal(), "enter the ACCESS TOKEN of the BigCommerce API account"},
		{"client_secret", b.ClientSecret.Reveal(), ""},
	} {
		switch {
		case secret.value == "" && secret.missing != "":
			add(secret.field, "required", secret.missing)
		case len(secret.value) > 500:
			add(secret.field, "too_long", "use at most 500 characters")
		case strings.ContainsFunc(secret.value, func(r rune) bool { return r <= ' ' || r > '~' }):
			add(secret.field, "invalid", "use printable ASCII characters without spaces")
		}
	}
	if b.StoreHash == "" {
		add("store_hash", "required", "enter the store hash, or the whole API PATH of the BigCommerce API account")
	} else if hash, err := bigcommerce.ParseStoreHash(b.StoreHash); err != nil || len(hash) > 64 {
		add("store_hash", "invalid", "use the store hash, letters and digits, or the whole API PATH https://api.bigcommerce.com/stores/{store_hash}/v3/")
	}
	return bad
}

type authenticationView struct {
	ID              connection.AuthenticationID `json:"id"`
	Name            string                      `json:"name"`
	StoreHash       connection.StoreHash        `json:"store_hash"`
	ClientID        string                      `json:"client_id,omitempty"`
	AccessToken     string                      `json:"access_token_last4,omitempty"`
	OmetriaAPIKey   string                      `json:"ometria_api_key_last4,omitempty"`
	HasClientSecret bool                        `json:"has_client_secret"`
	CreatedAt       *time.Time                  `json:"created_at"`
	UpdatedAt       *time.Time                  `json:"updated_at"`
}

// viewAuthentication leaves out for support what belongs to the credentials.
func viewAuthentication(x connection.Authentication, role Role) authenticationView {
	v := authenticationView{
		ID: x.ID, Name: x.Name, StoreHash: x.StoreHash, HasClientSecret: x.HasClientSecret,
		CreatedAt: moment(x.CreatedAt), UpdatedAt: moment(x.UpdatedAt),
	}
	if role == Admin {
		v.ClientID, v.AccessToken, v.OmetriaAPIKey = x.ClientID, x.AccessTokenLast4, x.OmetriaKeyLast4
	}
	return v
}

func (a *api) createAuthentication(ctx context.Context, in request[authenticationBody]) (response, error) {
	b := in.Body
	hash, err := bigcommerce.ParseStoreHash(b.StoreHash)
	if err != nil {
		return response{}, err
	}
	id := connection.NewAuthenticationID()
	err = a.Store.CreateAuthentication(ctx, connection.Authentication{
		ID: id, Name: b.Name, StoreHash: connection.StoreHash(hash), ClientID: b.ClientID,
		AccessTokenLast4: b.AccessToken.Last4(), OmetriaKeyLast4: b.OmetriaAPIKey.Last4(), HasClientSecret: b.ClientSecret != "",
	}, connection.Credentials{OmetriaAPIKey: b.OmetriaAPIKey, ClientSecret: b.ClientSecret, AccessToken: b.AccessToken})
	if err != nil {
		return response{}, err
	}
	made, err := a.Store.Authentication(ctx, id)
	if err != nil {
		return response{}, err
	}
	return response{Status: http.StatusCreated, Body: viewAuthentication(made, in.Role), Location: "/v1/authentications/" + string(id)}, nil
}

func (a *api) listAuthentications(ctx context.Context, in request[empty]) (response, error) {
	cursor, limit, bad := in.page(isID)
	if len(bad) > 0 {
		return response{}, bad
	}
	found, next, err := a.Store.Authentications(ctx, cursor, limit)
	if err != nil {
		return response{}, err
	}
	views := make([]authenticationView, len(found))
	for i, x := range found {
		views[i] = viewAuthentication(x, in.Role)
	}
	return response{Status: http.StatusOK, Body: newList(views, next)}, nil
}

func (a *api) showAuthentication(ctx context.Context, in request[empty]) (response, error) {
	found, err := a.Store.Authentication(ctx, in.Authentication)
	if err != nil {
		return response{}, err
	}
	return response{Status: http.StatusOK, Body: viewAuthentication(found, in.Role)}, nil
}

func (a *api) deleteAuthentication(ctx context.Context, in request[empty]) (response, error) {
	if err := a.Store.DeleteAuthentication(ctx, in.Authentication); err != nil {
		return response{}, err
	}
	return response{Status: http.StatusNoContent}, nil
}

// testAuthentication tries every credential and scope. What fails is an
// answer, not an error.
func (a *api) testAuthentication(ctx context.Context, in request[empty]) (response, error) {
	report, err := a.Inspector.Test(ctx, in.Authentication)
	if err != nil {
		return response{}, a.remoteError(err)
	}
	return response{Status: http.StatusOK, Body: viewReport(report)}, nil
}

// reportView is what a test found: each check, and what a person should
// recognise before going on.
type reportView struct {
	connection.Report
	Store       *testedStore            `json:"store"` // nil when it could not be read
	Currencies  []string                `json:"currencies"`
	Collections []connection.Collection `json:"collections"`
}

type testedStore struct {
	storeView
	Timezone string           `json:"timezone"`
	Theme    connection.Theme `json:"theme"`
}

func viewReport(r connection.Report) reportView {
	v := reportView{Report: r, Currencies: r.Currencies, Collections: r.Collections}
	if v.Checks == nil {
		v.Checks = []connection.Check{}
	}
	if v.Currencies == nil {
		v.Currencies = []string{}
	}
	if v.Collections == nil {
		v.Collections = []connection.Collection{}
	}
	if r.Store != (connection.StoreInfo{}) {
		v.Store = &testedStore{viewStore(r.Store), r.Timezone, r.Theme}
	}
	return v
}

type orderStatusView struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	SystemLabel string `json:"system_label"`
	CustomLabel string `json:"custom_label"`
}

func (a *api) orderStatuses(ctx context.Context, in request[empty]) (response, error) {
	statuses, err := a.Inspector.OrderStatuses(ctx, in.Authentication)
	if err != nil {
		return response{}, a.remoteError(err)
	}
	views := make([]orderStatusView, len(statuses))
	for i, s := range statuses {
		views[i] = orderStatusView{ID: s.ID, Name: s.Name, SystemLabel: s.SystemLabel, CustomLabel: s.CustomLabel}
	}
	return response{Status: http.StatusOK, Body: newList(views, "")}, nil
}

// moment is nil for a time that never was.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
