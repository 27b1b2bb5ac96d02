package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

const settingHelp = "a setting, such as discount=negative; nothing after = sets its default (repeatable)"

func (p *program) connectionsUpdate() *cobra.Command {
	var name, code, startDate, timezone, mapping string
	var settings []string
	cmd := &cobra.Command{
		Use: "update ID", Short: "Change a connection", Args: exactly("ID"),
		Long: `Change a connection: what is not named stays as it is. Prints the connection, and which entities want a re-sync
because Ometria no longer holds what would be sent.

--order-statuses takes a JSON array as order_status_mapping in the API ("-" reads standard input), and replaces the
whole mapping. Settings are ` + oneOf(settingNames()) + `.`,
		Example: `  ometria-bigcommerce connections update 0198c5f2-… --name "My shop" --start-date 2021-01-01
  ometria-bigcommerce connections update 0198c5f2-… --setting discount=negative --setting test_orders=
  ometria-bigcommerce connections update 0198c5f2-… --order-statuses mapping.json`,
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "what people call it; empty for no name")
	flags.StringVar(&code, "identification-code", "", "the code that Ometria gave you")
	flags.StringVar(&startDate, "start-date", "", "history from this day on, YYYY-MM-DD; empty for everything")
	flags.StringVar(&timezone, "timezone", "", "IANA time zone of the account, such as Europe/London")
	flags.StringVar(&mapping, "order-statuses", "", "JSON file of what order statuses mean, - for standard input")
	flags.StringArrayVar(&settings, "setting", nil, settingHelp)
	cmd.RunE = p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
		body := map[string]any{}
		for flag, change := range map[string]struct{ field, value string }{
			"name": {"name", name}, "identification-code": {"identification_code", code},
			"start-date": {"bulk_sync_start_date", startDate}, "timezone": {"timezone", timezone},
		} {
			if flags.Changed(flag) {
				body[change.field] = change.value
			}
		}
		chosen, err := parseSettings(settings)
		if err != nil {
			return err
		}
		if len(chosen) > 0 {
			body["settings"] = chosen
		}
		if mapping != "" {
			text, err := readFile(mapping, "order statuses file", cmd.InOrStdin())
			if err != nil {
				return err
			}
			if trimmed := bytes.TrimSpace(text); !json.Valid(trimmed) || trimmed[0] != '[' {
				return usagef("order statuses file: expected a JSON array of rules")
			}
			body["order_status_mapping"] = json.RawMessage(text)
		}
		if len(body) == 0 {
			return usagef("nothing to change: see %s --help", cmd.CommandPath())
		}
		before, err := client.Do(ctx, http.MethodGet, connectionPath(args[0]), nil, nil)
		if err != nil {
			return err
		}
		answer, err := client.Change(ctx, connectionPath(args[0]), before.ETag, body)
		if err != nil {
			return err
		}
		return p.printChanged(args[0], answer)
	})
	return cmd
}

// printChanged prints the connection, and what its change makes advisable.
func (p *program) printChanged(id string, answer apiclient.Answer) error {
	if err := p.printConnection(answer); err != nil {
		return err
	}
	var advice struct {
		ResyncWanted       []string `json:"resync_wanted"`
		ScriptUpdateWanted bool     `json:"script_update_wanted"`
	}
	if err := decodeAnswer(answer, &advice); err != nil {
		return err
	}
	if len(advice.ResyncWanted) > 0 {
		fmt.Fprintf(p.stderr, "Ometria holds what was sent before the change: run ometria-bigcommerce connections resync %s --entities %s\n",
			id, strings.Join(advice.ResyncWanted, ","))
	}
	if advice.ScriptUpdateWanted {
		fmt.Fprintf(p.stderr, "the storefront has the script of before: run ometria-bigcommerce connections script %s\n", id)
	}
	return nil
}

// settingNames lists the settings, without what is a field of its own.
func settingNames() []string {
	var names []string
	for _, choice := range connection.Choices() {
		if name, ok := strings.CutPrefix(choice.Name, "settings."); ok {
			names = append(names, name)
		}
	}
	return names
}

// parseSettings reads key=value pairs. An empty value is null: the default.
func parseSettings(pairs []string) (map[string]any, error) {
	settings := map[string]any{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		at := slices.IndexFunc(connection.Choices(), func(c connection.Choice) bool { return c.Name == "settings."+key })
		switch {
		case !ok || key == "":
			return nil, usagef("setting %q: expected key=value", pair)
		case at < 0:
			return nil, usagef("unknown setting %q: use %s", key, oneOf(settingNames()))
		}
		choice := connection.Choices()[at]
		switch {
		case value == "":
			settings[key] = nil
		case len(choice.Values) > 0 && !slices.Contains(choice.Values, value):
			return nil, usagef("setting %s=%s: use %s", key, value, oneOf(choice.Values))
		case slices.Contains(choice.Values, "true"):
			settings[key] = value == "true"
		default:
			settings[key] = value
		}
	}
	return settings, nil
}
