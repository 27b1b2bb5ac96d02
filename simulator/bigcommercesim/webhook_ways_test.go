package bigcommercesim_test

import (
	"fmt"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

func TestSignaturesToOrder(t *testing.T) {
	s, r := store(t, nil), receive(t)
	r.hook(t, s, "store/category/updated")
	verifier, err := standardwebhooks.NewWebhookRaw([]byte("bigcommerce-secret"))
	require.NoError(t, err)
	deliver := func(ways bigcommercesim.Delivery) received {
		t.Helper()
		require.NoError(t, s.SetDelivery(ways))
		_, err := s.Update("categories", 18, object{"name": "Renamed " + ways.Signature})
		require.NoError(t, err)
		return r.take(t, s, 1)[0]
	}
	right := deliver(bigcommercesim.Delivery{})
	require.Equal(t, object{"type": "category", "id": 18.0}, right.Data)
	require.NoError(t, verifier.VerifyIgnoringTimestamp(right.body, right.header))
	wrong := deliver(bigcommercesim.Delivery{Signature: bigcommercesim.WrongSignature})
	require.ErrorIs(t, verifier.VerifyIgnoringTimestamp(wrong.body, wrong.header), standardwebhooks.ErrNoMatchingSignature)
	require.Equal(t, "s3", wrong.header.Get("X-Secret"))
	none := deliver(bigcommercesim.Delivery{Signature: bigcommercesim.NoSignature})
	require.Empty(t, none.header.Get("webhook-signature"))
	require.Error(t, s.SetDelivery(bigcommercesim.Delivery{Signature: "odd"}))
}

func TestForgedDeliveriesComeAlong(t *testing.T) {
	s, r := store(t, nil), receive(t)
	r.hook(t, s, "store/customer/updated")
	require.NoError(t, s.SetDelivery(bigcommercesim.Delivery{Forge: 1}))
	_, err := s.Update("customers", 1, object{"company": "X"})
	require.NoError(t, err)
	secrets := map[string]int{}
	for _, one := range r.take(t, s, 2) {
		secrets[one.header.Get("X-Secret")]++
	}
	require.Equal(t, map[string]int{"s3": 1, "guessed": 1}, secrets)
	counts := s.Webhooks()
	require.Equal(t, 1, counts.Forged)
	require.Equal(t, 1, counts.Delivered)
}

// Of a hundred deliveries more than a tenth went wrong: the domain gets nothing
// for a while.
func TestDomainIsBlockedWhenTooFewAnswersAreGood(t *testing.T) {
	s, r := store(t, func(o *bigcommercesim.Options) { o.WebhookRetryScale = 0.25 }), receive(t)
	r.hook(t, s, "store/customer/updated")
	r.mu.Lock()
	r.fail = 30
	r.mu.Unlock()
	for id := range 100 {
		_, err := s.Update("customers", int64(id%20)+1, object{"company": fmt.Sprint(id)})
		require.NoError(t, err)
	}
	type admin struct {
		Data struct {
			Blocked []struct {
				Destination string
				TimeLeft    int64 `json:"time_left"`
				Reasons     []object
			} `json:"blocked_domains"`
		}
	}
	require.Eventually(t, func() bool { return s.Webhooks().Blocked == 1 }, 20*time.Second, time.Millisecond)
	blocked := get[admin](t, s, "/v3/hooks/admin").Data.Blocked
	require.Len(t, blocked, 1)
	require.Equal(t, r.Listener.Addr().String(), blocked[0].Destination)
	require.Positive(t, blocked[0].TimeLeft)
	require.Equal(t, 30.0, blocked[0].Reasons[0]["count"])

	_, err := s.Update("customers", 1, object{"company": "while it is blocked"})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.Webhooks().Failed == 31 }, 10*time.Second, time.Millisecond)
	require.Equal(t, 70, s.Webhooks().Delivered)
	require.Equal(t, 31, s.Webhooks().Pending, "all of them wait for a retry")
}
