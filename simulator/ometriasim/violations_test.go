package ometriasim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

func violations(s *ometriasim.Server) []string {
	list := []string{}
	for _, v := range s.Violations() {
		list = append(list, v.String())
	}
	return list
}

func TestUnknownFieldIsStoredAndAViolation(t *testing.T) {
	s := open(t, func(o *ometriasim.Options) { o.SchemaDir = specs(t) })
	push(t, s, `{"@type":"product","id":"1","colour":"red"}`)
	require.Empty(t, s.Account("").Errors(), "that Ometria refuses unknown fields is not known")
	require.Equal(t, []string{"1"}, s.Account("").IDs("product", ""))
	require.Equal(t, []string{"product 1: additional properties 'colour' not allowed"}, violations(s))

	var listed []ometriasim.Violation
	require.NoError(t, json.Unmarshal(call(s, "GET", "/_simulator/violations", "", "").Body.Bytes(), &listed))
	require.Equal(t, s.Violations(), listed)
	require.Equal(t, 1, s.Account("").Counts().Violations)
}

func TestStrictHoldsOurSenderToMore(t *testing.T) {
	whole := strings.Replace(jane, `"firstname":"Jane"`, `"@merge":true,"timestamp_acquired":"2026-01-02T03:04:05Z"`, 1)
	for name, c := range map[string]struct {
		record string
		want   []string
	}{
		"whole order":      {order, []string{}},
		"part of an order": {`{"@type":"order","id":"2","status":"cancelled","is_valid":false,"@merge":true}`, []string{}},
		"order cut short": {`{"@type":"order","id":"1","status":"cancelled","is_valid":false}`,
			[]string{"order 1: missing properties 'timestamp', 'grand_total', 'currency', 'lineitems'"}},
		"whole contact":     {whole, []string{}},
		"part of a contact": {`{"@type":"contact","@collection":"subscribers","id":"3","marketing_optin":"EXPLICITLY_OPTEDOUT","@merge":true}`, []string{}},
		"time without zone": {strings.Replace(whole, "05Z", "05", 1), nil},
		"boolean opt-in in a part": {`{"@type":"contact","@collection":"subscribers","id":"3","marketing_optin":false,"@merge":true}`,
			[]string{"contact subscribers/3: marketing_optin: value must be one of 'EXPLICITLY_OPTEDIN', 'EXPLICITLY_OPTEDOUT', 'NOT_SPECIFIED'"}},
		"e-mail as id": {strings.Replace(whole, `"id":"7"`, `"id":"a@b.example"`, 1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, func(o *ometriasim.Options) { o.SchemaDir, o.Strict = specs(t), true })
			push(t, s, c.record)
			if c.want == nil {
				require.NotEmpty(t, s.Violations())
			} else {
				require.Equal(t, c.want, violations(s))
			}
			require.Empty(t, s.Account("").Errors(), "Ometria itself takes it")
		})
	}
}

func TestRefusalsAreViolations(t *testing.T) {
	s := open(t, func(o *ometriasim.Options) { o.RejectTooLarge = true })
	push(t, s, `{"@type":"contact","id":"1"}`)
	push(t, s, fmt.Sprintf(`{"@type":"contact","id":"1","email":"a@example.com","firstname":"%s"}`, strings.Repeat("x", 60_000)))
	require.Equal(t, 400, call(s, "POST", "/v2/push", key, "["+jane+","+order+"]").Code)
	require.Equal(t, []string{
		"contact default/1: email: missing required field",
		"contact default/1: Record is too large",
		"push: Payload invalid: records of more than one @type",
	}, violations(s))
}

func TestRejectedAtOnce(t *testing.T) {
	s := open(t, func(o *ometriasim.Options) { o.RejectAtOnce = true })
	got := push(t, s, jane, `{"@type":"contact","id":"1"}`)
	require.Equal(t, [2]int{1, 1}, [2]int{got.Accepted, got.Rejected})
	require.Empty(t, s.Account("").Errors())
	require.Len(t, s.Violations(), 1)
}

func TestOrderedRefusalsAreNoViolations(t *testing.T) {
	s := open(t, nil)
	require.NoError(t, s.Account("").Reject(ometriasim.Rule{Type: "order", ID: "100"}))
	require.NoError(t, s.Account("").Reject(ometriasim.Rule{Type: "product", ID: "77", When: "now"}))
	push(t, s, order)
	push(t, s, hat)
	require.Len(t, s.Account("").Errors(), 1)
	require.Empty(t, s.Violations())
}

func TestViolationsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, func(o *ometriasim.Options) { o.Dir = dir })
	push(t, s, `{"@type":"order","id":"9"}`)
	require.Len(t, s.Violations(), 1)
	again := open(t, func(o *ometriasim.Options) { o.Dir = dir })
	require.Equal(t, s.Violations(), again.Violations())
}
