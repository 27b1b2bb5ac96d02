package chaos

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// A suite that finds nothing wrong proves nothing unless it would: these tests
// show it what it is there to find.

func newRun(t *testing.T) *run {
	t.Helper()
	o := ometriasim.DefaultOptions()
	o.History, o.PushesPerSecond = true, 0
	marketing, err := ometriasim.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = marketing.Close() })
	options := DefaultOptions()
	options.Seed = 7
	return &run{stack: &stack{options: options, marketing: marketing, account: marketing.Account("")}, out: io.Discard,
		happened: map[string]int{}, rejecting: map[recordID]bool{}}
}

// push pushes one record.
func (r *run) push(t *testing.T, record string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/v2/push", strings.NewReader("["+record+"]"))
	req.Header.Set("X-Ometria-Auth", "ometria-key")
	w := httptest.NewRecorder()
	r.marketing.ServeHTTP(w, req)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
}

func TestVersionOf(t *testing.T) {
	for _, c := range []struct {
		kind, record string
		version      int
		gone         bool
	}{
		{"product", `{"title":"Chaos hat v17","is_active":true}`, 17, false},
		{"product", `{"title":"A hat v2","is_active":false}`, 0, false},
		{"product", `{"is_active":false,"@merge":true}`, 0, true},
		{"order", `{"grand_total":1000004.0,"is_valid":true}`, 4, false},
		{"order", `{"grand_total":19.5,"is_valid":false}`, 0, false},
		{"order", `{"is_valid":false,"@merge":true}`, 0, true},
		{"contact", `{"email":"a@example.com","lastname":"Chaos v3"}`, 3, false},
		{"contact", `{"email":"a@example.com"}`, 0, false},
		{"contact", `{"marketing_optin":"EXPLICITLY_OPTEDOUT"}`, 0, true},
	} {
		version, gone := versionOf(ometriasim.Key{Type: c.kind}, json.RawMessage(c.record))
		assert.Equal(t, c.version, version, c.record)
		assert.Equal(t, c.gone, gone, c.record)
	}
}

func TestOlderOverNewerIsFound(t *testing.T) {
	r := newRun(t)
	for _, version := range []string{"v1", "v2", "v2", "v10"} {
		r.push(t, `{"@type":"product","id":"1","title":"Chaos hat `+version+`","price":1,"is_active":true}`)
	}
	older, again := r.overtaken()
	require.Empty(t, older)
	require.Equal(t, 1, again)

	r.push(t, `{"@type":"product","id":"1","title":"Chaos hat v9","price":1,"is_active":true}`)
	older, _ = r.overtaken()
	require.Len(t, older, 1)
	require.Contains(t, older[0], "version 9 after version 10")

	r.push(t, `{"@type":"product","id":"2","title":"Chaos hat v1","price":1,"is_active":true}`)
	r.push(t, `{"@type":"product","id":"2","is_active":false,"@merge":true}`)
	r.push(t, `{"@type":"product","id":"2","title":"Chaos hat v1","price":1,"is_active":true}`)
	older, _ = r.overtaken()
	require.Len(t, older, 2)
	require.Contains(t, older[1], "version 1 after the deletion")
}

func TestDifferencesAreFound(t *testing.T) {
	r := newRun(t)
	const sent = `{"@type":"product","id":"1","title":"Hat","is_active":true,"price":1.50}`
	assert.Equal(t, "product 1 is not at Ometria", r.differs(json.RawMessage(sent)))
	r.push(t, sent)
	assert.Empty(t, r.differs(json.RawMessage(sent)))
	assert.Equal(t, "product 1 differs at Ometria in title",
		r.differs(json.RawMessage(strings.Replace(sent, "Hat", "Cap", 1))))
	assert.Equal(t, "product 1 differs at Ometria in price", r.differs(json.RawMessage(`{"@type":"product","id":"1","title":"Hat","is_active":true}`)),
		"what is there and would not be sent")
	assert.Empty(t, r.differs(json.RawMessage(`{"@type":"product","id":"1","@merge":true,"title":"Hat"}`)))
}

