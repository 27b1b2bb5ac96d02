package api

import (
	"context"
	"net/http"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// fieldView is one of the merchant's own fields, and what it is at Ometria.
type fieldView struct {
	Entity connection.Entity    `json:"entity"`
	Kind   connection.FieldKind `json:"kind"`
	Source string               `json:"source"` // the merchant's name of it
	Key    *string              `json:"key"`    // nil when the name makes none
	Type   string               `json:"type"`
	// Records hold it; LeftOut of them had no room for it.
	Records    int64    `json:"records"`
	LeftOut    int64    `json:"left_out"`
	Collisions []string `json:"collisions"` // names that make the same key
}

func (a *api) listFields(ctx context.Context, in request[empty]) (response, error) {
	if _, err := a.connection(ctx, in.Connection); err != nil {
		return response{}, err
	}
	fields, err := a.Store.Fields(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	views := make([]fieldView, len(fields))
	for i, f := range fields {
		views[i] = fieldView{
			Entity: f.Entity, Kind: f.Kind, Source: f.Name, Type: f.Type,
			Records: f.Records, LeftOut: f.LeftOut, Collisions: f.Collisions,
		}
		if f.Key != "" {
			views[i].Key = &f.Key
		}
		if f.Collisions == nil {
			views[i].Collisions = []string{}
		}
	}
	return response{Status: http.StatusOK, Body: newList(views, "")}, nil
}
