package main

import (
	"context"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func (p *program) audit() *cobra.Command {
	var id string
	var limit int
	g := p.clientGroup("audit", "See who did what, newest first")
	g.Use, g.Args = "audit", exactly()
	g.Long = `See who did what, newest first: every change made through page, API or command line in the last 400 days.
` + clientVariables
	g.Example = "  ometria-bigcommerce audit --connection 0198c5f2-…"
	g.Flags().StringVar(&id, "connection", "", "only this connection, which may have been removed")
	g.Flags().IntVar(&limit, "limit", 50, "how many entries; 0 for all")
	g.RunE = p.api(func(ctx context.Context, client *apiclient.Client, _ []string) error {
		query := url.Values{}
		if id != "" {
			query.Set("connection_id", id)
		}
		return printList(ctx, p, client, "/v1/audit-log", query, limit, []string{"WHEN", "WHO", "THROUGH", "WHAT", "TO"},
			func(e apiclient.AuditEntry) []string {
				who := e.Role
				if e.Name != "" {
					who = e.Name + " (" + e.Role + ")"
				}
				what := e.Action
				if e.Detail != "" {
					what += ": " + e.Detail
				}
				to := e.ConnectionID
				if to == "" {
					to = e.AuthenticationID
				}
				if e.RecordID != "" {
					to = strings.Join([]string{to, e.Entity, e.RecordID}, "/")
				}
				return []string{when(&e.At), who, e.Through, what, to}
			})
	})
	return g
}
