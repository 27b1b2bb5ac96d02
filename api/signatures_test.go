package api

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// sign makes the headers that BigCommerce sends with a body, in pairs.
func sign(t *testing.T, secret, body string, at time.Time) []string {
	t.Helper()
	signer, err := standardwebhooks.NewWebhookRaw([]byte(secret))
	require.NoError(t, err)
	made, err := signer.Sign("msg_1", at, []byte(body))
	require.NoError(t, err)
	return []string{
		"Webhook-Id", "msg_1", "Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10), "Webhook-Signature", "v1,bm90IG91cnM= " + made,
	}
}

// attention are the codes that a connection shows.
func (s *service) attention(id connection.ID) []string {
	s.t.Helper()
	c, err := s.store.Connection(s.t.Context(), id)
	require.NoError(s.t, err)
	codes := []string{}
	for _, a := range c.Attention {
		codes = append(codes, a.Code)
	}
	return codes
}

func (s *service) deliverSigned(id connection.ID, body string, signature []string) {
	s.t.Helper()
	headers := append([]string{connection.WebhookSecretHeader, s.secret(id)}, signature...)
	s.call("", "POST", "/webhooks/bigcommerce/"+string(id), body, headers...).want(http.StatusOK)
}

func TestSignatureIsCountedAndShownAndNeverHeldAgainstADelivery(t *testing.T) {
	s, count := watched(t)
	id := s.connection("abc1")
	order := delivery("store/order/created", `{"type":"order","id":250}`)
	signed := func(result string) float64 { return gathered(t, s.gatherer, "obc_webhook_signatures_total", result) }

	s.deliverSigned(id, order, nil)
	assert.Equal(t, 1.0, signed("missing"))
	s.deliverSigned(id, order, sign(t, "another", order, time.Now())[:4])
	assert.Equal(t, 2.0, signed("missing"))
	assert.Empty(t, s.attention(id), "whether BigCommerce sends these headers is not known")

	s.deliverSigned(id, order, sign(t, secretClient, order, time.Now().Add(-47*time.Hour)))
	assert.Equal(t, 1.0, signed("valid"), "a retry is as good as the first try")
	assert.Empty(t, s.attention(id))

	s.deliverSigned(id, order, sign(t, "another", order, time.Now()))
	assert.Equal(t, 1.0, signed("mismatch"))
	assert.Equal(t, []string{"webhook_signature"}, s.attention(id))
	s.deliverSigned(id, order, sign(t, secretClient, "another body", time.Now()))
	assert.Equal(t, 2.0, signed("mismatch"))

	s.deliverSigned(id, order, sign(t, secretClient, order, time.Now()))
	assert.Equal(t, 2.0, signed("valid"))
	assert.Empty(t, s.attention(id))
	assert.Equal(t, 6.0, count("accepted"))
	assert.True(t, s.dirty(key(id, connection.Orders, 250)))
	assert.NotContains(t, s.logs.String(), secretClient)
}

// Thousands of deliveries with a wrong signature write no more than one word.
func TestSignaturesCostNoWriteADelivery(t *testing.T) {
	s, _ := watched(t)
	id := s.connection("abc1")
	nothing := delivery("store/cart/created", `{"type":"cart","id":7}`)
	wrong, right := sign(t, "another", nothing, time.Now()), sign(t, secretClient, nothing, time.Now())
	s.deliverSigned(id, nothing, wrong)
	before := s.version(id)
	for range 20 {
		s.deliverSigned(id, nothing, wrong)
	}
	assert.Equal(t, before, s.version(id))
	for range 20 { // by turns: shown once, taken back once
		s.deliverSigned(id, nothing, right)
		s.deliverSigned(id, nothing, wrong)
	}
	assert.Empty(t, s.attention(id))
	after := s.version(id)
	s.deliverSigned(id, nothing, wrong)
	assert.Equal(t, after, s.version(id))
}

// version is the moment at which a connection was last rewritten.
func (s *service) version(id connection.ID) time.Time {
	s.t.Helper()
	c, err := s.store.Connection(s.t.Context(), id)
	require.NoError(s.t, err)
	return c.UpdatedAt
}

func TestSignatureOfANewAuthentication(t *testing.T) {
	s, _ := watched(t)
	id := s.connection("abc1")
	order := delivery("store/order/created", `{"type":"order","id":250}`)
	s.deliverSigned(id, order, sign(t, secretClient, order, time.Now()))
	signed := func(result string) float64 { return gathered(t, s.gatherer, "obc_webhook_signatures_total", result) }

	next := authenticationOf("abc1")
	next["client_secret"] = "the-next-client-secret"
	made, _ := s.call(adminToken, "POST", "/v1/authentications", next).want(201).object()["id"].(string)
	_, err := s.store.UpdateConnection(t.Context(), id, 0, func(c *connection.Connection) error {
		c.AuthenticationID = connection.AuthenticationID(made)
		return nil
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		s.deliverSigned(id, order, sign(t, "the-next-client-secret", order, time.Now()))
		return signed("valid") == 2
	}, 10*time.Second, 50*time.Millisecond)
}

func TestWithoutClientSecretNothingIsChecked(t *testing.T) {
	s, count := watched(t)
	without := authenticationOf("abc1")
	delete(without, "client_secret")
	made, _ := s.call(adminToken, "POST", "/v1/authentications", without).want(201).object()["id"].(string)
	body := map[string]any{"authentication_id": made, "identification_code": "code", "timezone": "Europe/London"}
	created, _ := s.call(adminToken, "POST", "/v1/connections", body).want(202).object()["id"].(string)
	id := connection.ID(created)
	order := delivery("store/order/created", `{"type":"order","id":250}`)
	s.deliverSigned(id, order, nil)
	s.deliverSigned(id, order, sign(t, "any", order, time.Now()))
	assert.Equal(t, 2.0, count("accepted"))
	for _, result := range signatureResults {
		assert.Zero(t, gathered(t, s.gatherer, "obc_webhook_signatures_total", string(result)))
	}
	assert.Empty(t, s.attention(id))
}

// Behind a guessed secret header even the right signature is worth nothing.
func TestSignatureAloneOpensNoDoor(t *testing.T) {
	s, count := watched(t)
	id := s.connection("abc1")
	order := delivery("store/order/created", `{"type":"order","id":250}`)
	headers := append([]string{connection.WebhookSecretHeader, "guess"}, sign(t, secretClient, order, time.Now())...)
	s.call("", "POST", "/webhooks/bigcommerce/"+string(id), order, headers...).problem(http.StatusUnauthorized)
	assert.Equal(t, 1.0, count("forged"))
	assert.Zero(t, gathered(t, s.gatherer, "obc_webhook_signatures_total", "valid"))
}
