package store

import (
	"context"
	"fmt"

	"github.com/ometria/ometria-bigcommerce/connection"
)

const eraseBatch = 5000

// Erase is the last step of a removal: from here on the connection is not
// found. Its records and their attempts, syncs, fields, webhook secret and fingerprint key go, and
// its authentication too unless another live connection uses that. The row's
// identity and the hashes of its webhook secrets stay, so that an orphaned
// hook still gets its 200. Safe to call again after it broke off.
func (s *Store) Erase(ctx context.Context, id connection.ID) error {
	var authentication connection.AuthenticationID
	err := s.write(ctx, func(t *tx) error {
		var locked string
		if err := t.row(s.q.LockForRemoval, string(id)).Scan(&locked); err != nil {
			return notFound(err)
		}
		return t.row(s.q.RemoveConnection, string(id)).Scan(&authentication)
	})
	if err != nil {
		return fmt.Errorf("erase connection: %w", err)
	}
	for _, query := range []string{s.q.DeleteRecords, s.q.DeleteAttempts} {
		for deleted := eraseBatch; deleted == eraseBatch; {
			err := s.write(ctx, func(t *tx) (err error) {
				deleted, err = t.exec(query, string(id), eraseBatch)
				return err
			})
			if err != nil {
				return fmt.Errorf("erase records: %w", err)
			}
		}
	}
	err = s.write(ctx, func(t *tx) error {
		if _, err := t.exec(s.q.DeleteEntitySyncs, string(id)); err != nil {
			return err
		}
		for _, query := range []string{s.q.DeleteFields, s.q.DeletePasses, s.q.DeleteMends, s.q.DeleteLossDecisions} {
			if _, err := t.exec(query, string(id)); err != nil {
				return err
			}
		}
		if err := t.forgetStoreEvents(id); err != nil {
			return err
		}
		var hash string
		if err := t.row(s.q.LockAuthentication, string(authentication)).Scan(&hash); err != nil {
			if notFound(err) == ErrNotFound {
				return nil
			}
			return err
		}
		inUse, err := t.authenticationInUse(authentication)
		if err != nil || inUse {
			return err
		}
		_, err = t.exec(s.q.DeleteAuthentication, string(authentication))
		return err
	})
	if err != nil {
		return fmt.Errorf("erase credentials: %w", err)
	}
	s.fieldKeys.forget(id)
	return nil
}
