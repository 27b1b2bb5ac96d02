package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

const (
	// requestsKept is how long an idempotency key is remembered.
	requestsKept = 24 * time.Hour
	// requestRuns is how long a request may be in progress before its process
	// is taken for dead and the key may be used again.
	requestRuns = time.Minute
)

// SavedResponse is the answer to the first request with an idempotency key.
type SavedResponse struct {
	Status  int
	Headers map[string][]string
	Body    []byte
}

// BeginRequest claims an idempotency key of a token for one request, which
// fingerprint tells from others. A nil answer without an error means: go on,
// then SaveRequest or DropRequest. Otherwise it is the first request's answer,
// or ErrInProgress, or ErrReused when the key came with another request. Keys
// are forgotten after 24 hours.
func (s *Store) BeginRequest(ctx context.Context, token, key, fingerprint string) (saved *SavedResponse, err error) {
	err = s.write(ctx, func(t *tx) error {
		saved = nil
		if _, err := t.exec(s.q.PurgeRequests, millis(requestsKept)); err != nil {
			return err
		}
		n, err := t.exec(s.q.InsertRequest, tokenHash(token), key, fingerprint)
		if err != nil || n == 1 {
			return err
		}
		var (
			first, headers string
			status         int
			body           []byte
			age            int64
		)
		if err := t.row(s.q.SelectRequest, tokenHash(token), key).Scan(&first, &status, &headers, &body, &age); err != nil {
			return err
		}
		switch {
		case status == 0 && age >= millis(requestRuns):
			_, err := t.exec(s.q.RestartRequest, tokenHash(token), key, fingerprint)
			return err
		case first != fingerprint:
			return ErrReused
		case status == 0:
			return ErrInProgress
		}
		saved = &SavedResponse{Status: status, Body: body}
		return json.Unmarshal([]byte(headers), &saved.Headers)
	})
	if err != nil {
		return nil, fmt.Errorf("begin request: %w", err)
	}
	return saved, nil
}

// SaveRequest keeps the answer to a request that BeginRequest let through.
func (s *Store) SaveRequest(ctx context.Context, token, key string, r SavedResponse) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.SaveRequest, tokenHash(token), key, r.Status, encode(r.Headers), r.Body)
		return err
	})
	if err != nil {
		return fmt.Errorf("save request: %w", err)
	}
	return nil
}

// DropRequest forgets a request that failed, so that its key can be used again.
func (s *Store) DropRequest(ctx context.Context, token, key string) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.DeleteRequest, tokenHash(token), key)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop request: %w", err)
	}
	return nil
}

// tokenHash keeps API tokens out of the database.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
