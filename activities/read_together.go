package activities

import (
	"context"
	"fmt"
	"slices"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/source"
)

// readKey says whose records one request may read.
type readKey struct {
	connection     connection.ID
	authentication connection.AuthenticationID
	entity         connection.Entity
}

// fetched is what one request found. f was taken before it began, with the
// token in hand, and g after its answer was in.
type fetched struct {
	rows source.Rows
	f, g int64
}

// readTogether reads one record's present state by the same request as others
// that wait for one. A record that failed in company, or whose deletion is to be
// confirmed, is read alone.
func (s *session) readTogether(ctx context.Context, in Record) (reading, error) {
	most := source.FetchMost(in.Entity)
	if most == 1 || in.GoneSeen || s.loners.has(in.key()) {
		return s.readRecord(ctx, in.Entity, in.RecordID)
	}
	key := readKey{s.connection.ID, s.connection.AuthenticationID, in.Entity}
	got, err := s.reads.do(ctx, key, in.RecordID, sharing[connection.RecordID, fetched]{
		fits: func(gathered []connection.RecordID, id connection.RecordID) bool {
			return len(gathered) < most && !slices.Contains(gathered, id)
		},
		work: func(ctx context.Context, take func() []connection.RecordID) func(connection.RecordID) (fetched, error) {
			got, err := s.fetch(ctx, in.Entity, take)
			err = s.share(ctx, err)
			return func(connection.RecordID) (fetched, error) { return got, err }
		},
	})
	if err != nil {
		return reading{}, err
	}
	r, known, err := s.bind(ctx, in.Entity, in.RecordID, got)
	if err == nil && !known {
		return s.readRecord(ctx, in.Entity, in.RecordID)
	}
	return r, err
}

// readRecord reads one record's present state by a request of its own.
func (s *session) readRecord(ctx context.Context, entity connection.Entity, id connection.RecordID) (reading, error) {
	got, err := s.fetch(ctx, entity, func() []connection.RecordID { return []connection.RecordID{id} })
	if err != nil {
		return reading{}, err
	}
	r, known, err := s.bind(ctx, entity, id, got)
	if err == nil && !known {
		err = fmt.Errorf("read %s: the answer does not tell whether the record is gone", entity)
	}
	return r, err
}

// fetch waits for a token of the store's budget and makes one request.
func (s *session) fetch(ctx context.Context, entity connection.Entity, take func() []connection.RecordID) (fetched, error) {
	var got fetched
	token, err := s.accounts.TakeRequest(ctx)
	if err != nil {
		return got, fmt.Errorf("read %s: await budget: %w", entity, err)
	}
	defer token.Release()
	var ids []int64
	for _, id := range take() {
		ids = append(ids, int64(id))
	}
	// After the last has joined: whoever joins later may do so for a change that
	// this number would not cover.
	if got.f, err = s.Store.NextSeq(ctx); err != nil {
		return got, err
	}
	s.Metrics.together("read", len(ids))
	if got.rows, err = s.reader.Fetch(token.With(ctx), entity, ids...); err != nil {
		return got, err
	}
	got.g, err = s.Store.NextSeq(ctx)
	return got, err
}

// bind completes one record. What needs requests of its own makes them, and has
// been read only when their answers are in.
func (s *session) bind(ctx context.Context, entity connection.Entity, id connection.RecordID, got fetched) (r reading, known bool, err error) {
	r = reading{entity: entity, f: got.f, g: got.g}
	before := s.accounts.Requests()
	record, known, err := s.reader.Bind(ctx, got.rows, id)
	if err != nil || !known {
		return r, known, err
	}
	r.items = []source.Record{record}
	if s.accounts.Requests() != before {
		r.g, err = s.Store.NextSeq(ctx)
	}
	return r, true, err
}
