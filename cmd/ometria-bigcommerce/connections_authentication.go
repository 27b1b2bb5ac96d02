package main

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func (p *program) connectionsAuthentication() *cobra.Command {
	var id string
	cmd := &cobra.Command{
		Use: "authentication ID", Short: "Replace the authentication of a connection", Args: exactly("ID"),
		Long: `Replace the authentication of a connection by another of the same store, such as one with a new access token. The new
one is tried, and webhooks and script are made with it, while the one before stays in force; then those of the one
before are removed, or attention says what to remove by hand. A connection that waits for good credentials goes on, and
one whose setup failed is set up again. No history is imported.`,
		Example: `  ometria-bigcommerce connections authentication 0198c5f2-… --authentication-id 0198c604-…`,
	}
	cmd.Flags().StringVar(&id, "authentication-id", "", "the authentication to use from now on (required)")
	cmd.RunE = p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
		if id == "" {
			return usagef("name the authentication with --authentication-id: see ometria-bigcommerce authentications list")
		}
		answer, err := client.Do(ctx, http.MethodPut, apiclient.AuthenticationOfPath(args[0]), nil, apiclient.AuthenticationChoice{AuthenticationID: id})
		if err != nil {
			return err
		}
		return p.printConnection(answer)
	})
	return cmd
}