func TestDeletedRecordsThatStillCountAreFound(t *testing.T) {
	r := newRun(t)
	for record, pushed := range map[recordID][3]string{
		{connection.Products, 1}: {`{"@type":"product","id":"1","title":"Hat","price":1,"is_active":true}`,
			`{"@type":"product","id":"1","@merge":true,"is_active":false}`, "active at Ometria"},
		{connection.Orders, 2}: {`{"@type":"order","id":"2","timestamp":"2026-01-01T00:00:00Z","grand_total":1,"currency":"USD","is_valid":true,"lineitems":[]}`,
			`{"@type":"order","id":"2","@merge":true,"is_valid":false}`, "valid at Ometria"},
		{connection.Subscribers, 3}: {`{"@type":"contact","@collection":"subscribers","id":"3","email":"a@example.com","marketing_optin":"EXPLICITLY_OPTEDIN"}`,
			`{"@type":"contact","@collection":"subscribers","id":"3","@merge":true,"marketing_optin":"EXPLICITLY_OPTEDOUT"}`, "opted in at Ometria"},
	} {
		r.push(t, pushed[0])
		found, err := r.compareDeleted(t.Context(), record)
		require.NoError(t, err)
		assert.Contains(t, found, pushed[2])
		r.push(t, pushed[1])
		found, err = r.compareDeleted(t.Context(), record)
		require.NoError(t, err)
		assert.Empty(t, found)
	}
	r.push(t, `{"@type":"product","id":"1-9","title":"Hat","price":1,"is_active":true}`)
	found, err := r.compareDeleted(t.Context(), recordID{connection.Products, 1})
	require.NoError(t, err)
	assert.Contains(t, found, "its variant 1-9 active")
}

// The relay tells what intake may not answer, and owes what it took over.
func TestRelay(t *testing.T) {
	var status int
	intake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer intake.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r := newRelay(ctx, 1, []string{intake.URL})
	defer r.working.Wait()
	defer cancel()
	send := func() int {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/webhooks/bigcommerce/1", strings.NewReader(`{"data":{"type":"order","id":5}}`)))
		return w.Code
	}
	status = 503
	assert.Equal(t, 503, send(), "the store sends it again")
	status = 200
	assert.Equal(t, 200, send())
	assert.Empty(t, r.wrong)
	status = 500
	send()
	require.Len(t, r.wrong, 1)
	assert.Contains(t, r.wrong[0], "orders 5 was answered 500")

	r.setAstray(astray{drop: 1})
	assert.Equal(t, 200, send())
	assert.Equal(t, 1, r.counts.dropped)
	assert.Equal(t, 0, r.pending())

	status = 200
	r.setAstray(astray{double: 1})
	before := r.answered[repeated][200]
	assert.Equal(t, 200, send())
	require.Eventually(t, func() bool { return r.pending() == 0 }, 10*time.Second, 10*time.Millisecond)
	assert.Equal(t, before+1, r.answered[repeated][200])
	intake.Close()
	assert.Equal(t, 502, send())
}

func TestSubject(t *testing.T) {
	for body, want := range map[string]recordID{
		`{"data":{"type":"customer","id":7}}`:                                        {connection.Customers, 7},
		`{"data":{"type":"customer","id":900,"address":{"customer_id":8}}}`:          {connection.Customers, 8},
		`{"data":{"type":"subscriber","id":9}}`:                                      {connection.Subscribers, 9},
		`{"data":{"type":"sku","id":461,"sku":{"product_id":207,"variant_id":509}}}`: {connection.Products, 207},
		`{"data":{"type":"order","id":3,"status":{"previous_status_id":1}}}`:         {connection.Orders, 3},
		`{"data":{"type":"shipment","id":3,"orderId":251}}`:                          {connection.Orders, 251},
		`{"data":{"type":"store"}}`:                                                  {},
		`not JSON`:                                                                   {},
	} {
		assert.Equal(t, want, subject([]byte(body)), body)
	}
}

