package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ometria/ometria-bigcommerce/connection"
)

func credentialsPlace(id connection.AuthenticationID) place {
	return place{row: string(id), column: "authentications.credentials"}
}

// CreateAuthentication keeps a and seals its credentials.
func (s *Store) CreateAuthentication(ctx context.Context, a connection.Authentication, c connection.Credentials) error {
	plain, err := json.Marshal(c)
	if err != nil {
		return errors.New("create authentication: credentials cannot be encoded")
	}
	sealed, keyID, err := s.keys.seal(plain, credentialsPlace(a.ID))
	if err != nil {
		return fmt.Errorf("create authentication: %w", err)
	}
	err = s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.InsertAuthentication, string(a.ID), a.Name, string(a.StoreHash), a.ClientID,
			a.AccessTokenLast4, a.OmetriaKeyLast4, flag(a.HasClientSecret), sealed, keyID)
		return err
	})
	if err != nil {
		return fmt.Errorf("create authentication: %w", err)
	}
	return nil
}

// Authentication returns one authentication without its secrets, or ErrNotFound.
func (s *Store) Authentication(ctx context.Context, id connection.AuthenticationID) (connection.Authentication, error) {
	a, err := scanAuthentication(s.reader.QueryRowContext(ctx, s.q.SelectAuthentication, string(id)))
	if err != nil {
		return connection.Authentication{}, fmt.Errorf("read authentication: %w", notFound(err))
	}
	return a, nil
}

// Authentications lists up to limit authentications in the order of their ids,
// those after cursor. next is empty at the end.
func (s *Store) Authentications(ctx context.Context, cursor string, limit int) (list []connection.Authentication, next string, err error) {
	rows, err := s.reader.QueryContext(ctx, s.q.ListAuthentications, cursor, limit+1)
	err = each(rows, err, func(r *sql.Rows) error {
		a, err := scanAuthentication(r)
		list = append(list, a)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list authentications: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		next = string(list[limit-1].ID)
	}
	return list, next, nil
}

// Credentials opens an authentication's secrets. Keep them in memory only, and
// no longer than one call needs them.
func (s *Store) Credentials(ctx context.Context, id connection.AuthenticationID) (connection.Credentials, error) {
	var (
		c      connection.Credentials
		sealed []byte
		keyID  string
	)
	err := s.reader.QueryRowContext(ctx, s.q.SelectCredentials, string(id)).Scan(&sealed, &keyID)
	if err != nil {
		return c, fmt.Errorf("read credentials: %w", notFound(err))
	}
	plain, err := s.keys.open(sealed, keyID, credentialsPlace(id))
	if err != nil {
		return c, fmt.Errorf("read credentials: %w", err)
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, errors.New("read credentials: what was sealed is not JSON") // the cause could show a secret
	}
	return c, nil
}

// DeleteAuthentication forgets an authentication and its secrets. ErrInUse
// when a live connection uses it.
func (s *Store) DeleteAuthentication(ctx context.Context, id connection.AuthenticationID) error {
	err := s.write(ctx, func(t *tx) error {
		var hash string
		if err := t.row(s.q.LockAuthentication, string(id)).Scan(&hash); err != nil {
			return notFound(err)
		}
		inUse, err := t.authenticationInUse(id)
		if err != nil {
			return err
		}
		if inUse {
			return ErrInUse
		}
		_, err = t.exec(s.q.DeleteAuthentication, string(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("delete authentication: %w", err)
	}
	return nil
}

func (t *tx) authenticationInUse(id connection.AuthenticationID) (bool, error) {
	var user string
	err := t.row(t.s.q.AuthenticationInUse, string(id)).Scan(&user)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

func scanAuthentication(row scanner) (connection.Authentication, error) {
	var (
		a                    connection.Authentication
		hasClientSecret      int64
		createdAt, updatedAt int64
	)
	err := row.Scan(&a.ID, &a.Name, &a.StoreHash, &a.ClientID, &a.AccessTokenLast4, &a.OmetriaKeyLast4,
		&hasClientSecret, &createdAt, &updatedAt)
	a.HasClientSecret = hasClientSecret == 1
	a.CreatedAt, a.UpdatedAt = toTime(createdAt), toTime(updatedAt)
	return a, err
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}
