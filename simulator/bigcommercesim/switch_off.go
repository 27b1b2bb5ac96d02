package bigcommercesim

import "encoding/json"

// DeactivateHooks deactivates every hook of the store, as BigCommerce does after
// days of failed deliveries or of silence, and returns how many were active, and
// the bodies of the webhooks that were still to be delivered, which are given
// up. Nobody is told of what happens from then on.
func (s *Server) DeactivateHooks() (hooks int, undelivered []json.RawMessage) {
	for _, h := range s.State().Hooks {
		if h.IsActive {
			s.deactivate(h.ID)
			hooks++
		}
	}
	s.delivery.mu.Lock()
	defer s.delivery.mu.Unlock()
	for _, one := range s.delivery.known {
		undelivered = append(undelivered, one.Body)
	}
	return hooks, undelivered
}
