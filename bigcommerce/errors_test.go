package bigcommerce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRefusals(t *testing.T) {
	cases := map[string]struct {
		status  int
		body    string
		want    APIError
		is      func(error) bool
		text    string
		lasting bool
	}{
		"v2 array": {404, `[{"status":404,"message":"The requested resource was not found."}]`,
			APIError{Message: "The requested resource was not found.", FromAPI: true}, IsNotFound, "status 404: The requested", true},
		"v2 array with details": {413, `[{"status":413,"message":"The specified limit exceeds the maximum allowed.","details":{"max_limit":250}}]`,
			APIError{Message: "The specified limit exceeds the maximum allowed.", FromAPI: true, Fields: map[string]string{"max_limit": "250"}}, nil, "maximum allowed.; max_limit", true},
		"v2 two errors": {400, `[{"status":400,"message":"One."},{"status":400,"message":"Two."}]`,
			APIError{Message: "One.; Two.", FromAPI: true}, nil, "One.; Two.", true},
		"v3 object": {404, `{"status":404,"title":"Webhook with id [7] not found","type":"/api-docs"}`,
			APIError{Title: "Webhook with id [7] not found", FromAPI: true}, IsNotFound, "/v3/hooks/{id}: status 404: Webhook with id [7]", true},
		"v3 fields": {422, `{"status":422,"title":"JSON data is missing or invalid","errors":{"destination":"error.path.missing.","b":["first","second"],"c":{"d":"deep"}}}`,
			APIError{Title: "JSON data is missing or invalid", FromAPI: true,
				Fields: map[string]string{"destination": "error.path.missing.", "b": "first", "b.1": "second", "c.d": "deep"}}, nil,
			"status 422: JSON data is missing or invalid; b; b.1; c.d; destination: error.path.missing.", true},
		"v3 errors in an array": {422, `{"status":422,"title":"Bad","errors":[{"code":9,"message":"m"}]}`,
			APIError{Title: "Bad", FromAPI: true, Fields: map[string]string{"0.code": "9", "0.message": "m"}}, nil, "; 0.message", true},
		"missing scope on v2": {403, `{"status":403,"title":"You don't have a required scope to access the endpoint","errors":{}}`,
			APIError{Title: "You don't have a required scope to access the endpoint", FromAPI: true}, IsForbidden, "required scope", true},
		"no token, plain text": {401, `X-Auth-Token header is required`,
			APIError{Message: "X-Auth-Token header is required"}, IsUnauthorized, "header is required", true},
		"gateway's 404, JSON": {404, `{"status":404,"title":"The route is not found, check the URL"}`,
			APIError{Title: "The route is not found, check the URL", FromAPI: true}, IsUnknownRoute, "route is not found", true},
		"gateway's 404, text": {404, "The route is not found, check the URL",
			APIError{Message: "The route is not found, check the URL"}, IsUnknownRoute, "route is not found", true},
		"gateway's 404, message alone": {404, `{"message":"no Route matched with those values"}`,
			APIError{Message: "no Route matched with those values"}, IsUnknownRoute, "no Route matched", true},
		"404, HTML":          {404, "<html><head><title>404 Not\n Found</title></head><body>x</body></html>", APIError{Message: "404 Not  Found"}, IsUnknownRoute, "404", true},
		"404, empty":         {404, "", APIError{}, IsUnknownRoute, "status 404: Not Found", true},
		"503":                {503, `{"status":503,"title":"Service Unavailable"}`, APIError{Title: "Service Unavailable", FromAPI: true}, IsUnavailable, "503", false},
		"502, HTML":          {502, "<html><h1>Bad Gateway</h1></html>", APIError{}, IsTemporary, "status 502: Bad Gateway", false},
		"500, junk":          {500, `{"title":`, APIError{}, IsTemporary, "status 500", false},
		"500, array of junk": {500, `[1,"x",null]`, APIError{}, IsTemporary, "status 500", false},
		"409": {409, `{"status":409,"title":"Channel already exists with name: \"Facebook by Meta\""}`,
			APIError{Title: "Channel already exists with name: [value]", FromAPI: true}, nil, "already exists", true},
		"507": {507, "", APIError{}, nil, "status 507", true},
		"private text": {400, `{"status":400,"title":"no jane.doe+x@example.co.uk with ` + testToken + `","errors":{"email":"<jane@example.com> taken"}}`,
			APIError{Title: "no [email] with [token]", FromAPI: true, Fields: map[string]string{"email": "<[email]> taken"}}, nil, "[email]", true},
		"code": {400, `{"status":400,"code":20001,"title":"T"}`, APIError{Code: "20001", Title: "T", FromAPI: true}, nil, "T", true},
	}
	predicates := map[string]func(error) bool{"NotFound": IsNotFound, "UnknownRoute": IsUnknownRoute, "Unauthorized": IsUnauthorized,
		"Forbidden": IsForbidden, "Unavailable": IsUnavailable}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			v := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Request-Id", "req-1")
				answer(tc.status, tc.body)(w, r)
			})
			err := v.client.Hooks.Delete(t.Context(), 7)
			e, ok := errors.AsType[*APIError](err)
			require.True(t, ok, "%v", err)
			tc.want.Status, tc.want.RequestID, tc.want.Route = tc.status, "req-1", "/v3/hooks/{id}"
			require.Equal(t, tc.want, *e)
			require.Contains(t, err.Error(), tc.text)
			require.Equal(t, !tc.lasting, IsTemporary(err))
			if tc.is != nil {
				require.True(t, tc.is(fmt.Errorf("wrapped: %w", err)))
			}
			true_ := 0
			for _, is := range predicates {
				if is(err) {
					true_++
				}
			}
			require.LessOrEqual(t, true_, 1, "predicates exclude each other")
		})
	}
}

