package bigcommercesim

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// money is an amount in hundredths of the currency.
type money int64

// text has the four decimals of orders.
func (m money) text() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d.%02d00", sign, m/100, m%100)
}

func (m money) number() float64 { return float64(m) / 100 }

// taxed is the tax on a net amount: 8.25 %, rounded.
func (m money) tax() money { return (m*825 + 5000) / 10_000 }

// moneyOf reads an amount of an order; anything unreadable is zero.
func moneyOf(amount string) money {
	d, err := decimal.NewFromString(amount)
	if err != nil {
		return 0
	}
	return money(d.Shift(2).Round(0).IntPart())
}

func moneyFrom(amount float64) money {
	return money(decimal.NewFromFloat(amount).Shift(2).Round(0).IntPart())
}
