package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// maxConnectionFile bounds a file that describes a connection or a part of it,
// in bytes.
const maxConnectionFile = 256 << 10

func (p *program) connectionsCreate() *cobra.Command {
	var in apiclient.NewConnection
	var file, idPrefix, variantID, historyConsent string
	var statuses, settings []string
	var wait bool
	cmd := &cobra.Command{
		Use: "create", Short: "Connect a store to an Ometria account and start its sync", Args: exactly(),
		Long: `Connect a store to an Ometria account: validates both accounts, injects Ometria's JavaScript, makes the
webhooks and starts the bulk sync.

--order-status says what a BigCommerce order status means at Ometria: its id (0 to 14) or its label in the
store, =, Ometria's status, and then ",invalid" if such orders do not count as sales or ",skip" if they are
not to be sent. Statuses that are not named keep their defaults.

--setting takes ` + oneOf(settingNames()) + `.

--file takes the whole request as JSON with the API's field names ("-" reads standard input); flags win.`,
		Example: `  ometria-bigcommerce connections create --authentication 0198c5f2-… --identification-code my-shop \
    --timezone Europe/London --start-date 2021-01-01 --wait
  ometria-bigcommerce connections create --file connection.json \
    --order-status "Ready to collect=ready" --order-status "5=cancelled,invalid"`,
	}
	flags := cmd.Flags()
	flags.StringVar(&in.Name, "name", "", "what people call it")
	flags.StringVar(&in.AuthenticationID, "authentication", "", "id of the authentication to use")
	flags.StringVar(&in.IdentificationCode, "identification-code", "", "the code that Ometria gave you")
	flags.StringVar(&in.BulkSyncStartDate, "start-date", "", "import history from this day on, YYYY-MM-DD (default everything)")
	flags.StringVar(&in.Timezone, "timezone", "", "IANA time zone of the account, such as Europe/London")
	flags.StringArrayVar(&statuses, "order-status", nil, `what an order status means, such as "Ready to collect=ready" (repeatable)`)
	flags.StringVar(&idPrefix, "id-prefix", "", "put before every id at Ometria, so that two stores can share an account")
	flags.StringVar(&variantID, "variant-id", "", "composite (default) or raw")
	flags.StringVar(&historyConsent, "history-consent", "", "send or omit consents given before the connection")
	flags.StringArrayVar(&settings, "setting", nil, settingHelp)
	flags.StringVar(&file, "file", "", "JSON file that describes the connection, - for standard input")
	flags.BoolVar(&wait, "wait", false, "show progress until the connection is connected")
	cmd.RunE = p.api(func(ctx context.Context, client *apiclient.Client, _ []string) error {
		body := in
		if file != "" {
			fromFile, err := readConnection(file, cmd.InOrStdin())
			if err != nil {
				return err
			}
			body = merge(fromFile, in)
		}
		for _, text := range statuses {
			rule, err := parseStatusRule(text)
			if err != nil {
				return err
			}
			body.OrderStatusMapping = append(body.OrderStatusMapping, rule)
		}
		for key, value := range map[string]string{"id_prefix": idPrefix, "variant_id": variantID, "history_consent": historyConsent} {
			if value != "" {
				settings = append(settings, key+"="+value)
			}
		}
		chosen, err := parseSettings(settings)
		if err != nil {
			return err
		}
		if body.Settings == nil {
			body.Settings = chosen
		} else {
			maps.Copy(body.Settings, chosen)
		}
		answer, err := client.Do(ctx, http.MethodPost, "/v1/connections", nil, body)
		if err != nil {
			return err
		}
		if !wait {
			return p.printConnection(answer)
		}
		var created apiclient.Connection
		if err := json.Unmarshal(answer.Body, &created); err != nil {
			return fmt.Errorf("decode answer: %w", err)
		}
		return p.watch(ctx, client, created.ID)
	})
	return cmd
}

// merge returns what the flags say, and what the file says where they are
// silent.
func merge(file, flags apiclient.NewConnection) apiclient.NewConnection {
	for _, field := range []struct{ flag, to *string }{
		{&flags.Name, &file.Name}, {&flags.AuthenticationID, &file.AuthenticationID},
		{&flags.IdentificationCode, &file.IdentificationCode}, {&flags.BulkSyncStartDate, &file.BulkSyncStartDate},
		{&flags.Timezone, &file.Timezone},
	} {
		if *field.flag != "" {
			*field.to = *field.flag
		}
	}
	return file
}

func readConnection(file string, stdin io.Reader) (in apiclient.NewConnection, err error) {
	text, err := readFile(file, "connection file", stdin)
	if err != nil {
		return in, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return in, usagef("connection file: expected a JSON object with the fields of POST /v1/connections: %v", err)
	}
	return in, nil
}

// readFile reads a bounded file; "-" is standard input.
func readFile(file, what string, stdin io.Reader) ([]byte, error) {
	source := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, usagef("open %s: %v", what, err)
		}
		defer func() { _ = f.Close() }() // only read from
		source = f
	}
	text, err := io.ReadAll(io.LimitReader(source, maxConnectionFile))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return text, nil
}

// parseStatusRule reads "label or id=status[,invalid][,skip]".
func parseStatusRule(text string) (apiclient.StatusRule, error) {
	malformed := usagef(`order status %q: expected "label or id=status", then ",invalid" or ",skip"`, text)
	name, rest, ok := strings.Cut(text, "=")
	parts := strings.Split(rest, ",")
	name = strings.TrimSpace(name)
	rule := apiclient.StatusRule{Status: strings.TrimSpace(parts[0]), IsValid: new(true), Send: new(true)}
	if !ok || name == "" {
		return rule, malformed
	}
	if id, err := strconv.Atoi(name); err == nil {
		rule.StatusID = &id
	} else {
		rule.Label = name
	}
	for _, option := range parts[1:] {
		switch strings.TrimSpace(option) {
		case "invalid":
			*rule.IsValid = false
		case "skip":
			*rule.Send = false
		default:
			return rule, malformed
		}
	}
	return rule, nil
}
