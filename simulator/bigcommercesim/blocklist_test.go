package bigcommercesim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBlockedDomainsByTheClock(t *testing.T) {
	now := time.Now()
	noteAll := func(d *domains, good, bad int) (blocked bool) {
		for n := range good + bad {
			blocked = d.note("a.example.com", n < good, now) || blocked
		}
		return blocked
	}
	d := newDomains(1)
	require.False(t, noteAll(&d, 0, 99), "too few to tell")
	d = newDomains(1)
	require.False(t, noteAll(&d, 900, 100), "nine of ten are enough")
	require.True(t, d.note("a.example.com", false, now))
	require.Equal(t, 3*time.Minute, d.left("a.example.com", now))
	require.Zero(t, d.left("b.example.com", now))
	require.Zero(t, d.left("a.example.com", now.Add(3*time.Minute)))
	d = newDomains(1)
	require.False(t, noteAll(&d, 0, 99))
	now = now.Add(2*time.Minute + time.Second)
	require.False(t, noteAll(&d, 0, 1), "what was long ago does not count")
	require.Equal(t, "shop.example.com:8443", domainOf("https://Shop.example.com:8443/webhooks/x"))
}
