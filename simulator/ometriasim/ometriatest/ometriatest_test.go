package ometriatest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim/ometriatest"
)

// recorder is a test that notes instead of failing.
type recorder struct {
	testing.TB
	said     []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

// TestAWrongPushFailsTheTest also says, when it is skipped, that no test of
// this run holds its pushes to the schemas.
func TestAWrongPushFailsTheTest(t *testing.T) {
	if ometriatest.SchemaDir(t) == "" {
		t.Skip("pushes are held to required fields alone: the schemas of Ometria's records are not here, set OBC_SPECS")
	}
	r := &recorder{TB: t}
	s := ometriatest.New(r, ometriasim.DefaultOptions())
	push := httptest.NewRequest(http.MethodPost, "/v2/push", strings.NewReader(`[{"@type":"order","id":"1","grand_totl":12.5,"@merge":true}]`))
	push.Header.Set("X-Ometria-Auth", "ometria-key")
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, push)
	require.Equal(t, 200, answer.Code)
	for _, f := range r.cleanups {
		f()
	}
	assert.Equal(t, []string{"a push breaks Ometria's contract: order 1: additional properties 'grand_totl' not allowed"}, r.said)
}
