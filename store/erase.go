package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ometria/ometria-bigcommerce/connection"
)

const eraseBatch = 5000

// Erase is the last step of a removal: from here on the connection is not
// found. Its records and their attempts, syncs, fields, webhook secret and fingerprint key go, and
// its authentications too unless another live connection uses them. The row's
// identity and the hashes of its webhook secrets stay, so that an orphaned
// hook still gets its 200. Safe to call again after it broke off.
func (s *Store) Erase(ctx context.Context, id connection.ID) error {
	var authentications []connection.AuthenticationID
	err := s.write(ctx, func(t *tx) (err error) {
		var locked string
		if err := t.row(s.q.LockForRemoval, string(id)).Scan(&locked); err != nil {
			return notFound(err)
		}
		authentications, err = scanAuthentications(t.row(s.q.RemoveConnection, string(id)))
		return err
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
		for _, authentication := range authentications {
			if err := t.eraseAuthentication(authentication); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("erase credentials: %w", err)
	}
	s.fieldKeys.forget(id)
	return nil
}

// scanAuthentications reads the authentication in force, and the others.
func scanAuthentications(row scanner) ([]connection.AuthenticationID, error) {
	var (
		inForce connection.AuthenticationID
		text    string
		others  connection.Replacing
	)
	if err := row.Scan(&inForce, &text); err != nil {
		return nil, err
	}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &others); err != nil {
			return nil, fmt.Errorf("decode replacing: %w", err)
		}
	}
	return append([]connection.AuthenticationID{inForce}, others.Authentications()...), nil
}

// eraseAuthentication forgets an authentication that no live connection uses.
func (t *tx) eraseAuthentication(id connection.AuthenticationID) error {
	var hash string
	if err := t.row(t.s.q.LockAuthentication, string(id)).Scan(&hash); err != nil {
		if notFound(err) == ErrNotFound {
			return nil
		}
		return err
	}
	inUse, err := t.authenticationInUse(id)
	if err != nil || inUse {
		return err
	}
	_, err = t.exec(t.s.q.DeleteAuthentication, string(id))
	return err
}