func TestRefusalsRepeatNothingPrivate(t *testing.T) {
	const secret = "whs-9zK_secret"
	for name, body := range map[string]string{
		"request in the fields":   `{"status":422,"title":"Bad","errors":{"headers":{"X-Webhook-Secret":"` + secret + `"},"first_name":"Jane Doe"}}`,
		"request in the title":    `{"status":422,"title":"cannot take {\"X-Webhook-Secret\":\"` + secret + `\", \"name\":\"Jane Doe\"}","errors":{}}`,
		"request in a message":    `[{"status":422,"message":"no ` + secret + ` for 07700 900-123, 'Jane O'Neil-Doe' or 'Jane"}]`,
		"request as a field name": `{"status":422,"title":"Bad","errors":{"Jane Doe":"x","07700900123":"y","` + secret + `":"z"}}`,
		"request as text":         "cannot take " + secret + " of \"Jane \\\"Jo\\\" Doe\\\n, Jane\", born 1990-01-02",
		"code":                    `{"status":422,"code":"` + secret + `","title":"T"}`,
	} {
		t.Run(name, func(t *testing.T) {
			v := serve(t, answer(422, body))
			input := HookInput{Scope: "store/order/created", Headers: map[string]string{"X-Webhook-Secret": secret, "X-Other": "whs-9zK"}}
			_, created := v.client.Hooks.Create(t.Context(), input)
			_, updated := v.client.Hooks.Update(t.Context(), 7, input)
			for _, err := range []error{created, updated} {
				e, ok := errors.AsType[*APIError](err)
				require.True(t, ok)
				all := err.Error() + e.Code + e.Title + e.Message
				for field, text := range e.Fields {
					all += field
					require.NotContains(t, text, secret)
				}
				for _, private := range []string{"whs-9zK", "_secret", "Jane", "Doe", "Neil", "900", "1990"} {
					require.NotContains(t, all, private)
				}
				require.Contains(t, err.Error(), "status 422")
			}
		})
	}
	v := serve(t, answer(422, `{"status":422,"title":"You don't have what it needs: it's 250 at most","errors":{"destination":"error.path.missing."}}`))
	_, err := v.client.Hooks.Create(t.Context(), HookInput{})
	require.EqualError(t, err, "/v3/hooks: status 422: You don't have what it needs: it's 250 at most; destination: error.path.missing.")
}

