package contract

import (
	"cmp"
	"context"
	"iter"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
)

// shop is a client and ids of what its store holds.
type shop struct {
	*bigcommerce.Client
	customer, order, coupon, product int64
	channel                          int64
}

var (
	from = time.Date(2000, 1, 2, 3, 4, 5, 0, time.UTC)
	to   = time.Date(2100, 1, 2, 3, 4, 5, 0, time.UTC)
)

// operations are all that the client can do, by service and method. Filters are
// given whole, so that each parameter is sent once (see whole).
var operations = map[string]func(context.Context, *testing.T, shop) error{
	"Store.Information": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Store.Information(ctx)) },
	"Store.Time":        func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Store.Time(ctx)) },
	"Store.Currencies":  func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Store.Currencies(ctx)) },
	"Currencies.List":   func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Currencies.List(ctx)) },

	"Customers.Page": func(ctx context.Context, t *testing.T, s shop) error {
		page, err := s.Customers.Page(ctx, bigcommerce.CustomerFilter{Limit: 2, Sort: "date_modified:asc"})
		if err != nil {
			return err
		}
		return rows(s.Customers.Page(ctx, whole(t, bigcommerce.CustomerFilter{
			After: cmp.Or(page.EndCursor, "none"), Limit: 2, IDs: []int64{s.customer}, DateCreatedMin: from, DateCreatedMax: to,
			DateModifiedMin: from, DateModifiedMax: to, Sort: "date_modified:asc", Bare: true,
			Emails: []string{"a@example.com", "b@example.com"},
		})))
	},
	"Customers.Pages": func(ctx context.Context, _ *testing.T, s shop) error {
		return fewPages(s.Customers.Pages(ctx, bigcommerce.CustomerFilter{Limit: 20, Sort: "date_created:desc"}))
	},
	"Customers.All": func(ctx context.Context, _ *testing.T, s shop) error {
		return few(s.Customers.All(ctx, bigcommerce.CustomerFilter{}))
	},
	"Customers.ByIDs": func(ctx context.Context, _ *testing.T, s shop) error {
		return rows(s.Customers.ByIDs(ctx, s.customer, s.customer+1))
	},
	"Customers.Complete": func(ctx context.Context, _ *testing.T, s shop) error {
		return s.Customers.Complete(ctx, []bigcommerce.Customer{{ID: s.customer, AddressCount: 11, AttributeCount: 11}})
	},
	"Customers.Addresses": func(ctx context.Context, _ *testing.T, s shop) error {
		return second(s.Customers.Addresses(ctx, s.customer, s.customer+1))
	},
	"Customers.AttributeValues": func(ctx context.Context, _ *testing.T, s shop) error {
		return second(s.Customers.AttributeValues(ctx, s.customer, s.customer+1))
	},
	"Customers.Attributes": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Customers.Attributes(ctx)) },
	"Customers.FormFieldValues": func(ctx context.Context, t *testing.T, s shop) error {
		page, err := s.Customers.FormFieldValues(ctx, bigcommerce.FormFieldFilter{Limit: 2})
		if err != nil {
			return err
		}
		return rows(s.Customers.FormFieldValues(ctx, whole(t, bigcommerce.FormFieldFilter{
			After: cmp.Or(page.EndCursor, "none"), Limit: 2, FieldType: bigcommerce.FieldTypeText, FieldName: "Shoe size", CustomerID: s.customer, AddressID: 12,
		})))
	},
	"Customers.FormFieldNames": func(ctx context.Context, _ *testing.T, s shop) error {
		for _, fieldType := range []string{
			bigcommerce.FieldTypeCheckboxes, bigcommerce.FieldTypeDate, bigcommerce.FieldTypeMultiline, bigcommerce.FieldTypeNumbers,
			bigcommerce.FieldTypePassword, bigcommerce.FieldTypeRadioButtons, bigcommerce.FieldTypeText, bigcommerce.FieldTypePicklist,
		} {
			if _, err := s.Customers.FormFieldNames(ctx, fieldType); err != nil {
				return err
			}
		}
		return nil
	},
	"Customers.Groups": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Customers.Groups(ctx)) },

	"Subscribers.Page": func(ctx context.Context, t *testing.T, s shop) error {
		return rows(s.Subscribers.Page(ctx, whole(t, bigcommerce.SubscriberFilter{
			Page: 2, Limit: 2, IDs: []int64{1, 2, 3}, Email: "a@example.com",
			DateCreatedMin: from, DateCreatedMax: to, DateModifiedMin: from, DateModifiedMax: to,
		})))
	},
	"Subscribers.Pages": func(ctx context.Context, _ *testing.T, s shop) error {
		return fewPages(s.Subscribers.Pages(ctx, bigcommerce.SubscriberFilter{Limit: 10}))
	},
	"Subscribers.All": func(ctx context.Context, _ *testing.T, s shop) error {
		return few(s.Subscribers.All(ctx, bigcommerce.SubscriberFilter{}))
	},
	"Subscribers.ByIDs": func(ctx context.Context, _ *testing.T, s shop) error { return rows(s.Subscribers.ByIDs(ctx, 1, 2)) },

	"Orders.Statuses": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Orders.Statuses(ctx)) },
	"Orders.Count": func(ctx context.Context, t *testing.T, s shop) error {
		return second(s.Orders.Count(ctx, bigcommerce.OrderFilter{}))
	},
	"Orders.Get": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Orders.Get(ctx, s.order)) },
	"Orders.Page": func(ctx context.Context, t *testing.T, s shop) error {
		return rows(s.Orders.Page(ctx, whole(t, bigcommerce.OrderFilter{
			MinID: 1, MaxID: 1 << 30, MinDateCreated: from, MaxDateCreated: to, MinDateModified: from, MaxDateModified: to,
			StatusID: new(int64(10)), Sort: bigcommerce.OrdersByDateModified, Page: 1, Limit: 3, Bare: true,
			Email: "a@example.com", ExternalOrderID: "external-1", CustomerID: s.customer,
		})))
	},
	"Orders.Pages": func(ctx context.Context, _ *testing.T, s shop) error {
		for _, sort := range []string{"", bigcommerce.OrdersByID, bigcommerce.OrdersByIDDesc, bigcommerce.OrdersByDateCreated, bigcommerce.OrdersByDateModified} {
			if err := fewPages(s.Orders.Pages(ctx, bigcommerce.OrderFilter{Limit: 30, Sort: sort})); err != nil {
				return err
			}
		}
		return nil
	},
	"Orders.All": func(ctx context.Context, _ *testing.T, s shop) error {
		return few(s.Orders.All(ctx, bigcommerce.OrderFilter{}))
	},
	"Orders.Products": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Orders.Products(ctx, s.order)) },
	"Orders.CompleteLines": func(ctx context.Context, _ *testing.T, s shop) error {
		return s.Orders.CompleteLines(ctx, &bigcommerce.Order{ID: s.order, ItemsTotal: 51})
	},
	"Orders.Coupons": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Orders.Coupons(ctx, s.coupon)) },
	"Orders.Refunds": func(ctx context.Context, _ *testing.T, s shop) error {
		ids := make([]int64, bigcommerce.MaxLimit)
		for n := range ids {
			ids[n] = s.order + int64(n)
		}
		return second(s.Orders.Refunds(ctx, ids...))
	},

	"Products.Page": func(ctx context.Context, t *testing.T, s shop) error {
		return rows(s.Products.Page(ctx, whole(t, bigcommerce.ProductFilter{
			IDGreater: 1, IDIn: []int64{s.product, s.product + 1}, CategoriesIn: []int64{18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30},
			DateModifiedMin: from, DateModifiedMax: to, Sort: "date_modified",
			Descending: true, Fields: []string{"name", "date_modified"}, Page: 2, Limit: 1,
			Include: []string{bigcommerce.IncludeVariants, bigcommerce.IncludeCustomFields, bigcommerce.IncludePrimaryImage, "images"},
		})))
	},
	"Products.Pages": func(ctx context.Context, _ *testing.T, s shop) error {
		return fewPages(s.Products.Pages(ctx, bigcommerce.ProductFilter{Limit: 20}))
	},
	"Products.All": func(ctx context.Context, _ *testing.T, s shop) error {
		return few(s.Products.All(ctx, bigcommerce.ProductFilter{Include: []string{"options", "modifiers"}, Limit: 10}))
	},
	"Products.ByIDs": func(ctx context.Context, _ *testing.T, s shop) error {
		return rows(s.Products.ByIDs(ctx, s.product, s.product+1))
	},
	"Products.Get": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Products.Get(ctx, s.product)) },
	"Products.Variants": func(ctx context.Context, _ *testing.T, s shop) error {
		return second(s.Products.Variants(ctx, s.product))
	},
	"Products.CompleteVariants": func(ctx context.Context, _ *testing.T, s shop) error {
		return s.Products.CompleteVariants(ctx, &bigcommerce.Product{ID: s.product, Variants: make([]bigcommerce.Variant, 10)})
	},

	"Brands.Page": func(ctx context.Context, t *testing.T, s shop) error {
		return rows(s.Brands.Page(ctx, whole(t, bigcommerce.BrandFilter{IDIn: []int64{35, 36}, Page: 1, Limit: 1})))
	},
	"Brands.Pages": func(ctx context.Context, _ *testing.T, s shop) error {
		return fewPages(s.Brands.Pages(ctx, bigcommerce.BrandFilter{Limit: 3}))
	},
	"Brands.All": func(ctx context.Context, _ *testing.T, s shop) error {
		return few(s.Brands.All(ctx, bigcommerce.BrandFilter{}))
	},
	"Brands.ByIDs": func(ctx context.Context, _ *testing.T, s shop) error { return rows(s.Brands.ByIDs(ctx, 35, 36)) },
	"Categories.Page": func(ctx context.Context, t *testing.T, s shop) error {
		return rows(s.Categories.Page(ctx, whole(t, bigcommerce.CategoryFilter{IDIn: []int64{18, 19}, TreeIDIn: []int64{1}, ParentIDIn: []int64{0}, Page: 1, Limit: 1})))
	},
	"Categories.Pages": func(ctx context.Context, _ *testing.T, s shop) error {
		return fewPages(s.Categories.Pages(ctx, bigcommerce.CategoryFilter{Limit: 3}))
	},
	"Categories.All": func(ctx context.Context, _ *testing.T, s shop) error {
		return few(s.Categories.All(ctx, bigcommerce.CategoryFilter{}))
	},
	"Categories.ByIDs": func(ctx context.Context, _ *testing.T, s shop) error { return rows(s.Categories.ByIDs(ctx, 18, 19)) },
	"Categories.Trees": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Categories.Trees(ctx)) },

	"Channels.List": func(ctx context.Context, t *testing.T, s shop) error {
		return second(s.Channels.List(ctx, whole(t, bigcommerce.ChannelFilter{Available: true, Types: []string{"storefront", "pos"}})))
	},
	"Channels.CurrencyAssignments": func(ctx context.Context, _ *testing.T, s shop) error {
		return second(s.Channels.CurrencyAssignments(ctx))
	},
	"Sites.List": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Sites.List(ctx)) },

	"Scripts.List":        func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Scripts.List(ctx)) },
	"Scripts.ProbeModify": func(ctx context.Context, _ *testing.T, s shop) error { return s.Scripts.ProbeModify(ctx) },
	"Scripts.Create": func(ctx context.Context, _ *testing.T, s shop) error {
		return second(s.Scripts.Create(ctx, srcScript(s.channel)))
	},
	"Scripts.Update": func(ctx context.Context, _ *testing.T, s shop) error {
		made, err := s.Scripts.Create(ctx, htmlScript(s.channel))
		if err != nil {
			return err
		}
		made.Description = "changed"
		return second(s.Scripts.Update(ctx, made.UUID, made))
	},
	"Scripts.Delete": func(ctx context.Context, _ *testing.T, s shop) error {
		made, err := s.Scripts.Create(ctx, htmlScript(s.channel))
		if err != nil {
			return err
		}
		if _, err := s.Scripts.List(ctx); err != nil {
			return err
		}
		return s.Scripts.Delete(ctx, made.UUID)
	},

	"Hooks.List":  func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Hooks.List(ctx)) },
	"Hooks.Admin": func(ctx context.Context, _ *testing.T, s shop) error { return second(s.Hooks.Admin(ctx)) },
	"Hooks.Create": func(ctx context.Context, t *testing.T, s shop) error {
		return second(s.Hooks.Create(ctx, hook("store/order/created")))
	},
	"Hooks.Update": func(ctx context.Context, t *testing.T, s shop) error {
		made, err := s.Hooks.Create(ctx, hook("store/order/updated"))
		if err != nil {
			return err
		}
		if _, err := s.Hooks.Update(ctx, made.ID, bigcommerce.HookInput{IsActive: new(true)}); err != nil {
			return err
		}
		return second(s.Hooks.Update(ctx, made.ID, whole(t, hook("store/order/updated"))))
	},
	"Hooks.Delete": func(ctx context.Context, _ *testing.T, s shop) error {
		made, err := s.Hooks.Create(ctx, hook("store/product/*"))
		if err != nil {
			return err
		}
		if _, err := s.Hooks.List(ctx); err != nil {
			return err
		}
		return s.Hooks.Delete(ctx, made.ID)
	},
}

