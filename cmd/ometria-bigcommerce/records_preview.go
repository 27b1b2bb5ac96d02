package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func (p *program) recordsPreview() *cobra.Command {
	return &cobra.Command{
		Use: "preview CONNECTION_ID ENTITY RECORD_ID", Short: "See what would be sent of one record, and what makes it",
		Args: exactly("CONNECTION_ID", "ENTITY", "RECORD_ID"),
		Long: `See what would be sent of one record now: reads it in BigCommerce, maps it, and prints each field of each Ometria
record with the BigCommerce fields that make it. Nothing is pushed or stored. It shows personal data, and takes a
token whose role is admin.

Long values are cut. With --json it prints everything: what of the BigCommerce record we read, too, and the rule of
each field.`,
		Example: `  ometria-bigcommerce records preview 0198c5f2-… orders 1042
  ometria-bigcommerce records preview 0198c5f2-… customers 17 --json`,
		RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
			path, err := recordPath(args)
			if err != nil {
				return err
			}
			answer, err := client.Do(ctx, http.MethodGet, path+"/preview", nil, nil)
			if err != nil {
				return err
			}
			var preview apiclient.Preview
			return p.print(answer, &preview, func() error { return p.printPreview(preview) })
		}),
	}
}

func (p *program) printPreview(v apiclient.Preview) error {
	fmt.Fprintf(p.stdout, "%s %s %s\n", v.Entity, v.RecordID, previewed(v))
	for _, n := range v.Notes {
		fmt.Fprintln(p.stdout, "note:", printable(noteText(n)))
	}
	if len(v.Records) == 0 {
		if v.Gone {
			return nil // said already
		}
		_, err := fmt.Fprintln(p.stdout, "Nothing is sent.")
		return err
	}
	source := decodeAny(v.Source)
	for at, raw := range v.Records {
		record := decodeAny(raw)
		var rows [][]string
		for _, f := range v.Fields {
			if f.Record == at {
				rows = append(rows, []string{f.Target, short(valueText(valueAt(record, f.Target))), "← " + madeOf(f.Source, source)})
			}
		}
		fmt.Fprintln(p.stdout)
		if err := p.printTable([]string{"OMETRIA", "VALUE", "← BIGCOMMERCE"}, rows); err != nil {
			return err
		}
	}
	return nil
}

// previewed says what would become of a record.
func previewed(v apiclient.Preview) string {
	switch {
	case v.Gone && v.Outcome == "deleted" && len(v.Records) == 0:
		return "is gone from BigCommerce: nothing is sent to Ometria (" + map[string]string{
			"customers":   "deleting an account is no opt-out",
			"subscribers": "it was not known as opted in",
			"orders":      "it was never sent, or settings.archived_orders keeps it",
			"products":    "it was never sent",
		}[v.Entity] + ")"
	case v.Gone && v.Outcome == "deleted":
		return "is gone from BigCommerce: it would be " + map[string]string{
			"subscribers": "opted out", "orders": "marked as not valid", "products": "made inactive",
		}[v.Entity] + " at Ometria"
	case v.Outcome == "deleted" && len(v.Records) == 0:
		return "is archived in BigCommerce, and was never sent; settings.archived_orders=keep sends archived orders"
	case v.Outcome == "deleted":
		return "is archived in BigCommerce: it would be sent as not valid; settings.archived_orders=keep leaves it as its status makes it"
	}
	text := map[string]string{"accepted": "would be sent", "rejected": "would be rejected", "skipped": "would be skipped"}[v.Outcome]
	if v.Reason != nil {
		text += ": " + because(v.Reason, v.Action)
	}
	return text
}

// short is a value as it fits a table.
func short(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// madeOf names the source fields, with the values of those that are one field
// of the record.
func madeOf(paths []string, source any) string {
	if len(paths) == 0 {
		return "always so"
	}
	parts := make([]string, len(paths))
	for i, path := range paths {
		parts[i] = printable(path)
		if value := valueAt(source, path); value != nil {
			parts[i] += ": " + short(valueText(value))
		}
	}
	return strings.Join(parts, ", ")
}

// decodeAny keeps numbers as they are written.
func decodeAny(raw json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

// step is a name in a path, an index, or the name of an element in brackets.
var step = regexp.MustCompile(`^\.?([^.\[\]]+)|^\[([^\]]*)\]`)

// valueAt follows a path such as lineitems[0].sku, or form_fields[Shoe size].value
// where the bracket holds the name of an element. Nil where it leads nowhere.
func valueAt(value any, path string) any {
	for path != "" {
		found := step.FindStringSubmatch(path)
		if found == nil {
			return nil
		}
		path = path[len(found[0]):]
		if found[1] != "" {
			object, _ := value.(map[string]any)
			value = object[found[1]]
			continue
		}
		list, _ := value.([]any)
		value = element(list, found[2])
	}
	return value
}

func element(list []any, which string) any {
	if i, err := strconv.Atoi(which); err == nil && i >= 0 && i < len(list) {
		return list[i]
	}
	for _, item := range list {
		if object, ok := item.(map[string]any); ok && which != "" && object["name"] == which {
			return item
		}
	}
	return nil
}

// valueText is a value on one line of a terminal.
func valueText(value any) string {
	if text, ok := value.(string); ok {
		return printable(text)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return ""
	}
	return printable(strings.TrimSpace(out.String()))
}

// printable quotes a text that could move the cursor or break a table: it is a
// shopper's.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
