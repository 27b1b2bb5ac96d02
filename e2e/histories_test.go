package e2e

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"
)

// TestHistoriesHoldNoSecretAndNoPerson runs every type of workflow, some of
// them into failure, and reads every history whole.
func TestHistoriesHoldNoSecretAndNoPerson(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), nil, "--customers", "25", "--subscribers", "15", "--products", "10", "--orders", "120")
	s := p.ready()
	api := s.client()
	temporal, err := client.Dial(client.Options{HostPort: s.Addresses.Temporal})
	require.NoError(t, err)
	defer temporal.Close()

	wrong := s.authentication()
	wrong.AccessToken = "wrong-token-0123456789"
	connect(t, p, api, wrong, "wrong", "failed")
	c := connect(t, p, api, s.authentication(), "histories", "connected")
	for _, entity := range []string{"customers", "subscribers", "products", "orders"} {
		for r, err := range api.Records(t.Context(), c.ID, entity, "accepted") {
			require.NoError(t, err)
			answer, err := api.Do(t.Context(), "POST", "/v1/connections/"+c.ID+"/records/"+entity+"/"+r.RecordID+"/sync", nil, nil)
			require.NoError(t, err)
			require.Equal(t, 202, answer.Status)
			break
		}
	}
	_, err = api.Act(t.Context(), c.ID, "pause", nil)
	require.NoError(t, err)
	for r, err := range api.Records(t.Context(), c.ID, "orders", "") {
		require.NoError(t, err)
		_, err := api.SyncRecord(t.Context(), c.ID, "orders", r.RecordID)
		require.NoError(t, err)
	}
	_, err = api.Act(t.Context(), c.ID, "resume", nil)
	require.NoError(t, err)
	next, err := api.CreateAuthentication(t.Context(), s.authentication())
	require.NoError(t, err)
	_, err = api.ReplaceAuthentication(t.Context(), c.ID, next.ID)
	require.NoError(t, err)
	p.eventually(time.Minute, "another authentication in force", func() bool {
		c, err := api.Connection(t.Context(), c.ID)
		require.NoError(t, err)
		return c.AuthenticationID == next.ID
	})
	_, err = api.Act(t.Context(), c.ID, "reconcile", map[string]any{"full": true})
	require.NoError(t, err)
	awaitTypes(t, p, temporal, "ConnectionSetup", "BulkSync", "SyncRecord", "SyncBatch", "Reconcile", "Sweep")
	require.NoError(t, api.RemoveConnection(t.Context(), c.ID))
	awaitTypes(t, p, temporal, "ConnectionRemoval")
	s.assertNothingLeft(t)

	words := forbiddenWords(t, s, wrong.AccessToken)
	require.Greater(t, len(words), 100)
	types := map[string]int{}
	control := word{what: "the connection's id", text: c.ID} // inputs hold it: found, or the search finds nothing
	controlled := 0
	for _, run := range closedRuns(t, temporal) {
		types[run.kind]++
		events := temporal.GetWorkflowHistory(t.Context(), run.id, run.run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(t, err)
			raw, err := proto.Marshal(event) // payloads stand in it as they are
			require.NoError(t, err)
			if control.in(string(raw)) {
				controlled++
			}
			for _, word := range words {
				if word.in(string(raw)) {
					t.Errorf("%s %s event %d (%s) holds %s", run.kind, run.id, event.GetEventId(), event.GetEventType(), word.what)
				}
			}
		}
	}
	assert.Greater(t, controlled, 10)
	for _, kind := range []string{"ConnectionSetup", "BulkSync", "SyncRecord", "SyncBatch", "Reconcile", "Sweep", "ConnectionRemoval"} {
		assert.Positive(t, types[kind], kind)
	}
}

type closedRun struct{ id, run, kind string }

func closedRuns(t *testing.T, temporal client.Client) []closedRun {
	t.Helper()
	var runs []closedRun
	var page []byte
	for {
		list, err := temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{NextPageToken: page})
		require.NoError(t, err)
		for _, info := range list.GetExecutions() {
			if info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
				runs = append(runs, closedRun{info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId(), info.GetType().GetName()})
			}
		}
		if page = list.GetNextPageToken(); len(page) == 0 {
			return runs
		}
	}
}

// awaitTypes waits until a run of each type has closed.
func awaitTypes(t *testing.T, p *process, temporal client.Client, types ...string) {
	t.Helper()
	p.eventually(90*time.Second, "closed runs of "+strings.Join(types, ", "), func() bool {
		closed := map[string]bool{}
		for _, run := range closedRuns(t, temporal) {
			closed[run.kind] = true
		}
		for _, kind := range types {
			if !closed[kind] {
				return false
			}
		}
		return true
	})
}

// word must not be in any history. what says what it is without saying it.
type word struct {
	what string
	text string
	as   *regexp.Regexp // where the text is so short that it may be part of another word
}

func (w word) in(raw string) bool {
	if w.as != nil {
		return strings.Contains(raw, w.text) && w.as.MatchString(raw)
	}
	return strings.Contains(raw, w.text)
}

// forbiddenWords are all credentials and every person's data in the store.
func forbiddenWords(t *testing.T, s state, more ...string) []word {
	t.Helper()
	found := map[string]word{}
	add := func(what, text string) {
		text = strings.TrimSpace(text)
		switch {
		case len(text) < 4:
			return
		case len(text) < 10:
			found[text] = word{what, text, regexp.MustCompile(`\b` + regexp.QuoteMeta(text) + `\b`)}
		default:
			found[text] = word{what, text, nil}
		}
	}
	for _, secret := range append(more, s.AdminToken, s.EncryptionKeys, s.Accounts.AccessToken, s.Accounts.ClientSecret, s.Accounts.OmetriaKey) {
		add("a credential", secret)
	}
	type address struct {
		Email, Phone, Company, Address1, Street1 string `json:",omitempty"`
		FirstName                                string `json:"first_name"`
		LastName                                 string `json:"last_name"`
		StreetOne                                string `json:"street_1"`
	}
	person := func(what string, a address) {
		add(what+"'s e-mail", a.Email)
		add(what+"'s phone", a.Phone)
		add(what+"'s company", a.Company)
		add(what+"'s last name", a.LastName)
		add(what+"'s street", a.Address1)
		add(what+"'s street", a.StreetOne)
		if a.FirstName != "" && a.LastName != "" {
			add(what+"'s name", a.FirstName+" "+a.LastName)
		}
	}
	var customers struct {
		Data []struct {
			address
			ID        int
			Addresses []address
		}
	}
	s.shopGet(t, "/v3/customers?include=addresses&limit=250", &customers)
	for _, c := range customers.Data {
		person(fmt.Sprintf("customer %d", c.ID), c.address)
		for _, a := range c.Addresses {
			person(fmt.Sprintf("customer %d", c.ID), a)
		}
	}
	var subscribers struct {
		Data []struct {
			address
			ID int
		}
	}
	s.shopGet(t, "/v3/customers/subscribers?limit=250", &subscribers)
	for _, c := range subscribers.Data {
		person(fmt.Sprintf("subscriber %d", c.ID), c.address)
	}
	var orders []struct {
		ID             int
		BillingAddress address `json:"billing_address"`
	}
	s.shopGet(t, "/v2/orders?limit=250", &orders)
	for _, o := range orders {
		person(fmt.Sprintf("order %d", o.ID), o.BillingAddress)
	}
	require.NotEmpty(t, customers.Data)
	require.NotEmpty(t, subscribers.Data)
	require.NotEmpty(t, orders)
	return slices.Collect(maps.Values(found))
}