func hook(scope string) bigcommerce.HookInput {
	return bigcommerce.HookInput{
		Scope: scope, Destination: "https://sync.example.com/webhooks/bigcommerce/1", IsActive: new(true),
		Headers: map[string]string{"x-secret": "value"},
	}
}

func srcScript(channel int64) bigcommerce.Script {
	return bigcommerce.Script{
		Name: "Tag", Description: "A tag", Kind: bigcommerce.ScriptKindSrc, Src: "https://cdn.example.com/tag.js",
		LoadMethod: bigcommerce.LoadAsync, Location: bigcommerce.LocationFooter, Visibility: bigcommerce.VisibilityAllPages,
		ConsentCategory: bigcommerce.ConsentAnalytics, Enabled: true, AutoUninstall: true, ChannelID: channel,
	}
}

func htmlScript(channel int64) bigcommerce.Script {
	s := srcScript(channel)
	s.Kind, s.Src, s.HTML, s.LoadMethod = bigcommerce.ScriptKindTag, "", "<script>void 0</script>", bigcommerce.LoadDefault
	s.Location, s.Visibility, s.ConsentCategory = bigcommerce.LocationHead, bigcommerce.VisibilityStorefront, bigcommerce.ConsentTargeting
	return s
}

func second[T any](_ T, err error) error { return err }

