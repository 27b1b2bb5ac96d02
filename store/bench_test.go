package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
	"github.com/ometria/ometria-bigcommerce/store"
)

// benchmarkStore is a connected connection on each database.
func benchmarkStore(b *testing.B, run func(b *testing.B, s *store.Store, id connection.ID)) {
	for _, database := range []struct {
		name string
		url  func() string
	}{
		{"SQLite", func() string { return "sqlite:" + b.TempDir() + "/bench.db" }},
		{"PostgreSQL", func() string { return pgtest.URL(b) }},
	} {
		b.Run(database.name, func(b *testing.B) {
			keys, err := store.ParseKeys(store.NewKey())
			require.NoError(b, err)
			s, err := store.Open(b.Context(), database.url(), keys, nil)
			require.NoError(b, err)
			b.Cleanup(func() { _ = s.Close() })
			require.NoError(b, s.Migrate(b.Context()))
			authentication := connection.NewAuthenticationID()
			require.NoError(b, s.CreateAuthentication(b.Context(), connection.Authentication{ID: authentication}, connection.Credentials{}))
			c, err := s.CreateConnection(b.Context(), connection.Connection{AuthenticationID: authentication, StoreHash: "bench", IdentificationCode: "A", Timezone: "UTC"})
			require.NoError(b, err)
			_, err = s.SetPhase(b.Context(), c.ID, connection.Connected)
			require.NoError(b, err)
			run(b, s, c.ID)
		})
	}
}

// BenchmarkPage reads, claims and finishes pages of 250 new records.
func BenchmarkPage(b *testing.B) {
	benchmarkStore(b, func(b *testing.B, s *store.Store, id connection.ID) {
		for page := 0; b.Loop(); page++ {
			pushPage(b, s, id, page)
		}
		b.ReportMetric(250*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	})
}

func pushPage(b *testing.B, s *store.Store, id connection.ID, page int) {
	ctx := b.Context()
	f, err := s.NextSeq(ctx)
	require.NoError(b, err)
	g, err := s.NextSeq(ctx)
	require.NoError(b, err)
	claim := store.Claim{ConnectionID: id, Entity: connection.Orders, Fetched: f}
	finish := store.Finish{ConnectionID: id, Entity: connection.Orders, Fetched: f, Read: g}
	for i := range 250 {
		recordID := connection.RecordID(page*250 + i + 1)
		claim.Items = append(claim.Items, store.ClaimItem{RecordID: recordID, Fingerprint: make([]byte, 32)})
		finish.Results = append(finish.Results, store.Result{RecordID: recordID, Outcome: connection.Accepted,
			RequestIDs: []string{"e8d96762-7ee7-4c44-8ad4-48483712437f"}, Fingerprint: make([]byte, 32), SourceModifiedAt: time.Now()})
	}
	claimed, err := s.Claim(ctx, claim)
	require.NoError(b, err)
	require.Len(b, claimed, 250)
	n, err := s.Finish(ctx, finish)
	require.NoError(b, err)
	require.Equal(b, 250, n)
}

// BenchmarkReceive commits deliveries of 64 concurrent callers.
func BenchmarkReceive(b *testing.B) {
	benchmarkStore(b, func(b *testing.B, s *store.Store, id connection.ID) {
		secret, err := s.WebhookSecret(b.Context(), id)
		require.NoError(b, err)
		e := store.Event{ConnectionID: id, SecretHash: store.HashSecret(secret), Entity: connection.Orders, Scope: "store/order/updated"}
		b.SetParallelism(64)
		b.RunParallel(func(pb *testing.PB) {
			for n := connection.RecordID(1); pb.Next(); n++ {
				e := e
				e.RecordID = n%5000 + 1
				if got, err := s.Receive(b.Context(), e); err != nil || got != store.Accepted {
					b.Errorf("got %s, %v", got, err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "webhooks/s")
	})
}

// BenchmarkLarge measures what must not grow with the number of records.
func BenchmarkLarge(b *testing.B) {
	benchmarkStore(b, func(b *testing.B, s *store.Store, id connection.ID) {
		ctx := b.Context()
		const pages = 400
		for page := range pages {
			pushPage(b, s, id, page)
		}
		var all []connection.RecordID
		for n := range connection.RecordID(50_000) {
			all = append(all, n+1)
		}
		b.Run("Progress", func(b *testing.B) {
			for b.Loop() {
				_, err := s.Progress(ctx, id)
				require.NoError(b, err)
			}
		})
		require.NoError(b, s.MarkDirty(ctx, id, connection.Orders, all))
		b.Run("Dispatch", func(b *testing.B) {
			for b.Loop() {
				handed, err := s.Dispatch(ctx, store.Limits{Backlog: len(all)})
				require.NoError(b, err)
				require.Len(b, handed, 64)
				keys := make([]connection.RecordKey, len(handed))
				for i, h := range handed {
					keys[i] = h.RecordKey
				}
				require.NoError(b, s.Undispatch(ctx, keys))
			}
		})
		b.Run("Backlog", func(b *testing.B) {
			for b.Loop() {
				_, err := s.Backlog(ctx)
				require.NoError(b, err)
			}
		})
	})
}
