package activities

import (
	"context"
	"slices"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// forgetUninstalled takes the word about an uninstalled API account back once
// the connection's present account answered: the word was of an earlier one.
func (a *Activities) forgetUninstalled(ctx context.Context, c connection.Connection) error {
	if !slices.ContainsFunc(c.Attention, func(have connection.Attention) bool { return have.Code == connection.AppUninstalled }) {
		return nil
	}
	return a.Store.Unattend(ctx, c.ID, connection.AppUninstalled)
}
