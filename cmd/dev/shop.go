package main

import (
	"encoding/json"
	"fmt"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// ids returns the ids of all records that the store lists.
func (s *simulatedShop) ids(entity connection.Entity) ([]int64, error) {
	ids, err := s.IDs(string(entity), 0, 0)
	if err != nil {
		return nil, fmt.Errorf("list %s of the store: %w", entity, err)
	}
	return ids, nil
}

// atOmetria returns the ids that one record of the store has at Ometria: its
// own, and for a product those of its variants but the base variant, which is
// the product itself.
func (s *simulatedShop) atOmetria(entity connection.Entity, id int64) ([]string, error) {
	own := fmt.Sprint(id)
	if entity != connection.Products {
		return []string{own}, nil
	}
	raw, err := s.Get(string(entity), id)
	if err != nil {
		return nil, fmt.Errorf("read product of the store: %w", err)
	}
	var product struct {
		Variants []struct {
			ID           int64             `json:"id"`
			OptionValues []json.RawMessage `json:"option_values"`
		} `json:"variants"`
	}
	if err := json.Unmarshal(raw, &product); err != nil {
		return nil, fmt.Errorf("decode product of the store: %w", err)
	}
	all := []string{own}
	for _, variant := range product.Variants {
		if len(variant.OptionValues) > 0 {
			all = append(all, fmt.Sprintf("%s-%d", own, variant.ID))
		}
	}
	return all, nil
}
