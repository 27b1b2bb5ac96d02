package api

import (
	"context"
	"net/http"
	"time"
)

// changesHours is how far back listChanges tells, the present hour included.
const changesHours = 24

// changesView is how many changes came and went in one hour.
type changesView struct {
	Hour      time.Time `json:"hour"`
	Received  int64     `json:"received"`
	Delivered int64     `json:"delivered"`
}

func (a *api) listChanges(ctx context.Context, in request[empty]) (response, error) {
	if _, err := a.connection(ctx, in.Connection); err != nil {
		return response{}, err
	}
	changes, err := a.Store.Changes(ctx, in.Connection, changesHours)
	if err != nil {
		return response{}, err
	}
	views := make([]changesView, len(changes))
	for i, c := range changes {
		views[i] = changesView(c)
	}
	return response{Status: http.StatusOK, Body: newList(views, "")}, nil
}
