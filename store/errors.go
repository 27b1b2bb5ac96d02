package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ometria/ometria-bigcommerce/connection"
)

var (
	// ErrNotFound means that there is no such row, or that it was removed.
	ErrNotFound = errors.New("not found")
	// ErrStale means that the row changed since the caller read it.
	ErrStale = errors.New("changed since it was read")
	// ErrInUse means that a live connection still uses the authentication, or
	// has still to remove what it made with it.
	ErrInUse = errors.New("in use by a connection")
	// ErrRemoving means that the connection is being removed.
	ErrRemoving = errors.New("the connection is being removed")
	// ErrInProgress means that a request with the same idempotency key runs.
	ErrInProgress = errors.New("a request with this idempotency key is in progress")
	// ErrReused means that the idempotency key came before with another request.
	ErrReused = errors.New("idempotency key was used for another request")
	// ErrClosed means that the store was closed.
	ErrClosed = errors.New("store is closed")
)

var errRefused = errors.New("PostgreSQL refused the connection: check host, user, password and database of the URL")

// IsUnreachable reports whether err comes of a database that does not answer at
// the moment: it cannot be reached, or it has ended the connection because it
// stops, starts or an operator said so.
func IsUnreachable(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Classes 08 connection exception, 53 insufficient resources and 57P
		// operator intervention (PostgreSQL: Appendix A, error codes).
		return len(e.Code) == 5 && (e.Code[:2] == "08" || e.Code[:2] == "53" || e.Code[:3] == "57P")
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, errRefused) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Kinds of ConflictError.
const (
	// ConflictSameStore is a live connection of the same store and
	// identification code.
	ConflictSameStore = "same_store"
	// ConflictSamePrefix is a live connection of another store to the same
	// Ometria account whose ids would collide with the new one's.
	ConflictSamePrefix = "same_id_prefix"
)

// ConflictError names the live connection that forbids a new one.
type ConflictError struct {
	ConnectionID connection.ID
	Kind         string // ConflictSameStore or ConflictSamePrefix
}

func (e *ConflictError) Error() string {
	if e.Kind == ConflictSamePrefix {
		return fmt.Sprintf("connection %s joins another store to the same identification code: set another settings.id_prefix", e.ConnectionID)
	}
	return fmt.Sprintf("connection %s already joins this store to this identification code", e.ConnectionID)
}
