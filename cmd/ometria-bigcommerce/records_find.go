package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func (p *program) recordsCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check CONNECTION_ID ENTITY RECORD_ID", Short: "Compare one record with what Ometria holds",
		Args: exactly("CONNECTION_ID", "ENTITY", "RECORD_ID"),
		Long: `Compare one record with what Ometria holds of it: reads it in BigCommerce, maps it, and reads each Ometria record
back. Only the fields that would be sent count, and no value is shown.

The verdict is same, differs, missing (not at Ometria), not_sent (the mapping sends nothing of it) or gone (from
BigCommerce). Exits 1 when a record differs or is missing.`,
		Example: "  ometria-bigcommerce records check 0198c5f2-… orders 1042",
		RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
			path, err := recordPath(args)
			if err != nil {
				return err
			}
			answer, err := client.Do(ctx, http.MethodPost, path+"/check", nil, nil)
			if err != nil {
				return err
			}
			var check apiclient.RecordCheck
			if err := decodeAnswer(answer, &check); err != nil {
				return err
			}
			if err := p.print(answer, &check, func() error { return p.printCheck(check) }); err != nil {
				return err
			}
			wrong := 0
			for _, r := range check.Records {
				if r.Verdict != "same" {
					wrong++
				}
			}
			if wrong > 0 {
				return fmt.Errorf("%d of %d records are not at Ometria as they would be sent", wrong, len(check.Records))
			}
			return nil
		}),
	}
}

func (p *program) printCheck(check apiclient.RecordCheck) error {
	facts := [][2]string{{"verdict", check.Verdict}, {"because", because(check.Reason, check.Action)}, {"checked", when(&check.CheckedAt)}}
	if check.Unchecked > 0 {
		facts = append(facts, [2]string{"not checked", fmt.Sprintf("%d more records", check.Unchecked)})
	}
	if err := p.printFacts(facts...); err != nil || len(check.Records) == 0 {
		return err
	}
	fmt.Fprintln(p.stdout)
	rows := make([][]string, len(check.Records))
	for i, r := range check.Records {
		rows[i] = []string{r.Type, r.Collection, r.ID, r.Verdict, strings.Join(r.Differs, ", ")}
	}
	return p.printTable([]string{"TYPE", "COLLECTION", "ID", "VERDICT", "DIFFERS"}, rows)
}

func (p *program) recordsLookup() *cobra.Command {
	var email, number string
	cmd := &cobra.Command{
		Use: "lookup CONNECTION_ID", Short: "Find a shopper's records by e-mail address or order number", Args: exactly("CONNECTION_ID"),
		Long: `Find a shopper's records: ids only, by asking BigCommerce. An order number is BigCommerce's, or the one that another
system gave the order.

--email - reads the address from standard input, so that it does not stay in the shell's history.`,
		Example: `  ometria-bigcommerce records lookup 0198c5f2-… --email -
  ometria-bigcommerce records lookup 0198c5f2-… --order-number 1042`,
	}
	cmd.Flags().StringVar(&email, "email", "", "e-mail address, - for standard input")
	cmd.Flags().StringVar(&number, "order-number", "", "order number")
	cmd.RunE = p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
		byEmail, byNumber := cmd.Flags().Changed("email"), cmd.Flags().Changed("order-number")
		switch {
		case byEmail == byNumber:
			return usagef("name either --email or --order-number")
		case byNumber && strings.TrimSpace(number) == "":
			return usagef("the order number is empty")
		}
		body := map[string]string{}
		if email == "-" {
			line, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 1000)).ReadString('\n')
			if err != nil && err != io.EOF {
				return fmt.Errorf("read e-mail address: %w", err)
			}
			email = line
		}
		if byNumber {
			body["order_number"] = number
		} else if body["email"] = strings.TrimSpace(email); body["email"] == "" {
			return usagef("the e-mail address is empty")
		}
		answer, err := client.Do(ctx, http.MethodPost, connectionPath(args[0])+"/records/lookup", nil, body)
		if err != nil {
			return err
		}
		var found struct {
			Data []apiclient.Match `json:"data"`
		}
		return p.print(answer, &found, func() error {
			if len(found.Data) == 0 {
				_, err := fmt.Fprintln(p.stderr, "nothing found")
				return err
			}
			rows := make([][]string, len(found.Data))
			for i, m := range found.Data {
				known := "not yet"
				if m.Known {
					known = "yes"
				}
				rows[i] = []string{m.Entity, m.RecordID, known}
			}
			return p.printTable([]string{"ENTITY", "RECORD", "SYNCED"}, rows)
		})
	})
	return cmd
}
