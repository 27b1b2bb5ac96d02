package source

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

// referencesLast is how long names that records refer to by id are believed.
// No webhook tells of a renamed brand, category or group.
const referencesLast = 5 * time.Minute

type productReferences struct {
	brands     map[int64]string
	categories map[int64]mapping.Category
	readAt     time.Time
}

type customerReferences struct {
	groups     map[int64]string
	attributes map[int64]string
	// passwordFields says of each form field asked about whether it holds
	// passwords.
	passwordFields map[string]bool
	readAt         time.Time
}

// References keeps names per connection. One reader at a time fills an entry,
// so that a burst costs one round of requests. The zero value is ready to use.
type References struct {
	mu      sync.Mutex // guards entries
	entries map[connection.ID]*references
}

type references struct {
	mu        sync.Mutex // guards what follows, held while reading
	products  *productReferences
	customers *customerReferences
}

func (c *References) of(id connection.ID) *references {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[connection.ID]*references{}
	}
	if c.entries[id] == nil {
		c.entries[id] = &references{}
	}
	return c.entries[id]
}

// Forget drops what is known of a connection that has been removed.
func (c *References) Forget(id connection.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, id)
}

// productReferences returns the names of all brands and categories; a product
// with one that is too new for the cache refreshes it.
func (r *Reader) productReferences(ctx context.Context, products []bigcommerce.Product) (*productReferences, error) {
	entry := r.references.of(r.connection.ID)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	if known := entry.products; known != nil && time.Since(known.readAt) < referencesLast && known.cover(products) {
		return known, nil
	}
	known := &productReferences{brands: map[int64]string{}, categories: map[int64]mapping.Category{}, readAt: time.Now()}
	for brand, err := range r.shop.Brands.All(ctx, bigcommerce.BrandFilter{}) {
		if err != nil {
			return nil, fmt.Errorf("read brands: %w", err)
		}
		known.brands[brand.ID] = brand.Name
	}
	for category, err := range r.shop.Categories.All(ctx, bigcommerce.CategoryFilter{}) {
		if err != nil {
			return nil, fmt.Errorf("read categories: %w", err)
		}
		known.categories[category.ID] = mapping.Category{ID: category.ID, ParentID: category.ParentID, Name: category.Name}
	}
	entry.products = known
	return known, nil
}

func (r *productReferences) cover(products []bigcommerce.Product) bool {
	for _, product := range products {
		if _, ok := r.brands[product.BrandID]; !ok && product.BrandID != 0 && time.Since(r.readAt) > time.Minute {
			return false
		}
		for _, id := range product.Categories {
			if _, ok := r.categories[id]; !ok && time.Since(r.readAt) > time.Minute {
				return false
			}
		}
	}
	return true
}

// customerReferences returns the names of customer groups and attributes, and
// which of the customers' form fields hold passwords, whose values are never
// sent on. A field that is new since the last look is asked about before its
// first value goes anywhere.
func (r *Reader) customerReferences(ctx context.Context, customers []bigcommerce.Customer) (*customerReferences, error) {
	entry := r.references.of(r.connection.ID)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	known := entry.customers
	if known == nil || time.Since(known.readAt) >= referencesLast {
		var err error
		if known, err = r.readCustomerReferences(ctx); err != nil {
			return nil, err
		}
		entry.customers = known
	}
	asked := known.newFields(customers)
	if len(asked) > 0 {
		names, err := r.shop.Customers.FormFieldNames(ctx, bigcommerce.FieldTypePassword, asked...)
		if err != nil {
			return nil, fmt.Errorf("read names of password fields: %w", err)
		}
		// Readers hold the map that was, so it never changes.
		more := *known
		more.passwordFields = maps.Clone(known.passwordFields)
		for _, name := range asked {
			more.passwordFields[name] = slices.Contains(names, name)
		}
		known, entry.customers = &more, &more
	}
	return known, nil
}

// newFields are the names of form fields with a value that nobody has asked
// about yet.
func (c *customerReferences) newFields(customers []bigcommerce.Customer) []string {
	var names []string
	for _, customer := range customers {
		for _, field := range customer.FormFields {
			_, known := c.passwordFields[field.Name]
			if !known && field.Value.String() != "" && !slices.Contains(names, field.Name) {
				names = append(names, field.Name)
			}
		}
	}
	return names
}

func (r *Reader) readCustomerReferences(ctx context.Context) (*customerReferences, error) {
	known := &customerReferences{groups: map[int64]string{}, attributes: map[int64]string{}, passwordFields: map[string]bool{}, readAt: time.Now()}
	groups, err := r.shop.Customers.Groups(ctx)
	if err != nil {
		return nil, fmt.Errorf("read customer groups: %w", err)
	}
	for _, group := range groups {
		known.groups[group.ID] = group.Name
	}
	attributes, err := r.shop.Customers.Attributes(ctx)
	if err != nil {
		return nil, fmt.Errorf("read customer attributes: %w", err)
	}
	for _, attribute := range attributes {
		known.attributes[attribute.ID] = attribute.Name
	}
	return known, nil
}
