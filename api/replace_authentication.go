package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// authenticationChoice names the authentication that a connection is to use.
type authenticationChoice struct {
	AuthenticationID connection.AuthenticationID `json:"authentication_id"`
}

func (b authenticationChoice) validate() connection.ValidationError {
	if b.AuthenticationID == "" {
		return connection.ValidationError{{Field: "authentication_id", Code: "required", Message: "name the authentication to use from now on"}}
	}
	return nil
}

// detail names it by its id, which tells nothing.
func (b authenticationChoice) detail() string { return string(b.AuthenticationID) }

// replaceAuthentication notes which authentication is wanted and has it tried
// and put in force. The one before stays in force until the new one has done.
func (a *api) replaceAuthentication(ctx context.Context, in request[authenticationChoice]) (response, error) {
	before, err := a.actOn(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	if err := a.checkReplacement(ctx, before, in.Body.AuthenticationID); err != nil {
		return response{}, err
	}
	if before.AuthenticationID == in.Body.AuthenticationID && before.Replacing.Wanted == nil {
		return a.answerConnection(ctx, http.StatusAccepted, before) // in force already
	}
	// Asked before anything is noted, so that Temporal's absence changes nothing.
	if err := a.Ready(ctx); err != nil {
		return response{}, temporalIsAway("the authentication was not replaced", err)
	}
	after, begun, err := a.Store.ReplaceAuthentication(ctx, before.ID, in.Body.AuthenticationID)
	if err != nil {
		return response{}, err
	}
	if begun {
		if _, err := a.Starter.ReplaceAuthentication(ctx, after); err != nil {
			return response{}, a.replacementNotStarted(ctx, before, err)
		}
	}
	return a.answerConnection(ctx, http.StatusAccepted, after)
}

// checkReplacement takes an authentication of the connection's own store.
func (a *api) checkReplacement(ctx context.Context, c connection.Connection, id connection.AuthenticationID) error {
	chosen, err := a.Store.Authentication(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return invalid(connection.FieldError{
			Field: "authentication_id", Code: "unknown", Message: "there is no such authentication: create it first",
		})
	case err != nil:
		return fmt.Errorf("read authentication: %w", err)
	case chosen.StoreHash != c.StoreHash:
		return invalid(connection.FieldError{Field: "authentication_id", Code: "invalid", Message: fmt.Sprintf(
			"this authentication is of store %s, and the connection of store %s: choose one of the same store, or connect the other store too",
			chosen.StoreHash, c.StoreHash)})
	}
	return nil
}

// replacementNotStarted is for Temporal going away between two calls. What is
// wanted stays noted, and the next Reconcile takes it up; a connection whose
// setup had failed has none, and shows its failure again.
func (a *api) replacementNotStarted(ctx context.Context, before connection.Connection, cause error) error {
	if before.Failure != nil {
		if err := a.Store.Fail(ctx, before.ID, *before.Failure); err != nil {
			return fmt.Errorf("put failure back: %w", errors.Join(err, cause))
		}
	}
	return temporalIsAway("the new authentication is noted, and not taken up yet", cause)
}
