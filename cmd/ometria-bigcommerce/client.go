package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

const clientVariables = `
Environment variables:

  OBC_API_URL    the service's address, such as https://sync.example.com
  OBC_API_TOKEN  a token of the service's OBC_TOKENS
`

// callTimeout bounds one call of the API; testing an authentication makes a
// dozen calls to other services.
const callTimeout = 2 * time.Minute

// client returns a Client of the API that the environment names.
func (p *program) client() (*apiclient.Client, error) {
	set := env.ToMap(p.environ)
	base, token := strings.TrimSpace(set["OBC_API_URL"]), connection.Secret(strings.TrimSpace(set["OBC_API_TOKEN"]))
	const urlForm, tokenForm = "expected an http or https URL such as https://sync.example.com", "expected a token of the service's OBC_TOKENS"
	var errs []error
	u, err := url.Parse(base)
	switch {
	case base == "":
		errs = append(errs, usagef("OBC_API_URL is not set: %s", urlForm))
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		errs = append(errs, usagef("OBC_API_URL is malformed: %s", urlForm))
	}
	switch {
	case token == "":
		errs = append(errs, usagef("OBC_API_TOKEN is not set: %s", tokenForm))
	case strings.ContainsAny(token.Reveal(), " \t\r\n"):
		errs = append(errs, usagef("OBC_API_TOKEN is malformed: %s", tokenForm))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return apiclient.New(base, token.Reveal(), &http.Client{Timeout: callTimeout}).As("cli"), nil
}

// api wraps the work of a command that calls the API.
func (p *program) api(do func(ctx context.Context, client *apiclient.Client, args []string) error) func(*cobra.Command, []string) error {
	return p.work(func(ctx context.Context, _ *cobra.Command, args []string) error {
		if p.json {
			p.output = "json"
		}
		if p.output != "table" && p.output != "json" {
			return usagef("unknown output %q: use table or json", p.output)
		}
		client, err := p.client()
		if err != nil {
			return err
		}
		return do(ctx, client, args)
	})
}

// clientGroup returns a group of commands that call the API.
func (p *program) clientGroup(use, short string) *cobra.Command {
	g := group(use, short, short+".\n"+clientVariables)
	g.PersistentFlags().StringVarP(&p.output, "output", "o", "table", "table or json")
	g.PersistentFlags().BoolVar(&p.json, "json", false, "the same as --output json")
	return g
}

// printJSON prints an answer of the API as it came, indented.
func (p *program) printJSON(raw json.RawMessage) error {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	encoder := json.NewEncoder(p.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// printList prints a list: all its items as one JSON array, or a table with a
// row an item, if there is any.
func printList[T any](ctx context.Context, p *program, client *apiclient.Client, path string, query url.Values, limit int, header []string, row func(T) []string) error {
	items := []json.RawMessage{}
	more := false
	for item, err := range apiclient.List[json.RawMessage](ctx, client, path, query) {
		if err != nil {
			return err
		}
		if limit > 0 && len(items) == limit {
			more = true
			break
		}
		items = append(items, item)
	}
	if p.output == "json" {
		raw, err := json.Marshal(items)
		if err != nil {
			return fmt.Errorf("encode list: %w", err)
		}
		return p.printJSON(raw)
	}
	if len(items) == 0 {
		_, err := fmt.Fprintln(p.stderr, "nothing found")
		return err
	}
	rows := make([][]string, 0, len(items))
	for _, item := range items {
		var value T
		if err := json.Unmarshal(item, &value); err != nil {
			return fmt.Errorf("decode answer: %w", err)
		}
		rows = append(rows, row(value))
	}
	if err := p.printTable(header, rows); err != nil {
		return err
	}
	if more {
		fmt.Fprintf(p.stderr, "more than %d: use --limit 0 for all\n", limit)
	}
	return nil
}

func (p *program) printTable(header []string, rows [][]string) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(header, "\t"))
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// printFacts prints "name  value" lines, leaving out those without a value.
func (p *program) printFacts(facts ...[2]string) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, fact := range facts {
		if fact[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", fact[0], fact[1])
		}
	}
	return w.Flush()
}

// print prints an answer as JSON, or lets table print it.
func (p *program) print(answer apiclient.Answer, value any, table func() error) error {
	if p.output == "json" {
		return p.printJSON(answer.Body)
	}
	if err := decodeAnswer(answer, value); err != nil {
		return err
	}
	return table()
}

func decodeAnswer(answer apiclient.Answer, into any) error {
	if err := json.Unmarshal(answer.Body, into); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

func when(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