// The same seed plans the same, another one something else.
func TestPlan(t *testing.T) {
	r := newRun(t)
	names := func() (list []string) {
		for _, p := range r.plan() {
			list = append(list, p.at.String()+" "+p.fault.name)
			assert.Less(t, p.at, r.options.Faults)
		}
		return list
	}
	first := names()
	assert.Equal(t, first, names())
	all := strings.Join(first, "\n")
	for _, f := range allFaults() {
		if f.when == nil || f.when(r) {
			assert.Contains(t, all, f.name)
		}
	}
	r.options.Seed = 8
	assert.NotEqual(t, first, names())
	r.options.Slow = false
	assert.NotContains(t, strings.Join(names(), "\n"), "credentials")
}

// A service goes away for minutes, and not again at once.
func TestMayGoAway(t *testing.T) {
	r := newRun(t)
	assert.True(t, r.mayGoAway())
	assert.False(t, r.mayGoAway())
	r.awayAt = time.Now().Add(-awayEvery)
	assert.True(t, r.mayGoAway())
}

// A child is started again after a kill and after it ended by itself, and ends
// for good when it is closed.
func TestChild(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir := t.TempDir()
	started := filepath.Join(dir, "started")
	c := &child{name: "child", command: func() *exec.Cmd {
		return exec.Command("sh", "-c", "echo up >> "+started+"; echo hello; exec sleep 60")
	}}
	require.NoError(t, keep(ctx, newSpawner(ctx), dir, c))
	starts := func(n int) func() bool {
		return func() bool {
			raw, _ := os.ReadFile(started)
			return strings.Count(string(raw), "up") == n && c.pid() != 0
		}
	}
	eventually := func(what func() bool) {
		t.Helper()
		require.Eventually(t, what, 20*time.Second, 10*time.Millisecond)
	}
	eventually(starts(1))
	require.True(t, c.kill(0))
	eventually(starts(2))
	assert.Equal(t, 1, c.kills)
	require.NoError(t, syscall.Kill(c.pid(), syscall.SIGTERM))
	eventually(starts(3))
	c.mu.Lock()
	assert.Len(t, c.byItself, 1)
	c.mu.Unlock()
	pid := c.pid()
	c.close()
	assert.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	log, err := os.ReadFile(filepath.Join(dir, "child.log"))
	require.NoError(t, err)
	assert.Equal(t, 3, strings.Count(string(log), "hello"))
}

// A full disk is one to a process that runs, until it is not.
func TestLimitFiles(t *testing.T) {
	if !canLimit {
		t.Skip("files can be limited on Linux only")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	c := &child{name: "writer", command: func() *exec.Cmd {
		return exec.Command("sh", "-c", `trap "" XFSZ; while sleep 0.02; do { head -c 5000 /dev/zero > `+file+`; } 2>/dev/null; done`)
	}}
	require.NoError(t, keep(ctx, newSpawner(ctx), dir, c))
	defer c.close()
	size := func(want int64) func() bool {
		return func() bool {
			info, err := os.Stat(file)
			return err == nil && info.Size() == want
		}
	}
	require.Eventually(t, size(5000), 20*time.Second, time.Millisecond)
	ran, err := c.limit(1000)
	require.NoError(t, err)
	require.True(t, ran)
	require.Eventually(t, size(1000), 20*time.Second, time.Millisecond)
	_, err = c.limit(noLimit)
	require.NoError(t, err)
	require.Eventually(t, size(5000), 20*time.Second, time.Millisecond)
}

func TestOptionsAreChecked(t *testing.T) {
	o := DefaultOptions()
	o.Database, o.Customers, o.Product = "oracle", 0, "/nowhere"
	err := o.check()
	for _, text := range []string{"oracle", "0 customers", "/nowhere", "devserver"} {
		assert.ErrorContains(t, err, text)
	}
}
