package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/remote"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// TestPoisonRecords has one record that BigCommerce cannot read out and one that
// Ometria cannot take, for ever. They hold up nothing, are tried with growing
// pauses, and after three days stand among the failures until a person retries.
func TestPoisonRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unreadable, untakeable := w.ids("products")[0], w.ids("customers")[0]
	mended := w.store.on(-1, reads("products", unreadable), answers(http.StatusInternalServerError))
	w.ometria.on(-1, pushes(customer(untakeable)), answers(http.StatusInternalServerError))
	tries := len(w.store.requests(reads("products", unreadable)))
	w.change("products", unreadable, map[string]any{"name": "Poison"})
	w.change("customers", untakeable, map[string]any{"last_name": "Poison"})
	w.await("a first attempt of both", func() bool {
		return w.store.count(reads("products", unreadable)) > tries && w.ometria.count(pushes(customer(untakeable))) > 0
	})

	for n, id := range w.ids("customers")[1:] {
		began := time.Now()
		w.change("customers", id, map[string]any{"last_name": fmt.Sprintf("Quick%d", n)})
		w.arrives(customer(id), "lastname", fmt.Sprintf("Quick%d", n))
		assert.Less(t, time.Since(began), 20*time.Second, "held up by the poison")
	}
	for n, id := range w.ids("products")[1:] {
		w.change("products", id, map[string]any{"name": fmt.Sprintf("Quick%d", n)})
		w.arrives(product(id), "title", fmt.Sprintf("Quick%d", n))
	}

	var attempts []request
	w.await("four attempts", func() bool {
		attempts = w.store.requests(reads("products", unreadable))[tries:]
		return len(attempts) >= 4
	})
	for n, whole := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		pause := attempts[n+1].at.Sub(attempts[n].at)
		assert.GreaterOrEqual(t, pause, whole*4/10, "pause %d, of which chance takes up to a half", n+1)
	}
	story := w.story("products", unreadable)
	assert.True(t, story.Dirty)
	require.NotNil(t, story.LastError)
	assert.Equal(t, "bigcommerce", story.LastError.Code)
	assert.NotNil(t, story.BackoffUntil)
	assert.Empty(t, w.failures(), "what is still tried is no failure")

	w.threeDaysPass("products", unreadable)
	list := launch(t, programs.product, []string{"OBC_API_URL=http://" + w.address, "OBC_API_TOKEN=" + adminToken}, "failures", "list", w.connection)
	require.Equal(t, 0, list.wait(patience))
	assert.Regexp(t, `products +1 .*three days of retries have failed`, list.out.String())
	failures := w.failures()
	require.Len(t, failures, 1)
	assert.Equal(t, connection.ReasonGaveUp, failures[0].Reason.Code)

	mended()
	_, err := w.api.Do(t.Context(), http.MethodPost, "/v1/connections/"+w.connection+"/failures/retry", nil,
		map[string]any{"entity": "products", "record_id": strconv.FormatInt(unreadable, 10)})
	require.NoError(t, err)
	w.arrives(product(unreadable), "title", "Poison")
	assert.Equal(t, "accepted", w.settles("products", unreadable).Outcome)
	assert.Empty(t, w.failures())
}

// failures are the groups of records that failed.
func (w *world) failures() (groups []apiclient.FailureGroup) {
	w.t.Helper()
	for group, err := range w.api.Failures(w.t.Context(), w.connection) {
		require.NoError(w.t, err)
		if !group.Warning {
			groups = append(groups, group)
		}
	}
	return groups
}

// threeDaysPass ends a record's run and does it again on Temporal's virtual
// clock, against the same database and stand-ins: the attempts are real, ten
// hours each, the days are not.
func (w *world) threeDaysPass(entity string, id int64) {
	w.t.Helper()
	key := connection.RecordKey{ConnectionID: connection.ID(w.connection), Entity: connection.Entity(entity), RecordID: connection.RecordID(id)}
	require.NoError(w.t, w.dial().TerminateWorkflow(w.t.Context(), workflows.SyncRecordID(key), "", "goes on in virtual time"))

	log := slog.New(slog.DiscardHandler)
	keys, err := store.ParseKeys(w.keys)
	require.NoError(w.t, err)
	database, err := store.Open(w.t.Context(), w.database, keys, log)
	require.NoError(w.t, err)
	defer func() { _ = database.Close() }()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	acts := &activities.Activities{Store: database, Logger: log, Dialer: remote.NewDialer(database, pacing.New(database, pacing.Options{}, log),
		remote.Options{BigCommerceURL: w.store.url, OmetriaURL: w.ometria.url, Transport: transport, Logger: log})}

	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(log))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(patience)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: patience}) // busy cores are no deadlock
	env.RegisterWorkflow(workflows.SyncRecord)
	env.RegisterActivity(acts.SyncRecord)
	env.RegisterActivity(acts.GiveUpRecord)
	attempts := 0
	env.OnActivity(acts.SyncRecord, mock.Anything, mock.Anything).After(10 * time.Hour).
		Return(func(ctx context.Context, in activities.Record) (activities.RecordResult, error) {
			attempts++
			return acts.SyncRecord(ctx, in)
		})
	start := env.Now()
	env.ExecuteWorkflow(workflows.SyncRecord, workflows.RecordInput{
		ConnectionID: key.ConnectionID, StoreHash: "simstore", Entity: key.Entity, RecordID: key.RecordID,
	})
	require.ErrorContains(w.t, env.GetWorkflowError(), connection.ReasonGaveUp)
	assert.InDelta(w.t, 72, env.Now().Sub(start).Hours(), 10)
	assert.GreaterOrEqual(w.t, attempts, 7)
}
