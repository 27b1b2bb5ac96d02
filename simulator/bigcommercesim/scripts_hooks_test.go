package bigcommercesim_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

const tag = `{"name":"Tag %d","src":"https://cdn.example.com/a.js","kind":"src","location":"footer","visibility":"storefront","consent_category":"analytics"}`

func TestScripts(t *testing.T) {
	s := store(t, nil)
	for name, body := range map[string]string{
		"empty":        `{}`,
		"http":         `{"name":"a","kind":"src","src":"http://cdn.example.com/a.js"}`,
		"two tags":     `{"name":"a","kind":"script_tag","html":"<script></script><script></script>"}`,
		"html and src": `{"name":"a","kind":"src","src":"https://cdn.example.com/a.js","html":"<script></script>"}`,
		"no enum":      `{"name":"a","kind":"src","src":"https://cdn.example.com/a.js","location":"middle"}`,
		"channel":      `{"name":"a","kind":"src","src":"https://cdn.example.com/a.js","channel_id":2}`,
	} {
		require.Equal(t, 422, call(s, "POST", "/v3/content/scripts", body).Code, name)
	}
	require.Equal(t, 415, send(s, "POST", "/stores/simstore/v3/content/scripts", "", "X-Auth-Token", "bigcommerce-token").Code)
	var uuids []string
	for n := range 10 {
		w := call(s, "POST", "/v3/content/scripts", fmt.Sprintf(tag, n))
		require.Equal(t, 200, w.Code, w.Body)
		uuids = append(uuids, dataOf(t, w.Body.Bytes())["uuid"].(string))
	}
	require.Equal(t, 422, call(s, "POST", "/v3/content/scripts", fmt.Sprintf(tag, 11)).Code, "ten an account")
	require.Len(t, get[page](t, s, "/v3/content/scripts").Data, 10)

	one := "/v3/content/scripts/" + uuids[0]
	require.Equal(t, 200, call(s, "PUT", one, `{"name":"Renamed","enabled":false}`).Code)
	got := get[struct{ Data object }](t, s, one).Data
	require.Equal(t, []any{"Renamed", false, "https://cdn.example.com/a.js"}, []any{got["name"], got["enabled"], got["src"]})
	require.Equal(t, 204, call(s, "DELETE", one, "").Code)
	require.Equal(t, 404, call(s, "DELETE", one, "").Code)
	require.Equal(t, 404, call(s, "GET", one, "").Code)
}

func dataOf(t *testing.T, raw []byte) object {
	t.Helper()
	var v struct{ Data object }
	require.NoError(t, json.Unmarshal(raw, &v))
	return v.Data
}

const listen = `{"scope":"%s","destination":"%s","is_active":true,"headers":{"X-Secret":"s3"}}`

func TestHooks(t *testing.T) {
	s := store(t, nil)
	const here = "https://example.com/hooks"
	for name, body := range map[string]string{
		"empty":     `{}`,
		"http":      fmt.Sprintf(listen, "store/order/created", "http://example.com/hooks"),
		"port":      fmt.Sprintf(listen, "store/order/created", "https://example.com:8443/hooks"),
		"scope":     fmt.Sprintf(listen, "store/nonsense/created", here),
		"bad scope": fmt.Sprintf(listen, "order created", here),
	} {
		require.Equal(t, 422, call(s, "POST", "/v3/hooks", body).Code, name)
	}
	require.Equal(t, 400, call(s, "POST", "/v3/hooks", `{`).Code)
	w := call(s, "POST", "/v3/hooks", fmt.Sprintf(listen, "store/order/created", here))
	require.Equal(t, 200, w.Code)
	made := dataOf(t, w.Body.Bytes())
	require.Equal(t, []any{"bigcommerce-client", "simstore", true, object{"X-Secret": "s3"}},
		[]any{made["client_id"], made["store_hash"], made["is_active"], made["headers"]})
	require.Equal(t, 409, call(s, "POST", "/v3/hooks", fmt.Sprintf(listen, "store/order/created", here)).Code)
	for n := range 9 {
		w := call(s, "POST", "/v3/hooks", fmt.Sprintf(listen, "store/order/created", fmt.Sprintf("%s/%d", here, n)))
		require.Equal(t, 200, w.Code)
	}
	require.Equal(t, 422, call(s, "POST", "/v3/hooks", fmt.Sprintf(listen, "store/order/created", here+"/10")).Code)

	one := fmt.Sprintf("/v3/hooks/%.0f", made["id"])
	require.Equal(t, 200, call(s, "PUT", one, `{"is_active":false}`).Code)
	require.Len(t, get[page](t, s, "/v3/hooks?is_active=false").Data, 1)
	require.Len(t, get[page](t, s, "/v3/hooks?destination="+here).Data, 1)
	require.Equal(t, made["id"], dataOf(t, call(s, "DELETE", one, "").Body.Bytes())["id"])
	w = call(s, "GET", one, "")
	require.Equal(t, 404, w.Code)
	require.Contains(t, w.Body.String(), "Webhook with id [")
}

func TestAccountsSeeOnlyTheirOwn(t *testing.T) {
	s := store(t, nil)
	require.Equal(t, 200, call(s, "POST", "/v3/hooks", fmt.Sprintf(listen, "store/order/created", "https://example.com/a")).Code)
	require.Equal(t, 200, call(s, "POST", "/v3/content/scripts", fmt.Sprintf(tag, 1)).Code)
	second := bigcommercesim.APIAccount{AccessToken: "second", ClientID: "two", Scopes: bigcommercesim.DefaultScopes()}
	require.NoError(t, s.AddAccount(second))
	require.Error(t, s.AddAccount(second))
	as := func(path string) page {
		var p page
		w := send(s, "GET", "/stores/simstore"+path, "", "X-Auth-Token", "second")
		require.Equal(t, 200, w.Code)
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
		return p
	}
	require.Empty(t, as("/v3/hooks").Data)
	require.Empty(t, as("/v3/content/scripts").Data)

	require.NoError(t, s.RemoveAccount("bigcommerce-client"))
	require.Equal(t, 401, call(s, "GET", "/v2/time", "").Code)
	require.Empty(t, s.State().Hooks, "hooks go with their account")
	require.Len(t, s.State().Scripts, 1, "scripts stay, orphaned")
	require.ErrorIs(t, s.RemoveAccount("bigcommerce-client"), bigcommercesim.ErrNotFound)
}
