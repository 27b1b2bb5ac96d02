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
// No webhook tells of a renamed brand or group; see Config.CategoryChanges.
const referencesLast = 5 * time.Minute

type productReferences struct {
	brands     map[int64]string
	categories map[int64]mapping.Category
	unnamed    unnamed
	readAt     time.Time
	asOf       int64 // changes of categories up to this number are in
}

type customerReferences struct {
	groups     map[int64]string
	attributes map[int64]string
	// passwordFields says of each form field asked about whether it holds
	// passwords.
	passwordFields map[string]bool
	unnamed        unnamed
	readAt         time.Time
}

// reference is what a record says by its id.
type reference struct {
	kind string // of the thing referred to
	id   int64
}

const (
	kindBrand     = "brand"
	kindCategory  = "category"
	kindGroup     = "group"
	kindAttribute = "attribute"
)

func idsOf(references []reference, kind string) (ids []int64) {
	for _, r := range references {
		if r.kind == kind && !slices.Contains(ids, r.id) {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// unnamed are references that no name was found for, and when. Until that is
// long ago they are no reason to look again.
type unnamed map[reference]time.Time

// news are those of the missing references that were not looked for lately.
func (u unnamed) news(missing []reference) []reference {
	return slices.DeleteFunc(missing, func(r reference) bool { return time.Since(u[r]) < referencesLast })
}

// with is what is unnamed once the missing references were looked for in vain.
func (u unnamed) with(missing []reference) unnamed {
	now := unnamed{}
	for r, at := range u {
		if time.Since(at) < referencesLast {
			now[r] = at
		}
	}
	for _, r := range missing {
		now[r] = time.Now()
	}
	return now
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

// changedCategories are those that changed since number since. It is asked
// before names are read, so that these are as of the number that it answers.
func (r *Reader) changedCategories(ctx context.Context, since int64) (changed []int64, asOf int64, err error) {
	if r.config.CategoryChanges == nil {
		return nil, since, nil
	}
	return r.config.CategoryChanges(ctx, r.connection.ID, since)
}

// refresh reads changed categories anew; one that is gone has no name.
func (r *Reader) refresh(ctx context.Context, known *productReferences) (*productReferences, error) {
	changed, asOf, err := r.changedCategories(ctx, known.asOf)
	if err != nil || len(changed) == 0 {
		return known, err
	}
	// Readers hold the maps that were, so they never change.
	fresh := *known
	fresh.asOf, fresh.categories, fresh.unnamed = asOf, maps.Clone(known.categories), maps.Clone(known.unnamed)
	for _, id := range changed {
		delete(fresh.categories, id)
		delete(fresh.unnamed, reference{kindCategory, id})
	}
	for ids := range slices.Chunk(changed, bigcommerce.MaxIDs) {
		if err := r.readCategories(ctx, &fresh, bigcommerce.CategoryFilter{IDIn: ids}); err != nil {
			return nil, err
		}
	}
	return &fresh, nil
}

// productReferences returns the names of all brands and categories. Those that
// are newer than what is remembered are read by their ids, and so are categories
// that are known to have changed.
func (r *Reader) productReferences(ctx context.Context, products []bigcommerce.Product) (*productReferences, error) {
	entry := r.references.of(r.connection.ID)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	known := entry.products
	if known == nil || time.Since(known.readAt) >= referencesLast {
		known = &productReferences{brands: map[int64]string{}, categories: map[int64]mapping.Category{}, readAt: time.Now()}
		var err error
		if _, known.asOf, err = r.changedCategories(ctx, 0); err != nil {
			return nil, err
		}
		if err := r.readBrands(ctx, known, bigcommerce.BrandFilter{}); err != nil {
			return nil, err
		}
		if err := r.readCategories(ctx, known, bigcommerce.CategoryFilter{}); err != nil {
			return nil, err
		}
		known.unnamed = unnamed{}.with(known.missing(products))
		entry.products = known
		return known, nil
	}
	known, err := r.refresh(ctx, known)
	if err != nil {
		return nil, err
	}
	entry.products = known
	news := known.unnamed.news(known.missing(products))
	if len(news) == 0 {
		return known, nil
	}
	// Readers hold the maps that were, so they never change.
	more := &productReferences{brands: maps.Clone(known.brands), categories: maps.Clone(known.categories), readAt: known.readAt, asOf: known.asOf}
	for ids := range slices.Chunk(idsOf(news, kindBrand), bigcommerce.MaxIDs) {
		if err := r.readBrands(ctx, more, bigcommerce.BrandFilter{IDIn: ids}); err != nil {
			return nil, err
		}
	}
	for ids := idsOf(news, kindCategory); len(ids) > 0; ids = more.orphans() {
		before := len(more.categories)
		for some := range slices.Chunk(ids, bigcommerce.MaxIDs) {
			if err := r.readCategories(ctx, more, bigcommerce.CategoryFilter{IDIn: some}); err != nil {
				return nil, err
			}
		}
		if len(more.categories) == before {
			break
		}
	}
	more.unnamed = known.unnamed.with(more.missing(products))
	entry.products = more
	return more, nil
}

func (r *Reader) readBrands(ctx context.Context, into *productReferences, filter bigcommerce.BrandFilter) error {
	for brand, err := range r.shop.Brands.All(ctx, filter) {
		if err != nil {
			return fmt.Errorf("read brands: %w", err)
		}
		into.brands[brand.ID] = brand.Name
	}
	return nil
}

func (r *Reader) readCategories(ctx context.Context, into *productReferences, filter bigcommerce.CategoryFilter) error {
	for category, err := range r.shop.Categories.All(ctx, filter) {
		if err != nil {
			return fmt.Errorf("read categories: %w", err)
		}
		into.categories[category.ID] = mapping.Category{ID: category.ID, ParentID: category.ParentID, Name: category.Name}
	}
	return nil
}

// orphans are categories that others name as their parent and that have no name
// here.
func (p *productReferences) orphans() (ids []int64) {
	for _, category := range p.categories {
		if _, ok := p.categories[category.ParentID]; !ok && category.ParentID != 0 && !slices.Contains(ids, category.ParentID) {
			ids = append(ids, category.ParentID)
		}
	}
	return ids
}

// missing are the brands and categories of the products that have no name here.
func (p *productReferences) missing(products []bigcommerce.Product) (missing []reference) {
	for _, product := range products {
		if _, ok := p.brands[product.BrandID]; !ok && product.BrandID != 0 {
			missing = append(missing, reference{kindBrand, product.BrandID})
		}
		for _, id := range product.Categories {
			if _, ok := p.categories[id]; !ok {
				missing = append(missing, reference{kindCategory, id})
			}
		}
	}
	return missing
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
	if known == nil || time.Since(known.readAt) >= referencesLast || len(known.unnamed.news(known.missing(customers))) > 0 {
		read, err := r.readCustomerReferences(ctx)
		if err != nil {
			return nil, err
		}
		if known != nil {
			read.unnamed = known.unnamed
		}
		read.unnamed = read.unnamed.with(read.missing(customers))
		known, entry.customers = read, read
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

// missing are the groups and attributes of the customers that have no name here.
func (c *customerReferences) missing(customers []bigcommerce.Customer) (missing []reference) {
	for _, customer := range customers {
		if _, ok := c.groups[customer.CustomerGroupID]; !ok && customer.CustomerGroupID != 0 {
			missing = append(missing, reference{kindGroup, customer.CustomerGroupID})
		}
		for _, attribute := range customer.Attributes {
			if _, ok := c.attributes[attribute.AttributeID]; !ok {
				missing = append(missing, reference{kindAttribute, attribute.AttributeID})
			}
		}
	}
	return missing
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
