package mapping_test

import (
	"bytes"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

type pageEntity struct {
	Title, About string
	Forms        []pageForm
}

type pageForm struct {
	Title string
	Rows  []mapping.Row
}

// constant is one with the comment beside it, which is its meaning.
type constant struct{ Value, Comment string }

// TestMappingPage holds docs/mapping.md to the table, the codes and the choices;
// -update rewrites it.
func TestMappingPage(t *testing.T) {
	var reserved []string
	for _, e := range connection.Entities() {
		reserved = append(reserved, mapping.ReservedKeys(e)...)
	}
	slices.Sort(reserved)

	page, err := template.New("mapping.md.tmpl").Funcs(template.FuncMap{"sources": sourceCell}).
		ParseFiles(filepath.Join("testdata", "mapping.md.tmpl"))
	require.NoError(t, err)
	var got bytes.Buffer
	require.NoError(t, page.Execute(&got, map[string]any{
		"Entities": pageEntities(), "Keys": exampleKeys(), "Reserved": slices.Compact(reserved),
		"Reasons": constants(t, filepath.Join("..", "connection", "record.go"), "Reason"),
		"Notes":   constants(t, "mapping.go", "Note"), "Trimming": trimming(t), "Choices": connection.Choices(),
	}))

	file := filepath.Join("..", "docs", "mapping.md")
	text := strings.TrimRight(got.String(), "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	if string(want) != text {
		t.Fatal("docs/mapping.md is stale: go test ./mapping -run TestMappingPage -update")
	}
}

func pageEntities() []pageEntity {
	entities := []pageEntity{
		{Title: "Products", About: "A product and each of its variants are products at Ometria. A simple product's only variant is the product itself and is not pushed. " +
			"Descriptions, modifiers and how many are in stock are not sent: Ometria has no place for them."},
		{Title: "Customers", About: "A shopper with an account is a contact. An account is no consent to newsletters, so `marketing_optin` is never sent. " +
			"Nothing is sent for an account that is deleted: that is no opt-out."},
		{Title: "Subscribers", About: "An e-mail address of the newsletter form or a checkout is a contact. The address is what joins it to a customer's contact at Ometria."},
		{Title: "Orders", About: "An order is pushed whole on each change."},
	}
	titles := map[mapping.Form]string{mapping.FormWhole: "", mapping.FormVariant: "Variant", mapping.FormGone: "Gone from BigCommerce"}
	singular := map[connection.Entity]string{connection.Products: "Product", connection.Customers: "Customer",
		connection.Subscribers: "Subscriber", connection.Orders: "Order"}
	for i, e := range connection.Entities() {
		for _, row := range mapping.Table() {
			if row.Entity != e {
				continue
			}
			title := titles[row.Form]
			if row.Form == mapping.FormWhole {
				title = singular[e]
			}
			forms := &entities[i].Forms
			if len(*forms) == 0 || (*forms)[len(*forms)-1].Title != title {
				*forms = append(*forms, pageForm{Title: title})
			}
			last := &(*forms)[len(*forms)-1]
			last.Rows = append(last.Rows, row)
		}
	}
	return entities
}

func sourceCell(sources []string) string {
	if len(sources) == 0 {
		return "always the same"
	}
	return "`" + strings.Join(sources, "`, `") + "`"
}

// exampleKeys are names with the keys that the mapping makes of them.
func exampleKeys() []connection.NewField {
	var p bigcommerce.Product
	for i, name := range []string{"fancy hats", "My Custom Field", "Größe (EU)", "Café & Bar", "Lieblings-Café", "尺寸", "Size 尺寸", "???"} {
		p.CustomFields = append(p.CustomFields, bigcommerce.CustomField{ID: int64(i), Name: bigcommerce.Text(name), Value: "x"})
	}
	return mapping.MerchantFields(p, mapping.Context{})
}

// constants are those of a file whose names begin with a prefix.
func constants(t *testing.T, file, prefix string) []constant {
	t.Helper()
	var all []constant
	ast.Inspect(parsed(t, file), func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) == 0 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
			value, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			meaning := strings.TrimSpace(spec.Comment.Text())
			assert.NotEmpty(t, meaning, "%s needs a comment beside it that says what it means", spec.Names[0].Name)
			all = append(all, constant{value, meaning})
		}
		return true
	})
	require.NotEmpty(t, all, "%s has no constants %s…", file, prefix)
	return all
}

// trimming is the list in the comment of the function trimmed, as Markdown.
func trimming(t *testing.T) string {
	t.Helper()
	for _, decl := range parsed(t, "trim.go").Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "trimmed" {
			doc := new(comment.Parser).Parse(f.Doc.Text())
			doc.Content = slices.DeleteFunc(doc.Content, func(b comment.Block) bool {
				_, list := b.(*comment.List)
				return !list
			})
			require.NotEmpty(t, doc.Content)
			return string(new(comment.Printer).Markdown(doc))
		}
	}
	require.Fail(t, "trim.go has no function trimmed")
	return ""
}

func parsed(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	require.NoError(t, err)
	return f
}
