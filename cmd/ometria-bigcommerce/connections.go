package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func connectionPath(id string) string { return "/v1/connections/" + url.PathEscape(id) }

func (p *program) connections() *cobra.Command {
	g := p.clientGroup("connections", "Manage connections of a BigCommerce store with an Ometria account")
	g.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List connections", Args: exactly(),
			Example: "  ometria-bigcommerce connections list",
			RunE: p.api(func(ctx context.Context, client *apiclient.Client, _ []string) error {
				return printList(ctx, p, client, "/v1/connections", nil, 0,
					[]string{"ID", "NAME", "STORE HASH", "IDENTIFICATION CODE", "STATUS", "WAITING", "ATTENTION"},
					func(c apiclient.Connection) []string {
						return []string{c.ID, c.Name, c.StoreHash, c.IdentificationCode, c.Status,
							fmt.Sprint(c.Waiting()), strings.Join(attentionCodes(c), ",")}
					})
			}),
		},
		p.connectionsShow(), p.connectionsCreate(), p.connectionsUpdate(), p.connectionsAuthentication(), p.connectionsResync(), p.connectionsFields(),
		p.connectionsReconcile(), p.connectionsDeletions(),
		p.connectionAction("pause", "Hold a connection: webhooks are still taken in"),
		p.connectionAction("resume", "Let a paused connection go on, or run the setup of a failed one again"),
		p.connectionAction("script", "Update the JavaScript tracking in the storefront"),
		&cobra.Command{
			Use: "remove ID", Short: "Remove a connection with its script, webhooks and credentials", Args: exactly("ID"),
			Long: `Remove a connection: stops its syncs, deletes our script and webhooks from the store (only ours) and erases
its credentials unless another connection uses them. What Ometria holds already stays there.`,
			Example: "  ometria-bigcommerce connections remove 0198c5f2-…",
			RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
				if _, err := client.Do(ctx, http.MethodDelete, connectionPath(args[0]), nil, nil); err != nil {
					return err
				}
				_, err := fmt.Fprintf(p.stderr, "connection %s is being removed\n", args[0])
				return err
			}),
		})
	return g
}

// settingsText lists the settings that are not left to their default.
func settingsText(settings map[string]any) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		pairs = append(pairs, fmt.Sprintf("%s=%v", key, settings[key]))
	}
	return strings.Join(pairs, " ")
}

// ruleText is a rule of the order status mapping in words.
func ruleText(r apiclient.StatusRule) string {
	text := printable(r.Label)
	if r.StatusID != nil {
		text = strings.TrimSpace(fmt.Sprint(*r.StatusID) + " " + text)
	}
	if r.Status != "" {
		text += " is sent as " + printable(r.Status)
	}
	switch {
	case r.Send != nil && !*r.Send:
		return text + ", not sent"
	case r.IsValid != nil && !*r.IsValid:
		return text + ", not a sale"
	}
	return text + ", a sale"
}

func attentionCodes(c apiclient.Connection) []string {
	codes := make([]string, len(c.Attention))
	for i, a := range c.Attention {
		codes[i] = a.Code
	}
	return codes
}

// connectionAction returns a command that does an action without a body.
func (p *program) connectionAction(action, short string) *cobra.Command {
	return &cobra.Command{
		Use: action + " ID", Short: short, Args: exactly("ID"),
		Example: "  ometria-bigcommerce connections " + action + " 0198c5f2-…",
		RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
			return p.act(ctx, client, args[0], action, nil)
		}),
	}
}

func (p *program) act(ctx context.Context, client *apiclient.Client, id, action string, in any) error {
	answer, err := client.Do(ctx, http.MethodPost, connectionPath(id)+"/"+action, nil, in)
	if err != nil {
		return err
	}
	return p.printConnection(answer)
}

