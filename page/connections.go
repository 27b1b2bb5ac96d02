package page

import (
	"context"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// connectionsPage is asked for its list when the heading is out.
type connectionsPage struct {
	list func() connectionList
}

// List returns the connections.
func (p connectionsPage) List() connectionList { return p.list() }

type connectionList struct {
	Connections []tile
	Rest        bool // some are left out for the first paint: the page's script fetches them, or a link leads there
	Away        bool // they could not be read
}

// tilesAtFirst are as many as a large screen shows.
const tilesAtFirst = 30

// tile is one connection in a nutshell.
type tile struct {
	ID, Title, Where string
	Standing         standing
	Warnings         []string
	Syncing          *syncing // while a bulk sync runs
	LastWebhookAt    *time.Time
	Waiting, Failed  int64
}

// syncing is how far a bulk sync has come.
type syncing struct {
	ID      string
	Percent int64
}

func (s *site) showConnections(v *visit) error {
	// A token that was taken out of the configuration leads to the sign-in.
	if _, err := v.api.Token(v.Request.Context()); err != nil {
		return err
	}
	v.stream("connections", connectionsPage{func() connectionList {
		var list connectionList
		var err error
		if v.Query("all") == "" {
			list.Connections, list.Rest, err = firstTiles(v.Request.Context(), v.api)
		} else {
			list.Connections, err = tilesOf(v.Request.Context(), v.api)
		}
		if err != nil {
			s.Logger.WarnContext(v.Request.Context(), "list connections", "err", err)
			list.Away = true
		}
		return list
	}})
	return nil
}

// showTiles is what the page's script puts in the place of older tiles.
func (s *site) showTiles(v *visit) error {
	tiles, err := tilesOf(v.Request.Context(), v.api)
	if err != nil {
		return err
	}
	v.fragment("connections", "tiles", connectionList{Connections: tiles})
	return nil
}

// firstTiles are those of a screen; rest says that there are more.
func firstTiles(ctx context.Context, api *apiclient.Client) (tiles []tile, rest bool, err error) {
	list, next, err := apiclient.Page[apiclient.Connection](ctx, api, "/v1/connections", nil, "", tilesAtFirst)
	for _, c := range list {
		tiles = append(tiles, tileOf(c))
	}
	return tiles, next != "", err
}

func tilesOf(ctx context.Context, api *apiclient.Client) ([]tile, error) {
	var tiles []tile
	for c, err := range api.Connections(ctx) {
		if err != nil {
			return nil, err
		}
		tiles = append(tiles, tileOf(c))
	}
	return tiles, nil
}

func tileOf(c apiclient.Connection) tile {
	t := tile{ID: c.ID, Title: titleOf(c), Where: c.Store.Domain, Standing: standingOf(c), LastWebhookAt: c.LastWebhookAt}
	if t.Where == "" {
		t.Where = "store " + c.StoreHash
	}
	var done, total int64
	for _, p := range c.Progress {
		t.Waiting += p.Waiting
		t.Failed += p.Rejected
		done, total = done+p.Done(), total+p.Total
	}
	if len(c.Attention) > 0 {
		t.Warnings = append(t.Warnings, "Needs attention")
	}
	if c.Status == string(connection.Syncing) {
		t.Syncing = &syncing{ID: c.ID}
		if total > 0 {
			t.Syncing.Percent = 100 * done / total
		}
	}
	return t
}

// titleOf is what a connection is called: its name, or the store's.
func titleOf(c apiclient.Connection) string {
	switch {
	case c.Name != "":
		return c.Name
	case c.Store.Name != "":
		return c.Store.Name
	}
	return "Store " + c.StoreHash
}
