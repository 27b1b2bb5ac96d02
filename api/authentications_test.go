package api

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/inspect"
)

func TestAuthentications(t *testing.T) {
	s := newService(t)
	body := authenticationOf(" https://api.bigcommerce.com/stores/abc123/v3/ ")
	got := s.call(adminToken, "POST", "/v1/authentications", body).want(201)
	made := got.object()
	id := made["id"].(string)
	assert.Equal(t, "/v1/authentications/"+id, got.Header.Get("Location"))
	assert.Equal(t, "abc123", made["store_hash"], "the hash is kept of a whole API path")
	assert.Equal(t, "0815", made["access_token_last4"])
	assert.Equal(t, "4711", made["ometria_api_key_last4"])
	assert.Equal(t, true, made["has_client_secret"])

	kept, err := s.store.Credentials(t.Context(), connection.AuthenticationID(id))
	require.NoError(t, err)
	assert.Equal(t, connection.Credentials{OmetriaAPIKey: secretKey, ClientSecret: secretClient, AccessToken: secretToken}, kept)

	assert.Equal(t, made, s.call(adminToken, "GET", "/v1/authentications/"+id, nil).want(200).object())
	seen := s.call(supportToken, "GET", "/v1/authentications/"+id, nil).want(200).object()
	for _, hidden := range []string{"access_token_last4", "ometria_api_key_last4", "client_id"} {
		assert.NotContains(t, seen, hidden, "support does not see credentials")
	}
	assert.Equal(t, "Hats", seen["name"])

	s.call(adminToken, "DELETE", "/v1/authentications/"+id, nil).want(204)
	s.call(adminToken, "GET", "/v1/authentications/"+id, nil).problem(404)
	s.call(adminToken, "DELETE", "/v1/authentications/"+id, nil).problem(404)
}

// No answer and no log holds a secret, whatever is asked.
func TestSecretsNeverComeBack(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	c, err := s.store.Connection(t.Context(), id)
	require.NoError(t, err)
	body := authenticationOf("not a hash")
	answers := []answer{
		s.call(adminToken, "POST", "/v1/authentications", body).want(422),
		s.call(adminToken, "GET", "/v1/authentications", nil).want(200),
		s.call(adminToken, "GET", "/v1/authentications/"+string(c.AuthenticationID), nil).want(200),
		s.call(adminToken, "GET", "/v1/connections/"+string(id), nil).want(200),
	}
	said := s.logs.String()
	for _, a := range answers {
		said += string(a.Body)
	}
	for _, secret := range []string{secretKey, secretToken, secretClient, s.secret(id), adminToken, supportToken} {
		assert.NotContains(t, said, secret)
	}
}

func TestAuthenticationInUseStays(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	c, err := s.store.Connection(t.Context(), id)
	require.NoError(t, err)
	path := "/v1/authentications/" + string(c.AuthenticationID)
	p := s.call(adminToken, "DELETE", path, nil).problem(409)
	assert.Contains(t, p.Detail, "a connection uses this authentication")
	s.call(adminToken, "GET", path, nil).want(200)
}

func TestListsAreWalkedByCursor(t *testing.T) {
	s := newService(t)
	var made []string
	for _, hash := range []string{"a1", "a2", "a3", "a4", "a5"} {
		made = append(made, s.authentication(hash))
	}
	slices.Sort(made)
	var walked []string
	pages, cursor := 0, ""
	for more := true; more; pages++ {
		var page list[authenticationView]
		s.call(adminToken, "GET", "/v1/authentications?limit=2&cursor="+cursor, nil).want(200).into(&page)
		for _, x := range page.Data {
			walked = append(walked, string(x.ID))
		}
		if more = page.NextCursor != nil; more {
			cursor = *page.NextCursor
		}
	}
	assert.Equal(t, made, walked)
	assert.Equal(t, 3, pages)

	for _, query := range []string{"limit=0", "limit=251", "limit=ten", "limit=-1"} {
		p := s.call(adminToken, "GET", "/v1/authentications?"+query, nil).problem(422)
		assert.Equal(t, []connection.FieldError{field("limit", "invalid", "use a whole number from 1 to 250")}, p.Errors)
	}
	s.call(adminToken, "GET", "/v1/authentications?cursor=%00", nil).problem(422)
	s.call(adminToken, "GET", "/v1/connections/"+string(s.connection("a6"))+"/records?cursor=nonsense", nil).problem(422)
}

func TestTestAuthentication(t *testing.T) {
	s := newService(t)
	path := "/v1/authentications/" + s.authentication("abc1") + "/test"
	s.inspector.report = connection.Report{OK: false, Checks: []connection.Check{
		{Name: "BigCommerce: orders", OK: false, Message: "lacks Orders: read-only", Failure: connection.FailureMissingScope},
	}, HoldsContacts: true}
	for _, token := range []string{adminToken, supportToken} {
		got := s.call(token, "POST", path, nil).want(200)
		assert.JSONEq(t, `{"ok":false,"checks":[{"name":"BigCommerce: orders","ok":false,"message":"lacks Orders: read-only"}],"store":null,"currencies":[],"collections":[]}`, string(got.Body))
	}
}

func TestOrderStatuses(t *testing.T) {
	s := newService(t)
	path := "/v1/authentications/" + s.authentication("abc1") + "/order-statuses"
	s.inspector.statuses = []bigcommerce.OrderStatus{{ID: 2, Name: "Shipped", SystemLabel: "Shipped", CustomLabel: "On its way"}}
	got := s.call(supportToken, "GET", path, nil).want(200)
	assert.JSONEq(t, `{"data":[{"id":2,"name":"Shipped","system_label":"Shipped","custom_label":"On its way"}],"next_cursor":null}`, string(got.Body))

	cause := errors.New("connection reset by 10.1.2.3")
	s.inspector.err = &inspect.AccountError{Account: "BigCommerce", Detail: "try again in a minute", Err: cause}
	assert.Equal(t, "try again in a minute", s.call(adminToken, "GET", path, nil).problem(502).Detail)
	s.inspector.err = &inspect.AccountError{Account: "BigCommerce", Detail: "the budget is spent", RetryIn: 1500 * time.Millisecond, Err: cause}
	got = s.call(adminToken, "GET", path, nil)
	assert.Equal(t, "the budget is spent", got.problem(503).Detail)
	assert.Equal(t, "2", got.Header.Get("Retry-After"))
	s.inspector.err = cause // of our own making
	assert.NotContains(t, s.call(adminToken, "GET", path, nil).problem(500).Detail, "10.1.2.3")
}
