// Package storetest is the suite that every database behind store must pass.
//
// Run takes a function that opens a store on a fresh, migrated database. The
// suite speaks to the database only through the store, but for the passing of
// time, which it makes up by moving every noted moment into the past.
//
// Start with Run; rule.go holds the property-based test of the rule in
// store/claims.go.
package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Open opens a store on a fresh, migrated database. Called twice in one test
// it opens two databases.
type Open func(t *testing.T) *store.Store

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for _, group := range []struct {
		name string
		run  func(t *testing.T, open Open)
	}{
		{"Authentications", authentications},
		{"Connections", connections},
		{"Phases", phases},
		{"Parking", parking},
		{"Replacing", replacing},
		{"Erase", erase},
		{"Intake", intake},
		{"StoreEvents", storeEvents},
		{"Claims", claims},
		{"Forget", forget},
		{"Records", records},
		{"Dispatch", dispatch},
		{"Failures", failures},
		{"Attempts", attempts},
		{"ErrorPolls", errorPolls},
		{"FieldKeys", fieldKeys},
		{"FieldCounts", fieldCounts},
		{"Warnings", warnings},
		{"Syncs", syncs},
		{"Passes", passes},
		{"Losses", losses},
		{"Requests", requests},
		{"Audit", audit},
		{"Pace", pace},
		{"Batches", batches},
		{"Rule", rule},
		{"Intend", intend},
	} {
		t.Run(group.name, func(t *testing.T) { group.run(t, open) })
	}
}

// moments are the columns that hold a time, by table.
var moments = map[string][]string{
	"records": {"inflight_until", "dirty_at", "dispatched_at", "first_failed_at", "backoff_until", "pushed_at",
		"last_event_at", "last_fetched_at", "outcome_at", "first_seen_at", "last_webhook_at", "lost_at"},
	"attempts":         {"at", "other_at"},
	"connections":      {"next_probe_at", "last_webhook_at"},
	"entity_syncs":     {"started_at"},
	"passes":           {"finished_at"},
	"loss_decisions":   {"confirmed_at"},
	"fields":           {"first_seen_at", "last_seen_at"},
	"error_polls":      {"last_push_at", "last_poll_at", "leased_until"},
	"requests":         {"created_at"},
	"pace":             {"resets_at", "next_at", "bulk_next_at", "realtime_until", "bulk_until", "backoff_until"},
	"pace_slots":       {"expires_at"},
	"category_changes": {"leased_until"},
	"audit_log":        {"at"},
}

// Elapse lets d pass for the store: all that is noted happened d earlier.
func Elapse(t require.TestingT, s *store.Store, d time.Duration) {
	for table, columns := range moments {
		sets := make([]string, len(columns))
		for i, c := range columns {
			sets[i] = fmt.Sprintf("%s = CASE WHEN %s > 0 THEN %s - %d ELSE %s END", c, c, c, d.Milliseconds(), c)
		}
		_, err := s.DB().Exec("UPDATE " + table + " SET " + strings.Join(sets, ", "))
		require.NoError(t, err)
	}
}

// newAuthentication keeps an authentication of the store hash.
func newAuthentication(t *testing.T, s *store.Store, hash connection.StoreHash) connection.AuthenticationID {
	t.Helper()
	id := connection.NewAuthenticationID()
	err := s.CreateAuthentication(t.Context(), connection.Authentication{
		ID: id, Name: "Shop", StoreHash: hash, ClientID: "client", AccessTokenLast4: "oken", OmetriaKeyLast4: "-key",
	}, connection.Credentials{OmetriaAPIKey: "an-ometria-api-key", AccessToken: "an-access-token"})
	require.NoError(t, err)
	return id
}

// newConnection keeps a connection of a store to an account.
func newConnection(t *testing.T, s *store.Store, hash connection.StoreHash, code string) connection.Connection {
	t.Helper()
	c, err := s.CreateConnection(t.Context(), connection.Connection{
		Name: "Shop", AuthenticationID: newAuthentication(t, s, hash), StoreHash: hash,
		IdentificationCode: code, Timezone: "Europe/London",
	})
	require.NoError(t, err)
	return c
}

// connected is a connection whose records are dispatched.
func connected(t *testing.T, s *store.Store) connection.ID {
	t.Helper()
	c := newConnection(t, s, "abc123", "ACCOUNT")
	moved, err := s.SetPhase(t.Context(), c.ID, connection.Connected)
	require.NoError(t, err)
	require.True(t, moved)
	return c.ID
}

func seq(t *testing.T, s *store.Store) int64 {
	t.Helper()
	n, err := s.NextSeq(t.Context())
	require.NoError(t, err)
	return n
}

func ids(n ...int64) []connection.RecordID {
	list := make([]connection.RecordID, len(n))
	for i, id := range n {
		list[i] = connection.RecordID(id)
	}
	return list
}

func claimItems(list []connection.RecordID) []store.ClaimItem {
	items := make([]store.ClaimItem, len(list))
	for i, id := range list {
		items[i] = store.ClaimItem{RecordID: id, Fingerprint: []byte{byte(id)}}
	}
	return items
}

// claim claims orders read at f and returns those it got, sorted.
func claim(t *testing.T, s *store.Store, id connection.ID, f int64, n ...int64) []connection.RecordID {
	t.Helper()
	got, err := s.Claim(t.Context(), store.Claim{ConnectionID: id, Entity: connection.Orders, Fetched: f, Items: claimItems(ids(n...))})
	require.NoError(t, err)
	list := []connection.RecordID{}
	for recordID := range got {
		list = append(list, recordID)
	}
	slices.Sort(list)
	return list
}

// finish ends orders claimed at f and read by g with one outcome.
func finish(t *testing.T, s *store.Store, id connection.ID, f, g int64, outcome connection.Outcome, n ...int64) int {
	t.Helper()
	results := make([]store.Result, len(n))
	for i, recordID := range n {
		results[i] = store.Result{
			RecordID: connection.RecordID(recordID), Outcome: outcome,
			RequestIDs: []string{fmt.Sprintf("request-%d", f)}, Fingerprint: []byte{byte(recordID)},
		}
		if outcome == connection.Rejected {
			results[i].Reason = &connection.Reason{Code: connection.ReasonRefused, Path: "total", Text: "is not a number"}
		}
	}
	done, err := s.Finish(t.Context(), store.Finish{ConnectionID: id, Entity: connection.Orders, Fetched: f, Read: g, Results: results})
	require.NoError(t, err)
	return done
}

// push claims orders, and finishes them with one outcome.
func push(t *testing.T, s *store.Store, id connection.ID, outcome connection.Outcome, n ...int64) {
	t.Helper()
	f := seq(t, s)
	g := seq(t, s)
	require.Equal(t, ids(n...), claim(t, s, id, f, n...))
	require.Equal(t, len(n), finish(t, s, id, f, g, outcome, n...))
}

func order(id connection.ID, n int64) connection.RecordKey {
	return connection.RecordKey{ConnectionID: id, Entity: connection.Orders, RecordID: connection.RecordID(n)}
}

func record(t *testing.T, s *store.Store, key connection.RecordKey) store.RecordRow {
	t.Helper()
	row, err := s.Record(t.Context(), key)
	require.NoError(t, err)
	return row
}

func markDirty(t *testing.T, s *store.Store, id connection.ID, n ...int64) {
	t.Helper()
	require.NoError(t, s.MarkDirty(t.Context(), id, connection.Orders, ids(n...)))
}
