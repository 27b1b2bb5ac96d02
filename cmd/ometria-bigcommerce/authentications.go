package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// maxCredentialsFile bounds a credentials file, in bytes.
const maxCredentialsFile = 64 << 10

func (p *program) authentications() *cobra.Command {
	g := p.clientGroup("authentications", "Manage pairs of a BigCommerce API account and an Ometria API key")
	g.AddCommand(p.authenticationsCreate(),
		&cobra.Command{
			Use: "list", Short: "List authentications", Args: exactly(),
			Example: "  ometria-bigcommerce authentications list",
			RunE: p.api(func(ctx context.Context, client *apiclient.Client, _ []string) error {
				return printList(ctx, p, client, "/v1/authentications", nil, 0,
					[]string{"ID", "NAME", "STORE HASH", "CLIENT ID", "CREATED"},
					func(a apiclient.Authentication) []string {
						return []string{a.ID, a.Name, a.StoreHash, a.ClientID, when(&a.CreatedAt)}
					})
			}),
		},
		&cobra.Command{
			Use: "show ID", Short: "Show one authentication", Args: exactly("ID"),
			Example: "  ometria-bigcommerce authentications show 0198c5f2-…",
			RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
				answer, err := client.Do(ctx, http.MethodGet, authenticationPath(args[0]), nil, nil)
				if err != nil {
					return err
				}
				return p.printAuthentication(answer)
			}),
		},
		&cobra.Command{
			Use: "test ID", Short: "Try each credential and scope of an authentication", Args: exactly("ID"),
			Long:    "Try each credential and scope of an authentication, and say of each what to do. Exits 1 when one fails.",
			Example: "  ometria-bigcommerce authentications test 0198c5f2-…",
			RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
				return p.testAuthentication(ctx, client, args[0])
			}),
		},
		&cobra.Command{
			Use: "order-statuses ID", Short: "List the store's order statuses with its own labels", Args: exactly("ID"),
			Long:    `List the order statuses of the store with its own labels: what an order status mapping names, by id or by label.`,
			Example: "  ometria-bigcommerce authentications order-statuses 0198c5f2-…",
			RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
				return printList(ctx, p, client, authenticationPath(args[0])+"/order-statuses", nil, 0,
					[]string{"ID", "STATUS", "LABEL"},
					func(s apiclient.OrderStatus) []string {
						return []string{fmt.Sprint(s.ID), printable(s.Name), printable(s.CustomLabel)}
					})
			}),
		},
		&cobra.Command{
			Use: "remove ID", Short: "Remove an authentication that no connection uses", Args: exactly("ID"),
			Example: "  ometria-bigcommerce authentications remove 0198c5f2-…",
			RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
				if _, err := client.Do(ctx, http.MethodDelete, authenticationPath(args[0]), nil, nil); err != nil {
					return err
				}
				_, err := fmt.Fprintf(p.stderr, "authentication %s removed\n", args[0])
				return err
			}),
		})
	return g
}

func authenticationPath(id string) string { return "/v1/authentications/" + url.PathEscape(id) }

func (p *program) authenticationsCreate() *cobra.Command {
	var name, storeHash, clientID, file string
	cmd := &cobra.Command{
		Use: "create", Short: "Store a pair of accounts, encrypted",
		Long: `Store a BigCommerce API account and an Ometria API key, encrypted.

Secrets come from the environment or from a file, never from the command line:

  OBC_OMETRIA_API_KEY            Ometria's API key
  OBC_BIGCOMMERCE_ACCESS_TOKEN   ACCESS TOKEN of the API account
  OBC_BIGCOMMERCE_CLIENT_ID      CLIENT ID (or --client-id)
  OBC_BIGCOMMERCE_CLIENT_SECRET  CLIENT SECRET, if you have it: kept for checking webhook signatures
  OBC_BIGCOMMERCE_STORE_HASH     store hash or API PATH (or --store-hash)

--credentials-file takes the text file that BigCommerce downloads ("ACCESS TOKEN: …"), with a line
"OMETRIA API KEY: …" added or OBC_OMETRIA_API_KEY set, or a JSON object with the API's field names;
"-" reads standard input.`,
		Example: `  OBC_OMETRIA_API_KEY=… ometria-bigcommerce authentications create --name "My shop" \
    --credentials-file BigCommerceAPI-credentials.txt
  cat credentials.json | ometria-bigcommerce authentications create --name "My shop" --credentials-file -`,
		Args: exactly(),
	}
	cmd.RunE = p.api(func(ctx context.Context, client *apiclient.Client, _ []string) error {
		set := env.ToMap(p.environ)
		in := apiclient.NewAuthentication{
			OmetriaAPIKey: set["OBC_OMETRIA_API_KEY"], AccessToken: set["OBC_BIGCOMMERCE_ACCESS_TOKEN"],
			ClientID: set["OBC_BIGCOMMERCE_CLIENT_ID"], ClientSecret: set["OBC_BIGCOMMERCE_CLIENT_SECRET"],
			StoreHash: set["OBC_BIGCOMMERCE_STORE_HASH"],
		}
		if file != "" {
			if err := readCredentials(file, cmd.InOrStdin(), &in); err != nil {
				return err
			}
		}
		for _, flag := range []struct{ value, to *string }{{&name, &in.Name}, {&storeHash, &in.StoreHash}, {&clientID, &in.ClientID}} {
			if *flag.value != "" {
				*flag.to = *flag.value
			}
		}
		if err := missingCredentials(in); err != nil {
			return err
		}
		answer, err := client.Do(ctx, http.MethodPost, "/v1/authentications", nil, in)
		if err != nil {
			return err
		}
		return p.printAuthentication(answer)
	})
	cmd.Flags().StringVar(&name, "name", "", "what people call it")
	cmd.Flags().StringVar(&storeHash, "store-hash", "", "store hash, or the whole API path")
	cmd.Flags().StringVar(&clientID, "client-id", "", "CLIENT ID of the API account")
	cmd.Flags().StringVar(&file, "credentials-file", "", "file with the credentials, - for standard input")
	return cmd
}

