package bigcommercesim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeactivatedHooksTellNothing(t *testing.T) {
	o := DefaultOptions()
	o.Customers, o.Subscribers, o.Products, o.Orders = 1, 1, 1, 1
	s, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	n, undelivered := s.DeactivateHooks()
	require.Zero(t, n)
	require.Empty(t, undelivered)
	s.mu.Lock()
	s.saveHook(&hook{ID: s.hooks.next, ClientID: o.ClientID, Scope: "store/customer/*", Destination: "http://127.0.0.1:1/", IsActive: true})
	s.mu.Unlock()
	_, _, err = s.Create("customers", map[string]any{"email": "told@example.com"})
	require.NoError(t, err)
	n, undelivered = s.DeactivateHooks() // nobody listens there, so it waits for its next attempt
	require.Equal(t, 1, n)
	require.Len(t, undelivered, 1)
	require.Contains(t, string(undelivered[0]), "store/customer/created")
	n, _ = s.DeactivateHooks()
	require.Zero(t, n)
	require.False(t, s.State().Hooks[0].IsActive)
	_, _, err = s.Create("customers", map[string]any{"email": "untold@example.com"})
	require.NoError(t, err)
	after := s.Webhooks()
	require.Equal(t, 1, after.Pending+after.GivenUp, "no second one")
}
