package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
)

// actOn reads a connection that something is to be done with.
func (a *api) actOn(ctx context.Context, id connection.ID) (connection.Connection, error) {
	c, err := a.connection(ctx, id)
	if err == nil && c.Phase == connection.Removing {
		err = beingRemoved()
	}
	return c, err
}

func notSetUp() *problem {
	return newProblem(kindConflict, "the connection's setup failed: do what its failure says, then resume it")
}

// updateScript renews the JavaScript tag in the storefront.
func (a *api) updateScript(ctx context.Context, in request[empty]) (response, error) {
	c, err := a.actOn(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	if c.Phase == connection.Failed {
		return response{}, notSetUp()
	}
	if _, err := a.Starter.UpdateScript(ctx, c); err != nil {
		return response{}, temporalIsAway("nothing was started", err)
	}
	return a.answerNow(ctx, c.ID)
}

// resyncBody names what to import again; everything when it names nothing.
type resyncBody struct {
	Entities []string `json:"entities"`
	Since    string   `json:"since"`
}

func (b resyncBody) validate() connection.ValidationError {
	var bad connection.ValidationError
	for _, name := range b.Entities {
		if _, err := connection.ParseEntity(name); err != nil {
			bad = append(bad, connection.FieldError{Field: "entities", Code: "unknown", Message: err.Error()})
			break
		}
	}
	if b.Since != "" {
		if _, err := time.Parse(time.DateOnly, b.Since); err != nil {
			bad = append(bad, connection.FieldError{Field: "since", Code: "invalid", Message: "use a date in the form YYYY-MM-DD"})
		}
	}
	return bad
}

// list returns the entities in the order of a bulk sync, each once.
func (b resyncBody) list() []connection.Entity {
	if len(b.Entities) == 0 {
		return connection.Entities()
	}
	return slices.DeleteFunc(connection.Entities(), func(e connection.Entity) bool {
		return !slices.Contains(b.Entities, string(e))
	})
}

func (a *api) resync(ctx context.Context, in request[resyncBody]) (response, error) {
	c, err := a.actOn(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	if c.Phase == connection.Failed {
		return response{}, notSetUp()
	}
	if _, err := a.Starter.Resync(ctx, c, starter.Resync{Entities: in.Body.list(), Since: in.Body.Since}); err != nil {
		return response{}, temporalIsAway("nothing was started", err)
	}
	if in.Body.Since == "" {
		if err := a.resyncBegun(ctx, c, in.Body.list()); err != nil {
			return response{}, err
		}
	}
	return a.answerNow(ctx, c.ID)
}

// pause holds a connection. The mark in the database is what holds; the signal
// only makes a bulk sync prompt.
func (a *api) pause(ctx context.Context, in request[empty]) (response, error) {
	c, err := a.actOn(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	if err := a.Store.Pause(ctx, c.ID); err != nil {
		return response{}, err
	}
	if err := a.Starter.Pause(ctx, c.ID); err != nil {
		a.Logger.WarnContext(ctx, "bulk sync not told of the pause", "connection_id", c.ID, "err", err)
	}
	return a.answerNow(ctx, c.ID)
}

// resume lets a paused connection go on, and sets a failed one up again.
func (a *api) resume(ctx context.Context, in request[empty]) (response, error) {
	c, err := a.actOn(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	if err := a.Store.Unpause(ctx, c.ID); err != nil {
		return response{}, err
	}
	again, err := a.needsSetUp(ctx, c)
	if err != nil {
		return response{}, err
	}
	if again {
		if err := a.setUpAgain(ctx, c); err != nil {
			return response{}, err
		}
	} else if err := a.Starter.Resume(ctx, c.ID); err != nil {
		return response{}, temporalIsAway("the bulk sync was not told", err)
	}
	a.Wake()
	return a.answerNow(ctx, c.ID)
}

// needsSetUp reports whether a resume is to set the connection up: its setup
// failed, or should be at work and is not, because its start was lost.
func (a *api) needsSetUp(ctx context.Context, c connection.Connection) (bool, error) {
	if c.Phase != connection.Validating {
		return c.Phase == connection.Failed, nil
	}
	running, err := a.Starter.Running(ctx, starter.ConnectionSetupID(c.ID))
	if err != nil {
		return false, temporalIsAway("whether the setup is at work is not known", err)
	}
	return !running, nil
}

// setUpAgain moves the phase before the start: a setup that fails at once must
// not be overwritten. When Temporal is away the old failure stands again.
func (a *api) setUpAgain(ctx context.Context, c connection.Connection) error {
	if _, err := a.Store.SetPhase(ctx, c.ID, connection.Validating, connection.Failed); err != nil {
		return err
	}
	if _, err := a.Starter.SetUp(ctx, c); err != nil {
		if c.Failure != nil {
			if undo := a.Store.Fail(ctx, c.ID, *c.Failure); undo != nil {
				return fmt.Errorf("put failure back: %w", errors.Join(undo, err))
			}
		}
		return temporalIsAway("the setup was not started", err)
	}
	return nil
}
