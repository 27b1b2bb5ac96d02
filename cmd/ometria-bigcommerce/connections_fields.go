package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// customFields is how many custom fields Ometria takes for each kind of record
// (Data architecture).
const customFields = 100

func (p *program) connectionsFields() *cobra.Command {
	return &cobra.Command{
		Use: "fields ID", Short: "List the store's own fields: what to create in Ometria", Args: exactly("ID"),
		Long: `List the store's own fields (account signup form, customer attributes, custom fields of products), with the key and
the type that each has at Ometria.

Ometria shows a field only once a custom field with its key has been created there, and takes 100 of them for each
kind of record.`,
		Example: "  ometria-bigcommerce connections fields 0198c5f2-…",
		RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
			keys := map[string]map[string]bool{} // by entity
			err := printList(ctx, p, client, connectionPath(args[0])+"/fields", nil, 0,
				[]string{"ENTITY", "KIND", "NAME", "KEY", "TYPE", "RECORDS", "LEFT OUT", "SAME KEY"},
				func(f apiclient.Field) []string {
					key := "(none: not sent)"
					if f.Key != "" {
						key = f.Key
						if keys[f.Entity] == nil {
							keys[f.Entity] = map[string]bool{}
						}
						keys[f.Entity][f.Key] = true
					}
					left := ""
					if f.LeftOut > 0 {
						left = fmt.Sprint(f.LeftOut)
					}
					return []string{f.Entity, strings.ReplaceAll(f.Kind, "_", " "), printable(f.Source), key, f.Type,
						fmt.Sprint(f.Records), left, printable(strings.Join(f.Collisions, ", "))}
				})
			if err != nil || len(keys) == 0 {
				return err
			}
			fmt.Fprintln(p.stderr, "Create these in Ometria: they show there only once created.")
			for _, entity := range slices.Sorted(maps.Keys(keys)) {
				if n := len(keys[entity]); n > customFields {
					fmt.Fprintf(p.stderr, "warning: %s have %d fields, and Ometria takes %d custom fields: create those that you need\n", entity, n, customFields)
				}
			}
			return nil
		}),
	}
}