// rows fails on a row that the client could not read: a page goes on without it.
func rows[T any](page bigcommerce.Page[T], err error) error {
	if err == nil && len(page.Unreadable) > 0 {
		err = page.Unreadable[0].Err
	}
	return err
}

func fewPages[T any](walk iter.Seq2[bigcommerce.Page[T], error]) error {
	return few(func(yield func(struct{}, error) bool) {
		for page, err := range walk {
			if !yield(struct{}{}, rows(page, err)) {
				return
			}
		}
	})
}

// few walks three items of an iterator at most.
func few[T any](walk iter.Seq2[T, error]) error {
	n := 0
	for _, err := range walk {
		if n++; err != nil || n == 3 {
			return err
		}
	}
	return nil
}

// whole is a filter that has every field set: one that a test does not send
// would go unchecked.
func whole[T any](t *testing.T, filter T) T {
	t.Helper()
	value := reflect.ValueOf(filter)
	for n := range value.NumField() {
		assert.False(t, value.Field(n).IsZero(), "%T.%s is not set: give it a value", filter, value.Type().Field(n).Name)
	}
	return filter
}

// withProbes adds a probe for each Access to the operations.
func withProbes(t *testing.T) map[string]func(context.Context, *testing.T, shop) error {
	t.Helper()
	all := map[string]func(context.Context, *testing.T, shop) error{}
	for name, call := range operations {
		all[name] = call
	}
	for _, access := range accesses(t) {
		all["Probe "+string(access)] = func(ctx context.Context, _ *testing.T, s shop) error { return s.Probe(ctx, access) }
	}
	return all
}

