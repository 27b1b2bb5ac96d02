package bigcommercesim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMoney(t *testing.T) {
	for amount, want := range map[string]money{
		"0.0000": 0, "12.5000": 1250, "-3.0500": -305, "-0.0500": -5, "7": 700, "7.5": 750, "100": 10000, "1.00": 100, "8.129": 813, "": 0, "x": 0,
	} {
		require.Equal(t, want, moneyOf(amount), amount)
	}
	for _, m := range []money{0, 5, 50, 105, 123456, -5, -305} {
		require.Equal(t, m, moneyOf(m.text()), m.text())
	}
	require.Equal(t, "-0.0500", money(-5).text())
	require.Equal(t, money(825), money(10_000).tax())
}
