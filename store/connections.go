package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
)

func secretPlace(id connection.ID) place {
	return place{row: string(id), column: "connections.webhook_secret"}
}

func fingerprintPlace(id connection.ID) place {
	return place{row: string(id), column: "connections.fingerprint_key"}
}

// CreateConnection keeps c in phase validating, with an id when it has none
// and with a webhook secret and a fingerprint key of its own. A live
// connection in the way is a *ConflictError.
func (s *Store) CreateConnection(ctx context.Context, c connection.Connection) (connection.Connection, error) {
	if c.ID == "" {
		c.ID = connection.NewID()
	}
	secret := base64.RawURLEncoding.EncodeToString(random(32))
	sealedSecret, secretKey, err := s.keys.seal([]byte(secret), secretPlace(c.ID))
	if err != nil {
		return c, fmt.Errorf("create connection: %w", err)
	}
	sealedFingerprint, fingerprintKey, err := s.keys.seal(random(32), fingerprintPlace(c.ID))
	if err != nil {
		return c, fmt.Errorf("create connection: %w", err)
	}
	var created connection.Connection
	err = s.write(ctx, func(t *tx) error {
		if err := t.advisoryLock(connectionsLock); err != nil {
			return err
		}
		if err := t.checkRivals(c); err != nil {
			return err
		}
		var hash string
		if err := t.row(s.q.LockAuthentication, string(c.AuthenticationID)).Scan(&hash); err != nil {
			return fmt.Errorf("read authentication: %w", notFound(err))
		}
		_, err := t.exec(s.q.InsertConnection, string(c.ID), c.Name, string(c.AuthenticationID), string(c.StoreHash),
			c.IdentificationCode, c.Settings.IDPrefix, c.BulkSyncStartDate, c.Timezone,
			encode(c.StatusMapping), encode(c.Settings), string(connection.Validating),
			sealedSecret, secretKey, sealedFingerprint, fingerprintKey)
		if err != nil {
			return err
		}
		if _, err := t.exec(s.q.InsertWebhookSecret, hexHash(HashSecret(connection.Secret(secret))), string(c.ID)); err != nil {
			return err
		}
		created, err = scanConnection(t.row(s.q.SelectConnection, string(c.ID)))
		return err
	})
	if err != nil {
		return c, fmt.Errorf("create connection: %w", err)
	}
	return created, nil
}

// HashSecret returns what Receive knows a delivery's secret header by.
func HashSecret(secret connection.Secret) [sha256.Size]byte {
	return sha256.Sum256([]byte(secret.Reveal()))
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}

// numberLike is what can stand between a shorter prefix and the rest of an id
// (123, or 123-45 of a variant) so that a longer prefix looks the same.
var numberLike = regexp.MustCompile(`^([0-9]+(-[0-9]*)?)?$`)

// prefixesCollide reports whether two stores of one Ometria account could send
// the same id: the prefixes are equal, or one is the other and a number.
func prefixesCollide(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	rest, ok := strings.CutPrefix(b, a)
	return ok && numberLike.MatchString(rest)
}

