package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func (p *program) records() *cobra.Command {
	g := p.clientGroup("records", "See and sync single records")
	g.AddCommand(p.recordsList(),
		&cobra.Command{
			Use: "show CONNECTION_ID ENTITY RECORD_ID", Short: "Tell the story of one record, without personal data",
			Args:    exactly("CONNECTION_ID", "ENTITY", "RECORD_ID"),
			Example: "  ometria-bigcommerce records show 0198c5f2-… orders 1042",
			RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
				path, err := recordPath(args)
				if err != nil {
					return err
				}
				answer, err := client.Do(ctx, http.MethodGet, path, nil, nil)
				if err != nil {
					return err
				}
				fields := map[string]json.RawMessage{}
				return p.print(answer, &fields, func() error {
					var facts [][2]string
					for _, key := range slices.Sorted(maps.Keys(fields)) {
						facts = append(facts, [2]string{key, plain(fields[key])})
					}
					return p.printFacts(facts...)
				})
			}),
		},
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

// plain returns a JSON value for people: a string without quotes, nothing for
// null.
func plain(raw json.RawMessage) string {
	var text *string
	if json.Unmarshal(raw, &text) == nil {
		if text == nil {
			return ""
		}
		return *text
	}
	return string(raw)
}

// recordPath checks the arguments CONNECTION_ID ENTITY RECORD_ID.
func recordPath(args []string) (string, error) {
	entity, err := connection.ParseEntity(args[1])
	if err != nil {
		return "", usagef("%v", err)
	}
	id, err := connection.ParseRecordID(args[2])
	if err != nil {
		return "", usagef("%v", err)
	}
	return apiclient.RecordPath(args[0], string(entity), id.String()), nil
}

// outcomes lists what --outcome takes.
var outcomes = []string{
	string(connection.Waiting), string(connection.Accepted), string(connection.Rejected),
	string(connection.Skipped), string(connection.Deleted),
}

func (p *program) recordsList() *cobra.Command {
	var entity, outcome string
	var limit int
	cmd := &cobra.Command{
		Use: "list CONNECTION_ID", Short: "List records and where they stand", Args: exactly("CONNECTION_ID"),
		Example: "  ometria-bigcommerce records list 0198c5f2-… --entity orders --outcome rejected",
	}
	cmd.Flags().StringVar(&entity, "entity", "", "customers, subscribers, orders or products")
	cmd.Flags().StringVar(&outcome, "outcome", "", oneOf(outcomes))
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

func (p *program) failures() *cobra.Command {
	g := p.clientGroup("failures", "See and retry what Ometria or the mapping refused")
	var reason, entity, record string
	retry := &cobra.Command{
		Use: "retry CONNECTION_ID", Short: "Try rejected records again", Args: exactly("CONNECTION_ID"),
		Example: `  ometria-bigcommerce failures retry 0198c5f2-…
  ometria-bigcommerce failures retry 0198c5f2-… --entity orders --reason refused`,
	}
	retry.Flags().StringVar(&reason, "reason", "", "only those with this reason code")
	retry.Flags().StringVar(&entity, "entity", "", "only customers, subscribers, orders or products")
	retry.Flags().StringVar(&record, "record", "", "only this record id; wants --entity")
	retry.RunE = p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
		body := map[string]string{}
		if reason != "" {
			body["reason"] = reason
		}
		if entity != "" {
			parsed, err := connection.ParseEntity(entity)
			if err != nil {
				return usagef("%v", err)
			}
			body["entity"] = string(parsed)
		}
		if record != "" {
			id, err := connection.ParseRecordID(record)
			if err != nil {
				return usagef("%v", err)
			}
			if entity == "" {
				return usagef("--record wants --entity: record ids of two entities can be equal")
			}
			body["record_id"] = id.String()
		}
		answer, err := client.Do(ctx, http.MethodPost, connectionPath(args[0])+"/failures/retry", nil, body)
		if err != nil {
			return err
		}
		var retried struct {
			Retried int64 `json:"retried"`
		}
		return p.print(answer, &retried, func() error {
			return p.printFacts([2]string{"retried", fmt.Sprint(retried.Retried)})
		})
	})
	g.AddCommand(retry, &cobra.Command{
		Use: "list CONNECTION_ID", Short: "Count rejected records by reason", Args: exactly("CONNECTION_ID"),
		Example: "  ometria-bigcommerce failures list 0198c5f2-…",
		RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
			return printList(ctx, p, client, connectionPath(args[0])+"/failures", nil, 0,
				[]string{"ENTITY", "COUNT", "FIRST", "LAST", "REASON"},
				func(f apiclient.FailureGroup) []string {
					return []string{f.Entity, fmt.Sprint(f.Count), when(&f.FirstAt), when(&f.LastAt), reasonText(&f.Reason)}
				})
		}),
	})
	return g
}