func TestErrorTextIsBounded(t *testing.T) {
	v := serve(t, answer(422, `{"title":"`+strings.Repeat(`é\n`, 5000)+`","errors":{"a":"`+strings.Repeat("x", 9000)+`"}}`))
	err := v.client.Hooks.Delete(t.Context(), 7)
	require.LessOrEqual(t, len([]rune(err.Error())), 300)
	require.NotContains(t, err.Error(), "\n")
	e, _ := errors.AsType[*APIError](err)
	require.Len(t, []rune(e.Title), 300)
	require.Len(t, []rune(e.Fields["a"]), 300)
}

func TestQuotaErrors(t *testing.T) {
	cases := map[string]struct {
		header map[string]string
		want   QuotaError
	}{
		"quota used up": {map[string]string{"X-Rate-Limit-Time-Reset-Ms": "12000", "X-Rate-Limit-Time-Window-Ms": "30000",
			"X-Rate-Limit-Requests-Quota": "150", "X-Rate-Limit-Requests-Left": "0"},
			QuotaError{ResetIn: 12 * time.Second, Quota: Quota{Window: 30 * time.Second, Reset: 12 * time.Second, Limit: 150}}},
		"platform load":               {nil, QuotaError{PlatformLoad: true}},
		"platform load, with a wait":  {map[string]string{"Retry-After": "7"}, QuotaError{PlatformLoad: true, ResetIn: 7 * time.Second}},
		"platform load, broken wait":  {map[string]string{"Retry-After": "Thu"}, QuotaError{PlatformLoad: true}},
		"platform load, half headers": {map[string]string{"X-Rate-Limit-Requests-Left": "0"}, QuotaError{PlatformLoad: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			v := serve(t, func(w http.ResponseWriter, r *http.Request) {
				for k, value := range tc.header {
					w.Header().Set(k, value)
				}
				answer(429, `{"status":429,"title":"Too many requests"}`)(w, r)
			})
			_, err := v.client.Customers.Page(t.Context(), CustomerFilter{})
			e, ok := errors.AsType[*QuotaError](err)
			require.True(t, ok, "%v", err)
			tc.want.Route = "/v3/customers"
			require.Equal(t, tc.want, *e)
			require.True(t, IsTemporary(err))
			require.Contains(t, err.Error(), "status 429")
			require.Len(t, v.seen(), 1, "the client must not retry")
		})
	}
}

func TestIsTemporaryOfOtherErrors(t *testing.T) {
	require.False(t, IsTemporary(nil))
	require.False(t, IsTemporary(errors.New("some error")))
	require.False(t, IsTemporary(context.Canceled))
	require.False(t, IsTemporary(&DecodeError{Field: "id"}))
	require.False(t, IsNotFound(nil))
	require.False(t, IsUnknownRoute(errors.New("404")))
}

func TestErrorExamples(t *testing.T) {
	for file, want := range map[string]APIError{
		"error_400_v3.json":                        {Status: 400, Title: "Input is invalid."},
		"error_401_v3.json":                        {Status: 401, Title: "Unauthorized - the v3 Auth client ID or token in the request are not a valid combination for this store."},
		"error_403_v3.json":                        {Status: 403, Title: "Unauthorized Access. You do not have permission to make this request."},
		"error_403_v3_missing_scope_observed.json": {Status: 403, Title: "You don't have a required scope to access the endpoint"},
		"error_404_v2.json":                        {Status: 404, Message: "The requested resource was not found."},
		"error_404_v3.json":                        {Status: 404, Title: "Webhook with id [{webhook_id}] not found"},
		"error_409_v3.json":                        {Status: 409, Title: `Channel already exists with name: "Facebook by Meta", platform: "facebook by meta", and type: "marketplace"`},
		"error_413_v2_observed.json":               {Status: 413, Message: "The specified limit exceeds the maximum allowed.", Fields: map[string]string{"max_limit": "250"}},
		"error_422_v3.json":                        {Status: 422, Title: "JSON data is missing or invalid", Fields: map[string]string{"destination": "error.path.missing."}},
		"error_429_v3.json":                        {Status: 429, Title: "Too many requests"},
		"error_503_v3.json":                        {Status: 503, Title: "Service Unavailable"},
	} {
		got := decodeRefusal(want.Status, spec(t, "examples", file))
		want.FromAPI = true
		require.Equal(t, want, *got, file)
		if want.Status == 404 {
			require.True(t, IsNotFound(got))
		}
	}
}
