package api

import (
	"context"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// resyncAction is the action of the attention resync_wanted. The entities are
// read back from it by name, so it holds those words for nothing else.
func resyncAction(entities []connection.Entity) string {
	names := make([]string, len(entities))
	for i, e := range entities {
		names[i] = string(e)
	}
	return "Ometria holds what was sent before a change: re-sync " + strings.Join(names, ", ") + "."
}

// resyncPending is what is still wanted by earlier changes.
func resyncPending(c connection.Connection) []connection.Entity {
	at := slices.IndexFunc(c.Attention, func(a connection.Attention) bool { return a.Code == connection.ResyncWanted })
	if at < 0 {
		return nil
	}
	return slices.DeleteFunc(connection.Entities(), func(e connection.Entity) bool {
		return !strings.Contains(c.Attention[at].Action, string(e))
	})
}

// wantResync shows that a change wants entities re-synced, beside those that
// earlier ones want. Before its history is in, a connection has its sync yet to
// come or fails it.
func (a *api) wantResync(ctx context.Context, c connection.Connection, wanted []connection.Entity) error {
	if len(wanted) == 0 || c.Phase != connection.Connected && c.Phase != connection.Syncing {
		return nil
	}
	pending := resyncPending(c)
	all := slices.DeleteFunc(connection.Entities(), func(e connection.Entity) bool {
		return !slices.Contains(wanted, e) && !slices.Contains(pending, e)
	})
	return a.Store.Attend(ctx, c.ID, connection.Attention{Code: connection.ResyncWanted, Action: resyncAction(all)})
}

// resyncBegun takes back what a re-sync of everything of these entities settles.
func (a *api) resyncBegun(ctx context.Context, c connection.Connection, begun []connection.Entity) error {
	pending := resyncPending(c)
	left := slices.DeleteFunc(slices.Clone(pending), func(e connection.Entity) bool { return slices.Contains(begun, e) })
	switch {
	case len(left) == len(pending):
		return nil
	case len(left) == 0:
		return a.Store.Unattend(ctx, c.ID, connection.ResyncWanted)
	}
	return a.Store.Attend(ctx, c.ID, connection.Attention{Code: connection.ResyncWanted, Action: resyncAction(left)})
}
