package bigcommercesim

// DeactivateHooks deactivates every hook of the store, as BigCommerce does after
// days of failed deliveries or of silence, and returns how many were active.
// Nobody is told of what happens from then on.
func (s *Server) DeactivateHooks() int {
	n := 0
	for _, h := range s.State().Hooks {
		if h.IsActive {
			s.deactivate(h.ID)
			n++
		}
	}
	return n
}
