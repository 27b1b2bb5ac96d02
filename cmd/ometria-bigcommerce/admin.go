package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/service"
)

func (p *program) admin() *cobra.Command {
	g := group("admin", "Prepare what a service needs", "Prepare what a service needs: its database and its Temporal namespace.")
	g.AddCommand(&cobra.Command{
		Use: "init", Short: "Make the tables, the namespace and the search attributes", Args: exactly(),
		Long: `Make the tables, the Temporal namespace if it is absent, and the search attributes that workflows carry.
Run it once before the first start and after each update; doing it again changes nothing.

Environment variables:

` + service.Usage(),
		Example: "  ometria-bigcommerce admin init",
		RunE: p.work(func(ctx context.Context, _ *cobra.Command, _ []string) error {
			config, err := p.serviceConfig()
			if err != nil {
				return err
			}
			done, err := service.Prepare(ctx, config, p.environ, service.NewLogger(config, p.stderr))
			if err != nil {
				return err
			}
			attributes := "were there"
			if len(done.SearchAttributes) > 0 {
				attributes = "made: " + strings.Join(done.SearchAttributes, ", ")
			}
			namespace := "was there"
			if done.NamespaceMade {
				namespace = "made"
			}
			_, err = fmt.Fprintf(p.stdout, "database: up to date\nnamespace %s: %s\nsearch attributes: %s\n", done.Namespace, namespace, attributes)
			return err
		}),
	})
	return g
}
