package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/service"
	"github.com/ometria/ometria-bigcommerce/store"
)

// refuseRealStores keeps the stand-ins away from a database that holds
// connections of other stores, such as production's, whose variables may stand
// in the shell: their credentials would go to the stand-ins, and their records
// be taken for gone.
func refuseRealStores(ctx context.Context, config service.Config, simulated connection.StoreHash) (err error) {
	database, err := service.OpenStore(ctx, config, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	return eachConnection(ctx, database, func(c connection.Connection) error {
		if c.StoreHash == simulated {
			return nil
		}
		return &usageError{fmt.Sprintf("OBC_DATABASE_URL names a database with a connection of store %s, which is not the simulated one: "+
			"unset OBC_DATABASE_URL, or use --no-simulators", c.StoreHash)}
	})
}

func eachConnection(ctx context.Context, database *store.Store, look func(connection.Connection) error) error {
	const page = 100
	for cursor := ""; ; {
		found, next, err := database.Connections(ctx, cursor, page)
		if err != nil {
			return fmt.Errorf("list connections: %w", err)
		}
		for _, c := range found {
			if err := look(c); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}