func (p *program) connectionsResync() *cobra.Command {
	var entities []string
	var since string
	cmd := &cobra.Command{
		Use: "resync ID", Short: "Import history again", Args: exactly("ID"),
		Long: `Import history again, of all entities or of some. Every record is pushed, whether it changed or not.`,
		Example: `  ometria-bigcommerce connections resync 0198c5f2-…
  ometria-bigcommerce connections resync 0198c5f2-… --entities orders,customers --since 2026-01-31`,
	}
	cmd.Flags().StringSliceVar(&entities, "entities", nil, "which of customers, subscribers, orders and products (default all)")
	cmd.Flags().StringVar(&since, "since", "", "from this day on, YYYY-MM-DD (default the connection's start date)")
	cmd.RunE = p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
		body := struct {
			Entities []string `json:"entities"`
			Since    string   `json:"since,omitempty"`
		}{Since: since}
		for _, name := range entities {
			entity, err := connection.ParseEntity(strings.TrimSpace(name))
			if err != nil {
				return usagef("%v", err)
			}
			body.Entities = append(body.Entities, string(entity))
		}
		if body.Entities == nil {
			for _, entity := range connection.Entities() {
				body.Entities = append(body.Entities, string(entity))
			}
		}
		return p.act(ctx, client, args[0], "resync", body)
	})
	return cmd
}

func (p *program) connectionsShow() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show where a connection stands", Args: exactly("ID"),
		Example: `  ometria-bigcommerce connections show 0198c5f2-…
  ometria-bigcommerce connections show 0198c5f2-… --watch`,
	}
	cmd.Flags().BoolVarP(&follow, "watch", "w", false, "show progress until the connection is connected, paused or failed")
	cmd.RunE = p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
		if follow {
			return p.watch(ctx, client, args[0])
		}
		answer, err := client.Do(ctx, http.MethodGet, connectionPath(args[0]), nil, nil)
		if err != nil {
			return err
		}
		return p.printConnection(answer)
	})
	return cmd
}

func (p *program) printConnection(answer apiclient.Answer) error {
	var c apiclient.Connection
	return p.print(answer, &c, func() error {
		facts := [][2]string{
			{"id", c.ID}, {"name", c.Name}, {"status", c.Status}, {"store hash", c.StoreHash},
			{"identification code", c.IdentificationCode}, {"authentication", c.AuthenticationID},
			{"next authentication", c.NextAuthentication},
			{"time zone", c.Timezone}, {"history from", c.BulkSyncStartDate}, {"settings", settingsText(c.Settings)},
			{"created", when(&c.CreatedAt)}, {"last webhook", when(c.LastWebhookAt)},
		}
		for _, rule := range c.OrderStatusMapping {
			facts = append(facts, [2]string{"order status", ruleText(rule)})
		}
		script := "not installed"
		if c.Health.Script.Installed {
			script = "installed"
		}
		facts = append(facts, [2]string{"webhooks", fmt.Sprintf("%d of %d active", c.Health.Hooks.Active, c.Health.Hooks.Expected)},
			[2]string{"script", script})
		if q := c.Health.Quota; q != nil {
			facts = append(facts, [2]string{"quota", fmt.Sprintf("%d of %d left", q.Left, q.Limit)})
		}
		facts = append(facts, passFacts(c)...)
		if c.Failure != nil {
			facts = append(facts, [2]string{"failure", c.Failure.Code + ": " + c.Failure.Detail}, [2]string{"what to do", c.Failure.Action})
		}
		for _, a := range c.Attention {
			facts = append(facts, [2]string{"attention", a.Code + " since " + when(&a.Since) + ": " + a.Action})
		}
		if err := p.printFacts(facts...); err != nil || len(c.Progress) == 0 {
			return err
		}
		fmt.Fprintln(p.stdout)
		var rows [][]string
		for _, entity := range connection.Entities() {
			e, ok := c.Progress[string(entity)]
			if ok {
				rows = append(rows, []string{string(entity), fmt.Sprint(e.Total), fmt.Sprint(e.Accepted),
					fmt.Sprint(e.Rejected), fmt.Sprint(e.Skipped), fmt.Sprint(e.Waiting), when(e.ETA)})
			}
		}
		return p.printTable([]string{"ENTITY", "TOTAL", "ACCEPTED", "REJECTED", "SKIPPED", "WAITING", "READY BY"}, rows)
	})
}
