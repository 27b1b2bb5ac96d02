package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func (p *program) failures() *cobra.Command {
	g := p.clientGroup("failures", "See and retry what Ometria or the mapping refused")
	g.AddCommand(p.failuresRetry(), &cobra.Command{
		Use: "list CONNECTION_ID", Short: "Count rejected records by reason, and say what to do", Args: exactly("CONNECTION_ID"),
		Long: `Count rejected records by reason, and say what to do about each.

Warnings are about records that went out all the same: something of them was shortened, left out or sent under
another name. Nothing of a warning is to be retried.`,
		Example: "  ometria-bigcommerce failures list 0198c5f2-…",
		RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
			return printList(ctx, p, client, connectionPath(args[0])+"/failures", nil, 0,
				[]string{"KIND", "ENTITY", "COUNT", "FIRST", "LAST", "REASON", "WHAT TO DO"},
				func(f apiclient.FailureGroup) []string {
					kind := "failure"
					if f.Warning {
						kind = "warning"
					}
					return []string{kind, f.Entity, fmt.Sprint(f.Count), when(f.FirstAt), when(f.LastAt), reasonText(&f.Reason), f.Action}
				})
		}),
	})
	return g
}

func (p *program) failuresRetry() *cobra.Command {
	var reason, group, entity, record string
	retry := &cobra.Command{
		Use: "retry CONNECTION_ID", Short: "Try rejected records again", Args: exactly("CONNECTION_ID"),
		Example: `  ometria-bigcommerce failures retry 0198c5f2-…
  ometria-bigcommerce failures retry 0198c5f2-… --entity orders --reason refused`,
	}
	retry.Flags().StringVar(&reason, "reason", "", "only those with this reason code")
	retry.Flags().StringVar(&group, "group", "", "only those of this group, as failures list --json names it")
	retry.Flags().StringVar(&entity, "entity", "", "only customers, subscribers, orders or products")
	retry.Flags().StringVar(&record, "record", "", "only this record id; wants --entity")
	retry.RunE = p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
		body := map[string]string{}
		if reason != "" {
			body["reason"] = reason
		}
		if group != "" {
			body["group"] = group
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
	return retry
}
