package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
)

// temporalAway is how long callers are asked to wait for Temporal.
const temporalAway = 10 * time.Second

func (a *api) createConnection(ctx context.Context, in request[connectionBody]) (response, error) {
	c := in.Body.connection()
	authentication, err := a.Store.Authentication(ctx, c.AuthenticationID)
	if errors.Is(err, store.ErrNotFound) {
		return response{}, invalid(connection.FieldError{
			Field: "authentication_id", Code: "unknown", Message: "there is no such authentication: create it first",
		})
	}
	if err != nil {
		return response{}, fmt.Errorf("read authentication: %w", err)
	}
	c.StoreHash = authentication.StoreHash
	if err := a.resolveMapping(ctx, &c, in.Body.OrderStatusMapping); err != nil {
		return response{}, err
	}
	// Asked before anything is made, so that Temporal's absence costs nothing.
	if err := a.Ready(ctx); err != nil {
		return response{}, temporalIsAway("nothing was created", err)
	}
	c.ID = connection.NewID()
	c, err = a.Store.CreateConnection(ctx, c)
	if err != nil {
		return response{}, err
	}
	if _, err := a.Starter.SetUp(ctx, c); err != nil {
		return response{}, a.setupNotStarted(ctx, c.ID, err)
	}
	out, err := a.answerConnection(ctx, http.StatusAccepted, c)
	out.Location = "/v1/connections/" + string(c.ID)
	return out, err
}

// setupNotStarted is for Temporal going away between two calls. The connection
// stays, since the start may have come through all the same; resuming it starts
// the setup again.
func (a *api) setupNotStarted(ctx context.Context, id connection.ID, cause error) error {
	err := a.Store.Fail(ctx, id, connection.Failure{
		Code: connection.FailureGaveUp, Detail: "Temporal did not take the setup up.", Action: "Resume the connection.", At: time.Now().UTC(),
	})
	if err != nil {
		return fmt.Errorf("note that the setup did not start: %w", errors.Join(err, cause))
	}
	p := temporalIsAway("the connection was created, but its setup not started: resume it", cause)
	p.ConnectionID = id
	return p
}

func temporalIsAway(what string, cause error) *problem {
	if errors.Is(cause, starter.ErrNotPrepared) {
		return unavailable("Temporal lacks the namespace or the search attributes, "+what+": run ometria-bigcommerce admin init", temporalAway, cause)
	}
	return unavailable("Temporal does not answer, "+what+": try again", temporalAway, cause)
}

// resolveMapping turns the labels of a mapping into BigCommerce's fixed ids
// and completes its rules. Only labels need a call to the store.
func (a *api) resolveMapping(ctx context.Context, c *connection.Connection, bodies []statusRuleBody) error {
	if slices.ContainsFunc(c.StatusMapping, func(r connection.StatusRule) bool { return r.StatusID == nil && r.Label != "" }) {
		resolved, bad, err := a.Inspector.ResolveStatusRules(ctx, c.AuthenticationID, c.StatusMapping)
		if err != nil {
			return a.remoteError(err)
		}
		if len(bad) > 0 {
			return bad
		}
		c.StatusMapping = resolved
	}
	fillRules(c.StatusMapping, bodies)
	// Again, now that labels have ids: two rules may name one status.
	return c.Validate()
}

func (a *api) listConnections(ctx context.Context, in request[empty]) (response, error) {
	cursor, limit, bad := in.page(isID)
	if len(bad) > 0 {
		return response{}, bad
	}
	found, next, err := a.Store.Connections(ctx, cursor, limit)
	if err != nil {
		return response{}, err
	}
	views, err := a.viewConnections(ctx, found)
	if err != nil {
		return response{}, err
	}
	return response{Status: http.StatusOK, Body: newList(views, next)}, nil
}

// connection reads a connection, and says that it is the connection that is
// not there.
func (a *api) connection(ctx context.Context, id connection.ID) (connection.Connection, error) {
	c, err := a.Store.Connection(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("there is no such connection, or it was removed")
	}
	return c, err
}

func (a *api) showConnection(ctx context.Context, in request[empty]) (response, error) {
	c, err := a.connection(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	return a.answerConnection(ctx, http.StatusOK, c)
}

func (a *api) changeConnection(ctx context.Context, in request[changeBody]) (response, error) {
	if in.IfMatch == "" {
		return response{}, newProblem(kindPrecondition, "send If-Match with the ETag of the connection as you read it")
	}
	before, err := a.connection(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	if !matches(in.IfMatch, before.Version) {
		return response{}, store.ErrStale
	}
	if before.Phase == connection.Removing {
		return response{}, beingRemoved()
	}
	wanted := in.Body.apply(before)
	if err := wanted.Validate(); err != nil {
		return response{}, err
	}
	if in.Body.OrderStatusMapping.Set {
		if err := a.resolveMapping(ctx, &wanted, in.Body.OrderStatusMapping.Value); err != nil {
			return response{}, err
		}
	}
	after, err := a.Store.UpdateConnection(ctx, in.Connection, before.Version, func(c *connection.Connection) error {
		c.Name, c.IdentificationCode, c.Timezone = wanted.Name, wanted.IdentificationCode, wanted.Timezone
		c.BulkSyncStartDate, c.StatusMapping, c.Settings = wanted.BulkSyncStartDate, wanted.StatusMapping, wanted.Settings
		return nil
	})
	if err != nil {
		return response{}, err
	}
	wants := resyncWanted(before, after)
	if err := a.wantResync(ctx, after, wants); err != nil {
		return response{}, err
	}
	if after, err = a.connection(ctx, after.ID); err != nil {
		return response{}, err
	}
	out, err := a.answerConnection(ctx, http.StatusOK, after)
	if err != nil {
		return response{}, err
	}
	out.Body = changedView{
		connectionView: out.Body.(connectionView), ResyncWanted: wants,
		ScriptUpdateWanted: scriptWanted(before, after),
	}
	return out, nil
}

// matches reports whether an If-Match header lets a version through. A weak
// tag never does (RFC 9110, 13.1.1).
func matches(header string, version int64) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || tag == strconv.Quote(strconv.FormatInt(version, 10)) {
			return true
		}
	}
	return false
}

func beingRemoved() *problem {
	return newProblem(kindConflict, "the connection is being removed: nothing else can be done with it")
}

// removeConnection marks the connection and starts its removal. When Temporal
// is away the mark stays, and the same request again goes on from there.
func (a *api) removeConnection(ctx context.Context, in request[empty]) (response, error) {
	c, err := a.connection(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	if _, err := a.Store.SetPhase(ctx, c.ID, connection.Removing); err != nil {
		return response{}, err
	}
	// Answered from what was read: the removal may end before it is read again.
	c.Phase = connection.Removing
	out, err := a.answerConnection(ctx, http.StatusAccepted, c)
	if err != nil {
		return response{}, err
	}
	if _, err := a.Starter.Remove(ctx, c); err != nil {
		return response{}, temporalIsAway("the connection is marked for removal", err)
	}
	return out, nil
}

// answerNow reads the connection again, since an action changed it.
func (a *api) answerNow(ctx context.Context, id connection.ID) (response, error) {
	c, err := a.connection(ctx, id)
	if err != nil {
		return response{}, err
	}
	return a.answerConnection(ctx, http.StatusAccepted, c)
}
