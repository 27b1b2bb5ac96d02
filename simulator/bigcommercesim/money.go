package bigcommercesim

import (
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// money is an amount in hundredths of the currency.
type money int64

// text has the four decimals of orders.
func (m money) text() string {
	out := make([]byte, 0, 16)
	if m < 0 {
		out, m = append(out, '-'), -m
	}
	out = strconv.AppendInt(out, int64(m/100), 10)
	return string(append(out, '.', byte('0'+m/10%10), byte('0'+m%10), '0', '0'))
}

func (m money) number() float64 { return float64(m) / 100 }

// tax is the tax on a net amount: 8.25 %, rounded.
func (m money) tax() money { return (m*825 + 5000) / 10_000 }

// moneyOf reads an amount of an order; anything unreadable is zero.
func moneyOf(amount string) money {
	if whole, cents, ok := strings.Cut(strings.TrimSuffix(amount, "00"), "."); ok && len(cents) == 2 {
		if n, err := strconv.ParseInt(whole+cents, 10, 64); err == nil {
			return money(n) // the form that text writes
		}
	}
	d, err := decimal.NewFromString(amount)
	if err != nil {
		return 0
	}
	return money(d.Shift(2).Round(0).IntPart())
}

func moneyFrom(amount float64) money {
	return money(decimal.NewFromFloat(amount).Shift(2).Round(0).IntPart())
}
