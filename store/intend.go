package store

import (
	"context"
	"fmt"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Intent is what to remember of a claimed record while its push is under way.
type Intent struct {
	RecordID connection.RecordID
	Fetched  int64 // f: what the record was claimed with
	State    connection.RecordState
}

type intentItem struct {
	ID    int64  `json:"id"`
	Seq   int64  `json:"seq"`
	State string `json:"state"`
}

// Intend notes before a push what Ometria may know from then on, so that a push
// whose end nobody hears of is not forgotten together with what it told. Finish
// replaces it. A record whose claim is another's by now is left alone.
func (s *Store) Intend(ctx context.Context, id connection.ID, entity connection.Entity, intents []Intent) error {
	items, ids := make([]intentItem, len(intents)), make([]connection.RecordID, len(intents))
	for i, in := range intents {
		items[i], ids[i] = intentItem{ID: int64(in.RecordID), Seq: in.Fetched, State: encode(in.State)}, in.RecordID
	}
	err := s.write(ctx, func(t *tx) error {
		if err := t.lockRecords(id, entity, idList(ids)); err != nil {
			return err
		}
		_, err := t.exec(s.q.IntendRecords, string(id), string(entity), encode(items))
		return err
	})
	if err != nil {
		return fmt.Errorf("note what is pushed: %w", err)
	}
	return nil
}
