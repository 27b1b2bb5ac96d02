package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func (p *program) connectionsReconcile() *cobra.Command {
	var full bool
	cmd := &cobra.Command{
		Use: "reconcile ID", Short: "Look now for what nobody told", Args: exactly("ID"),
		Long: `Look now, not only when it is due: are webhooks, script and credentials right, and what has changed in the store
unheard? With --full the whole store is looked through, slowly, for what no date tells either: form fields, custom
fields, brands, categories, deletions. Only what differs from what Ometria holds is pushed.`,
		Example: `  ometria-bigcommerce connections reconcile 0198c5f2-…
  ometria-bigcommerce connections reconcile 0198c5f2-… --full`,
	}
	cmd.Flags().BoolVar(&full, "full", false, "look through the whole store as well")
	cmd.RunE = p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
		return p.act(ctx, client, args[0], "reconcile", map[string]bool{"full": full})
	})
	return cmd
}

func (p *program) connectionsDeletions() *cobra.Command {
	var confirm, discard bool
	cmd := &cobra.Command{
		Use: "deletions ID", Short: "Decide on deletions that are held", Args: exactly("ID"),
		Long: `Decide on deletions and opt-outs that are held because they are too many at once (attention mass_deletion).
--confirm tells Ometria of them, and of what follows within a day. --discard reads them anew: what is back is synced,
what is still gone is held again.`,
		Example: `  ometria-bigcommerce connections deletions 0198c5f2-… --discard
  ometria-bigcommerce connections deletions 0198c5f2-… --confirm`,
	}
	cmd.Flags().BoolVar(&confirm, "confirm", false, "the records are rightly gone")
	cmd.Flags().BoolVar(&discard, "discard", false, "read the records anew")
	cmd.RunE = p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
		if confirm == discard {
			return usagef("say either --confirm or --discard")
		}
		decision := "discard"
		if confirm {
			decision = "confirm"
		}
		return p.act(ctx, client, args[0], "deletions", map[string]string{"decision": decision})
	})
	return cmd
}

// passFacts are a line each for the last look at what changed, and at everything.
func passFacts(c apiclient.Connection) (facts [][2]string) {
	if r := c.LastReconcile; r != nil {
		text := when(r.At) + passText(r.Entities)
		if r.HooksMended > 0 {
			text += fmt.Sprintf("; %d webhooks mended", r.HooksMended)
		}
		if r.ScriptMended {
			text += "; script mended"
		}
		facts = append(facts, [2]string{"last reconcile", text})
	}
	if s := c.LastSweep; s != nil {
		facts = append(facts, [2]string{"last sweep", when(s.At) + passText(s.Entities)})
	}
	return facts
}

func passText(entities map[string]apiclient.PassCounts) string {
	var parts []string
	for _, entity := range connection.Entities() {
		e, ok := entities[string(entity)]
		if !ok {
			continue
		}
		part := fmt.Sprintf("%d %s looked at, %d differed", e.Looked, entity, e.Differed)
		if e.Gone > 0 {
			part += fmt.Sprintf(", %d gone", e.Gone)
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, "; ")
}
