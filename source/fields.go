package source

import (
	"context"
	"fmt"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

// fieldKeys returns the property keys of each record's own fields. A map is of
// one record alone, so that the same record makes the same whichever page it
// comes with.
func fieldKeys[T any](ctx context.Context, r *Reader, entity connection.Entity, mc mapping.Context, records []T) ([]map[connection.FieldID]string, error) {
	of := make([]map[connection.FieldID]string, len(records))
	if r.config.Keys == nil {
		return of, nil
	}
	held := make([][]connection.NewField, len(records))
	var all []connection.NewField
	seen := map[connection.FieldID]bool{}
	for i, record := range records {
		held[i] = mapping.MerchantFields(record, mc)
		for _, field := range held[i] {
			if !seen[field.FieldID] {
				seen[field.FieldID] = true
				all = append(all, field)
			}
		}
	}
	if len(all) == 0 {
		return of, nil
	}
	keys, err := r.config.Keys(ctx, r.connection.ID, entity, all, mapping.ReservedKeys(entity))
	if err != nil {
		return nil, fmt.Errorf("find keys of fields: %w", err)
	}
	for i, fields := range held {
		of[i] = make(map[connection.FieldID]string, len(fields))
		for _, field := range fields {
			if key, ok := keys[field.FieldID]; ok {
				of[i][field.FieldID] = key
			}
		}
	}
	return of, nil
}
