package activities

import (
	"context"

	"github.com/ometria/ometria-bigcommerce/store"
)

// intend remembers, before anything is sent, what Ometria may know from then
// on: new variants and another consent. Were it learnt only from the answer, a
// push that is done and never answered would leave a variant active, or a
// person opted in, that nothing takes back. Most pushes tell nothing of the
// kind and cost nothing here.
func (c *chunk) intend(ctx context.Context) error {
	var intents []store.Intent
	for id, p := range c.sent {
		if meant, more := c.states[id].Meant(p.result.State); more {
			intents = append(intents, store.Intent{RecordID: id, Fetched: c.of[id].f, State: meant})
			c.states[id] = meant // and still if it is refused in part
		}
	}
	if len(intents) == 0 {
		return nil
	}
	return c.Store.Intend(ctx, c.connection.ID, c.entity, intents)
}
