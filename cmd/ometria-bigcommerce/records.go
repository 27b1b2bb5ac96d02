package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func (p *program) records() *cobra.Command {
	g := p.clientGroup("records", "Find, see, compare and sync single records")
	g.AddCommand(p.recordsList(), p.recordsShow(), p.recordsPreview(), p.recordsCheck(), p.recordsLookup(),
		&cobra.Command{
			Use: "sync CONNECTION_ID ENTITY RECORD_ID", Short: "Sync one record now",
			Args:    exactly("CONNECTION_ID", "ENTITY", "RECORD_ID"),
			Example: "  ometria-bigcommerce records sync 0198c5f2-… products 77",
			RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
				path, err := recordPath(args)
				if err != nil {
					return err
				}
				answer, err := client.Do(ctx, http.MethodPost, path+"/sync", nil, nil)
				if err != nil {
					return err
				}
				var started struct {
					WorkflowID string `json:"workflow_id"`
				}
				return p.print(answer, &started, func() error {
					return p.printFacts([2]string{"workflow", started.WorkflowID})
				})
			}),
		})
	return g
}

// recordPath checks the arguments CONNECTION_ID ENTITY RECORD_ID.
func recordPath(args []string) (string, error) {
	entity, err := connection.ParseEntity(args[1])
	if err != nil {
		return "", usagef("%v", err)
	}
	id, err := connection.ParseRecordID(args[2])
	if err != nil {
		if product, _, ok := strings.Cut(args[2], "-"); ok && entity == connection.Products {
			if _, notOne := connection.ParseRecordID(product); notOne == nil {
				return "", usagef("%q is a variant's id at Ometria: BigCommerce's product is the part before the dash, products %s", args[2], product)
			}
		}
		return "", usagef("%v, as in orders 1042", err)
	}
	return apiclient.RecordPath(args[0], string(entity), id.String()), nil
}

// outcomes lists what --outcome takes.
var outcomes = []string{
	string(connection.Waiting), string(connection.Accepted), string(connection.Rejected),
	string(connection.Skipped), string(connection.Deleted),
}

func (p *program) recordsList() *cobra.Command {
	var entity, outcome, reason, group string
	var limit int
	cmd := &cobra.Command{
		Use: "list CONNECTION_ID", Short: "List records and where they stand", Args: exactly("CONNECTION_ID"),
		Example: "  ometria-bigcommerce records list 0198c5f2-… --entity orders --outcome rejected",
	}
	cmd.Flags().StringVar(&entity, "entity", "", "customers, subscribers, orders or products")
	cmd.Flags().StringVar(&outcome, "outcome", "", oneOf(outcomes))
	cmd.Flags().StringVar(&reason, "reason", "", "only those with this reason code")
	cmd.Flags().StringVar(&group, "group", "", "only those of this group, as failures list --json names it")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many; 0 = all")
	cmd.RunE = p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
		query := url.Values{}
		if entity != "" {
			parsed, err := connection.ParseEntity(entity)
			if err != nil {
				return usagef("%v", err)
			}
			query.Set("entity", string(parsed))
		}
		if outcome != "" {
			if !slices.Contains(outcomes, outcome) {
				return usagef("unknown outcome %q: use %s", outcome, oneOf(outcomes))
			}
			query.Set("outcome", outcome)
		}
		if reason != "" {
			query.Set("reason", reason)
		}
		if group != "" {
			query.Set("group", group)
		}
		if limit < 0 {
			return usagef("--limit %d: use 0 for all, or a number above", limit)
		}
		if limit > 0 {
			query.Set("limit", fmt.Sprint(min(limit+1, 250))) // one more tells whether there are more
		}
		return printList(ctx, p, client, connectionPath(args[0])+"/records", query, limit,
			[]string{"ENTITY", "RECORD", "OUTCOME", "PUSHED", "REQUEST", "REASON"},
			func(r apiclient.Record) []string {
				return []string{r.Entity, r.RecordID, r.Outcome, when(r.PushedAt), r.RequestID, reasonText(r.Reason)}
			})
	})
	return cmd
}

// because is a reason within a sentence: its text, what to do about it, and the
// code in brackets, by which records are filtered.
func because(r *apiclient.Reason, action string) string {
	if r == nil {
		return ""
	}
	text := r.Text
	if action != "" {
		text = strings.TrimLeft(text+"; "+action, "; ")
	}
	return strings.TrimSpace(text + " [" + strings.TrimSpace(r.Code+" "+r.Path) + "]")
}

func reasonText(r *apiclient.Reason) string {
	if r == nil {
		return ""
	}
	text := r.Code
	if r.Path != "" {
		text += " " + r.Path
	}
	if r.Text != "" {
		text += ": " + r.Text
	}
	return text
}
