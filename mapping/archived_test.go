package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

func TestArchivedOrdersBothWays(t *testing.T) {
	pushed := connection.RecordState{Exists: true}
	for choice, counts := range map[string]bool{
		"": false, connection.ArchivedOrdersInvalid: false, connection.ArchivedOrdersKeep: true,
	} {
		ctx := shop(func(c *mapping.Context) { c.Settings.ArchivedOrders = choice })
		archived := order(func(o *bigcommerce.Order) { o.StatusID, o.IsDeleted = 10, true })
		got := only[*ometria.Order](t, mapping.Order(archived, nil, ctx, pushed))
		assert.Equal(t, counts, *got.IsValid, "still answered, archived_orders %q", choice)

		// BigCommerce may no longer answer for it at all.
		gone := mapping.Gone(connection.Orders, 100, ctx, pushed)
		if counts {
			assert.Empty(t, gone.Records)
			continue
		}
		require.Len(t, gone.Records, 1)
		assert.Equal(t, false, *gone.Records[0].(*ometria.Order).IsValid)
	}
}

// Ometria knows a brand and a category by BigCommerce's ids: an option that
// happens to be called so must not be taken for one.
func TestOptionsNamedLikeTheCatalogue(t *testing.T) {
	p := bigcommerce.Product{
		ID: 7, Name: "Bag", Price: money("10"), IsVisible: true, BrandID: 3, Categories: []int64{4},
		Variants: []bigcommerce.Variant{{ID: 70, ProductID: 7, OptionValues: []bigcommerce.OptionValue{
			{OptionDisplayName: "Brand", Label: "Other"}, {OptionDisplayName: "Category", Label: "Small"},
		}}},
	}
	ctx := shop(func(c *mapping.Context) {
		c.Brands = map[int64]string{3: "Hearth"}
		c.Categories = map[int64]mapping.Category{4: {ID: 4, Name: "Bags"}}
	})
	r := mapping.Product(p, ctx, connection.RecordState{})
	require.Len(t, r.Records, 2)
	types := map[string]bool{}
	for _, a := range r.Records[1].(*ometria.Product).Attributes {
		types[a.Type] = true
	}
	assert.Equal(t, map[string]bool{"brand_2": true, "category_2": true}, types)
}