// checkRivals returns a *ConflictError when a live connection forbids c.
func (t *tx) checkRivals(c connection.Connection) error {
	var conflict *ConflictError
	rows, err := t.rows(t.s.q.SelectRivals, c.IdentificationCode, string(c.ID))
	err = each(rows, err, func(r *sql.Rows) error {
		var id, hash, prefix string
		if err := r.Scan(&id, &hash, &prefix); err != nil {
			return err
		}
		switch {
		case hash == string(c.StoreHash):
			conflict = &ConflictError{ConnectionID: connection.ID(id), Kind: ConflictSameStore}
		case conflict == nil && prefixesCollide(prefix, c.Settings.IDPrefix):
			conflict = &ConflictError{ConnectionID: connection.ID(id), Kind: ConflictSamePrefix}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for conflicts: %w", err)
	}
	if conflict != nil {
		return conflict
	}
	return nil
}

// Connection returns a live connection, or ErrNotFound.
func (s *Store) Connection(ctx context.Context, id connection.ID) (connection.Connection, error) {
	c, err := scanConnection(s.reader.QueryRowContext(ctx, s.q.SelectConnection, string(id)))
	if err != nil {
		return connection.Connection{}, fmt.Errorf("read connection: %w", notFound(err))
	}
	return c, nil
}

// Connections lists up to limit live connections in the order of their ids,
// those after cursor. next is empty at the end.
func (s *Store) Connections(ctx context.Context, cursor string, limit int) (list []connection.Connection, next string, err error) {
	rows, err := s.reader.QueryContext(ctx, s.q.ListConnections, cursor, limit+1)
	err = each(rows, err, func(r *sql.Rows) error {
		c, err := scanConnection(r)
		list = append(list, c)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list connections: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		next = string(list[limit-1].ID)
	}
	return list, next, nil
}

// WebhookSecret opens the secret that BigCommerce sends back on each delivery.
func (s *Store) WebhookSecret(ctx context.Context, id connection.ID) (connection.Secret, error) {
	plain, err := s.openColumn(ctx, s.q.SelectWebhookSecret, id, secretPlace(id))
	if err != nil {
		return "", fmt.Errorf("read webhook secret: %w", err)
	}
	return connection.Secret(plain), nil
}

// FingerprintKey opens the key of a connection's fingerprints (HMAC). It is the
// connection's for life: the rotation of encryption keys leaves it alone.
func (s *Store) FingerprintKey(ctx context.Context, id connection.ID) ([]byte, error) {
	key, err := s.openColumn(ctx, s.q.SelectFingerprintKey, id, fingerprintPlace(id))
	if err != nil {
		return nil, fmt.Errorf("read fingerprint key: %w", err)
	}
	return key, nil
}

func (s *Store) openColumn(ctx context.Context, query string, id connection.ID, at place) ([]byte, error) {
	var (
		sealed []byte
		keyID  string
	)
	if err := s.reader.QueryRowContext(ctx, query, string(id)).Scan(&sealed, &keyID); err != nil {
		return nil, notFound(err)
	}
	return s.keys.open(sealed, keyID, at)
}

func scanConnection(row scanner) (connection.Connection, error) {
	var (
		c                                                   connection.Connection
		mapping, settings, failure, attention, parked       string
		storeInfo, installed, replacing                     string
		pausedAt, held, createdAt, updatedAt, webhook, done int64
		nextProbe, accountSince                             int64
	)
	err := row.Scan(&c.ID, &c.Name, &c.AuthenticationID, &c.StoreHash, &c.IdentificationCode, &c.BulkSyncStartDate,
		&c.Timezone, &mapping, &settings, &c.Phase, &pausedAt, &failure, &attention, &parked, &nextProbe, &storeInfo, &installed,
		&held, &c.Version, &createdAt, &updatedAt, &webhook, &done,
		&c.Epoch, &accountSince, &replacing)
	if err != nil {
		return c, err
	}
	for _, column := range []struct {
		name, text string
		into       any
	}{
		{"status_mapping", mapping, &c.StatusMapping}, {"settings", settings, &c.Settings},
		{"failure", failure, &c.Failure}, {"attention", attention, &c.Attention}, {"parked", parked, &c.Parked},
		{"store_info", storeInfo, &c.Store}, {"installed", installed, &c.Installed},
		{"replacing", replacing, &c.Replacing},
	} {
		if column.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(column.text), column.into); err != nil {
			return c, fmt.Errorf("decode %s: %w", column.name, err)
		}
	}
	if c.Parked != nil {
		c.Parked.NextProbeAt = toTime(nextProbe) // a lease moves only the column
	}
	c.AccountHeldContacts = held == 1
	c.PausedAt, c.CreatedAt, c.UpdatedAt = toTime(pausedAt), toTime(createdAt), toTime(updatedAt)
	c.LastWebhookAt, c.LastReconcileAt = toTime(webhook), toTime(done)
	c.AccountSince = toTime(accountSince)
	return c, nil
}
