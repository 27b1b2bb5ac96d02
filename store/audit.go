package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// auditKept is how long the audit log goes back.
const auditKept = 400 * 24 * time.Hour

// Audit notes who did what. Id and time are given here.
func (s *Store) Audit(ctx context.Context, e connection.AuditEntry) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name audit entry: %w", err)
	}
	err = s.write(ctx, func(t *tx) error {
		if _, err := t.exec(s.q.PurgeAudit, millis(auditKept)); err != nil {
			return err
		}
		_, err := t.exec(s.q.InsertAudit, id.String(), e.Role, e.Name, e.Through, e.Action, e.Detail,
			string(e.ConnectionID), string(e.AuthenticationID), string(e.Entity), int64(e.RecordID))
		return err
	})
	if err != nil {
		return fmt.Errorf("note audit entry: %w", err)
	}
	return nil
}

// AuditLog lists what was done, newest first; of one connection when id is not
// empty. An empty next ends it.
func (s *Store) AuditLog(ctx context.Context, id connection.ID, cursor string, limit int) (list []connection.AuditEntry, next string, err error) {
	query, args := s.q.ListAudit, []any{cursor, limit + 1}
	if id != "" {
		query, args = s.q.ListConnectionAudit, append(args, string(id))
	}
	rows, err := s.reader.QueryContext(ctx, query, args...)
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			e            connection.AuditEntry
			at, recordID int64
		)
		err := r.Scan(&e.ID, &at, &e.Role, &e.Name, &e.Through, &e.Action, &e.Detail, &e.ConnectionID, &e.AuthenticationID, &e.Entity, &recordID)
		e.At, e.RecordID = toTime(at), connection.RecordID(recordID)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list audit log: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].ID
	}
	return list, next, nil
}
