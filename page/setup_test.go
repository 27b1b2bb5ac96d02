package page

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// setupCase is a connection and what its timeline says, step by step, with the
// tone before it.
type setupCase struct {
	c    apiclient.Connection
	want []string
}

func setupCases() map[string]setupCase {
	store := apiclient.Store{Name: "Shoes", Domain: "shoes.example.com", Currency: "USD", Plan: "Pro"}
	progress := map[string]apiclient.Progress{"orders": {Total: 4563, Accepted: 4490, Rejected: 70, Skipped: 3}}
	up := apiclient.Health{}
	up.Credentials.OK, up.Script.Installed, up.Hooks.Active = true, true, 9
	refused := apiclient.Health{}
	fine := apiclient.Health{}
	fine.Credentials.OK = true
	const accepted = "good were accepted: Shoes, USD, Pro plan."
	return map[string]setupCase{
		"webhooks refused": {
			apiclient.Connection{Status: "failed", Phase: "failed", Store: store, Health: refused, Failure: &apiclient.Failure{Code: "MissingScope", Step: "webhooks"}},
			[]string{"warn passed the check, but a later step was refused; see above.", " was put in and taken out again.", "bad were not created; see above.", " has not begun."},
		},
		"script refused": {
			apiclient.Connection{Status: "failed", Phase: "failed", Store: store, Health: fine, Failure: &apiclient.Failure{Code: "ScriptRefused"}},
			[]string{accepted, "bad was not put in; see above.", " were not begun.", " has not begun."},
		},
		"credentials refused": {
			apiclient.Connection{Status: "failed", Phase: "failed", Store: store, Health: refused, Failure: &apiclient.Failure{Code: "InvalidCredentials"}},
			[]string{"bad did not pass; see above.", " was not begun.", " were not begun.", " has not begun."},
		},
		"gave up somewhere": {
			apiclient.Connection{Status: "failed", Phase: "failed", Health: fine, Failure: &apiclient.Failure{Code: "SetupGaveUp"}},
			[]string{" were not checked.", " was not finished.", " were not finished.", " has not begun."},
		},
		"gave up at the bulk sync, with the script left": {
			apiclient.Connection{Status: "failed", Phase: "failed", Store: store, Health: up, Failure: &apiclient.Failure{Code: "SetupGaveUp", Step: "schedules"}},
			[]string{accepted, "warn was put in and is still there.", "warn were created and are still there.", "bad did not begin; see above."},
		},
		"paused when the history is in": {
			apiclient.Connection{Status: "paused", Phase: "connected", Store: store, Health: up, Progress: progress},
			[]string{accepted, "good was put into 0 storefronts.", "good were created: 9.", "good is in: Ometria accepted 4,490 of 4,563 records, 70 failed, 3 skipped."},
		},
		"paused before it is in": {
			apiclient.Connection{Status: "paused", Phase: "syncing", Store: store, Health: up, Progress: map[string]apiclient.Progress{"orders": {Total: 10, Accepted: 4}}},
			[]string{accepted, "good was put into 0 storefronts.", "good were created: 9.", " has dealt with 4 of 10 records and is paused."},
		},
		"script gone": {
			apiclient.Connection{Status: "connected", Phase: "connected", Health: fine},
			[]string{"good were accepted.", "warn is not in the storefront any more.", "warn are not active any more.", "good is in: Ometria accepted 0 of 0 records."},
		},
		"checking": {
			apiclient.Connection{Status: "validating", Store: store},
			[]string{"busy are checked.", " is put into the storefront.", " are created.", " sends the history."},
		},
		"being removed": {
			apiclient.Connection{Status: "removing", Store: store},
			[]string{"busy takes webhooks and JavaScript tracking out of the store and erases the credentials."},
		},
	}
}

func TestSetupSaysWhatHappened(t *testing.T) {
	for name, c := range setupCases() {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, step := range stepsOf(c.c) {
				got = append(got, step.Tone+" "+step.Text)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// What the API would refuse is not offered.
func TestActionsGoByStatus(t *testing.T) {
	all := []string{"Reconcile now", "Look at everything", ">Re-sync<", "Update JavaScript tracking<", "Confirm the deletions", "Replace the authentication", ">Edit<", ">Remove<", ">Pause<", ">Resume<", "Set up again"}
	for status, shown := range map[string][]string{
		"connected": {"Reconcile now", "Look at everything", ">Re-sync<", "Update JavaScript tracking<", "Confirm the deletions", "Replace the authentication", ">Edit<", ">Remove<", ">Pause<"},
		"paused":    {"Reconcile now", "Look at everything", ">Re-sync<", "Update JavaScript tracking<", "Confirm the deletions", "Replace the authentication", ">Edit<", ">Remove<", ">Resume<"},
		"failed":    {"Confirm the deletions", "Replace the authentication", ">Edit<", ">Remove<", "Set up again"},
		"removing":  nil,
	} {
		t.Run(status, func(t *testing.T) {
			b := newBrowser(t, map[string]any{"GET /v1/connections/c1": map[string]any{
				"id": "c1", "status": status, "attention": []any{map[string]any{"code": "mass_deletion"}},
			}}, "")
			b.signIn(adminToken)
			page := b.do(http.MethodGet, "/connections/c1", nil).text
			var got []string
			for _, button := range all {
				if strings.Contains(page, button) {
					got = append(got, button)
				}
			}
			assert.Equal(t, shown, got)
		})
	}
}

// A parked connection is not said to be at work.
func TestParkedIsHeld(t *testing.T) {
	one := map[string]any{"id": "c1", "name": "Shoes", "status": "connected", "health": map[string]any{"parked": map[string]any{"code": "bigcommerce_unavailable"}}}
	b := newBrowser(t, map[string]any{
		"GET /v1/connections/c1": one, "GET /v1/connections": map[string]any{"data": []any{one}, "next_cursor": nil},
	}, "")
	b.signIn(supportToken)
	const badge = `<span class="badge warn" title="Changes are taken in and wait. It is tried again by itself.">Held: the store does not answer</span>`
	assert.Contains(t, b.do(http.MethodGet, "/", nil).text, badge)
	page := b.do(http.MethodGet, "/connections/c1", nil).text
	assert.Contains(t, page, badge+" Changes are taken in")
	assert.NotContains(t, page, "within seconds")
	assert.Equal(t, "Paused", standingOf(apiclient.Connection{Status: "paused", Health: apiclient.Health{Parked: &apiclient.Parked{}}}).Word)
}