// missingCredentials says what is lacking, and every place it can come from.
func missingCredentials(in apiclient.NewAuthentication) error {
	var lacking []string
	for _, need := range []struct{ value, how string }{
		{in.OmetriaAPIKey, "the Ometria API key (OBC_OMETRIA_API_KEY, or a line \"OMETRIA API KEY: …\" in the credentials file)"},
		{in.AccessToken, "the access token (OBC_BIGCOMMERCE_ACCESS_TOKEN)"},
		{in.ClientID, "the client id (--client-id)"},
		{in.StoreHash, "the store hash (--store-hash)"},
	} {
		if strings.TrimSpace(need.value) == "" {
			lacking = append(lacking, need.how)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	return usagef("missing %s; --credentials-file can hold them all", strings.Join(lacking, ", "))
}

// readCredentials reads BigCommerce's credentials file or a JSON object into
// in; "-" is standard input. Its errors never hold a line of the file.
func readCredentials(file string, stdin io.Reader, in *apiclient.NewAuthentication) error {
	source := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return usagef("open credentials file: %v", err)
		}
		defer func() { _ = f.Close() }() // only read from
		source = f
	}
	text, err := io.ReadAll(io.LimitReader(source, maxCredentialsFile))
	if err != nil {
		return fmt.Errorf("read credentials file: %w", err)
	}
	if trimmed := bytes.TrimSpace(text); bytes.HasPrefix(trimmed, []byte("{")) {
		decoder := json.NewDecoder(bytes.NewReader(trimmed))
		decoder.DisallowUnknownFields()
		if decoder.Decode(in) != nil {
			return usagef("credentials file: expected a JSON object with ometria_api_key, access_token, client_id, client_secret and store_hash")
		}
		return nil
	}
	fields := map[string]*string{
		"ACCESS TOKEN": &in.AccessToken, "CLIENT NAME": &in.Name, "API PATH": &in.StoreHash,
		"CLIENT ID": &in.ClientID, "CLIENT SECRET": &in.ClientSecret, "OMETRIA API KEY": &in.OmetriaAPIKey,
	}
	found := false
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if field := fields[strings.ToUpper(strings.TrimSpace(key))]; field != nil {
			*field, found = strings.TrimSpace(value), true
		}
	}
	if !found {
		return usagef(`credentials file: expected lines such as "ACCESS TOKEN: …", as BigCommerce downloads them, or a JSON object`)
	}
	return nil
}

func (p *program) printAuthentication(answer apiclient.Answer) error {
	var a apiclient.Authentication
	return p.print(answer, &a, func() error {
		return p.printFacts([2]string{"id", a.ID}, [2]string{"name", a.Name}, [2]string{"store hash", a.StoreHash},
			[2]string{"client id", a.ClientID}, [2]string{"created", when(&a.CreatedAt)})
	})
}

func (p *program) testAuthentication(ctx context.Context, client *apiclient.Client, id string) error {
	answer, err := client.Do(ctx, http.MethodPost, authenticationPath(id)+"/test", nil, nil)
	if err != nil {
		return err
	}
	var report apiclient.Report
	if err := json.Unmarshal(answer.Body, &report); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	if err := p.print(answer, &report, func() error {
		rows := make([][]string, len(report.Checks))
		for i, check := range report.Checks {
			verdict := "ok"
			if !check.OK {
				verdict = "FAILED"
			}
			rows[i] = []string{verdict, check.Name, check.Message}
		}
		return p.printTable([]string{"RESULT", "CHECK", "MESSAGE"}, rows)
	}); err != nil {
		return err
	}
	if !report.OK {
		return fmt.Errorf("authentication %s does not work: see the failed checks", id)
	}
	return nil
}