var accessConstant = regexp.MustCompile(`(?m)^\tAccess\w+ +Access = "(\w+)"`)

func accesses(t *testing.T) []bigcommerce.Access {
	t.Helper()
	source, err := os.ReadFile("../../bigcommerce/probe.go")
	require.NoError(t, err)
	var all []bigcommerce.Access
	for _, found := range accessConstant.FindAllSubmatch(source, -1) {
		all = append(all, bigcommerce.Access(found[1]))
	}
	require.Len(t, all, strings.Count(string(source), " Access = "))
	return all
}

// A method of the client that no operation stands for would go unchecked.
func TestOperationsAreAllOfTheClient(t *testing.T) {
	methods := map[string]bool{}
	for _, service := range reflect.VisibleFields(reflect.TypeFor[bigcommerce.Client]()) {
		if !service.IsExported() {
			continue
		}
		for n := range service.Type.NumMethod() {
			methods[service.Name+"."+service.Type.Method(n).Name] = true
		}
	}
	require.NotEmpty(t, methods)
	for name := range methods {
		assert.Contains(t, operations, name, "the client can do what no operation tries")
	}
	for name := range operations {
		assert.Contains(t, methods, name, "the client has no such method")
	}
	var own []string
	for n := range reflect.TypeFor[*bigcommerce.Client]().NumMethod() {
		own = append(own, reflect.TypeFor[*bigcommerce.Client]().Method(n).Name)
	}
	assert.Equal(t, []string{"Probe", "StoreHash"}, own, "the client itself has another method: try it as well")
}
