package bigcommercesim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// withOptions is the page size once options or modifiers are included.
const withOptions = 10

var productSorts = map[string]func(a, b *product) int{
	"name":               func(a, b *product) int { return cmp.Compare(a.Name, b.Name) },
	"sku":                func(a, b *product) int { return cmp.Compare(a.SKU, b.SKU) },
	"price":              func(a, b *product) int { return cmp.Compare(a.Price, b.Price) },
	"calculated_price":   func(a, b *product) int { return cmp.Compare(a.CalculatedPrice, b.CalculatedPrice) },
	"inventory_level":    func(a, b *product) int { return cmp.Compare(a.InventoryLevel, b.InventoryLevel) },
	"total_sold":         func(a, b *product) int { return cmp.Compare(a.TotalSold, b.TotalSold) },
	"date_last_imported": func(a, b *product) int { return cmp.Compare(a.DateLastImported, b.DateLastImported) },
	"is_visible": func(a, b *product) int {
		return cmp.Compare(map[bool]int{true: 1}[a.IsVisible], map[bool]int{true: 1}[b.IsVisible])
	},
}

func (s *Server) listProducts(c *call) reply {
	parts := c.include()
	most := maxLimit
	if parts["options"] || parts["modifiers"] {
		most = withOptions
	}
	if r := c.paging(most); r != nil {
		return *r
	}
	q := query[product]{
		ids: c.ids("id:in"), id: c.idSpan(), modified: c.productDates(), keep: keepProduct(c),
		count: true, limit: c.limit, offset: (c.page - 1) * c.limit, desc: c.text("direction") == "desc",
	}
	if not := c.ids("id:not_in"); not != nil {
		q.keepID = func(id int64) bool { return !slices.Contains(not, id) }
	}
	switch sort := c.text("sort"); sort {
	case "", byID:
	case byModified:
		q.sort = byModified
	default:
		if q.less = productSorts[sort]; q.less == nil {
			c.fault("sort", "error.expected.enum")
		}
	}
	fields := c.fields()
	if r := c.bad(); r != nil {
		return *r
	}
	ids, total := s.products.find(q)
	list := make([]any, 0, len(ids))
	for _, id := range ids {
		list = append(list, fields.ofProduct(s.products.get(id).shown(parts), parts))
	}
	return listV3(c, list, total)
}

// shown is a product with the parts that include= asks for.
func (full *product) shown(parts map[string]bool) *product {
	p := *full
	if !parts["variants"] {
		p.Variants = nil
	}
	if !parts["custom_fields"] {
		p.CustomFields = nil
	}
	if !parts["images"] {
		p.Images = nil
	}
	if !parts["primary_image"] {
		p.PrimaryImage = nil
	}
	if !parts["options"] {
		p.Options = nil
	}
	if !parts["modifiers"] {
		p.Modifiers = nil
	}
	if !parts["channels"] {
		p.Channels = nil
	}
	return &p
}

// idSpan reads id, id:min, id:max, id:greater and id:less.
func (c *call) idSpan() span {
	var s span
	for name, add := range map[string]func(int64){
		"id":     func(n int64) { s.atLeast(n); s.atMost(n) },
		"id:min": s.atLeast, "id:max": s.atMost,
		"id:greater": func(n int64) { s.atLeast(n + 1) }, "id:less": func(n int64) { s.atMost(n - 1) },
	} {
		if n, ok := c.number(name); ok {
			add(n)
		}
	}
	return s
}

// productDates adds the time of day to a bare date_modified:min, as the
// products page says.
func (c *call) productDates() span {
	s := c.v3Dates(byModified)
	if unix, bareDate, ok := c.date(byModified + ":min"); ok && bareDate {
		now := c.server.options.Now().UTC()
		s.atLeast(unix + int64(now.Hour()*3600+now.Minute()*60+now.Second()))
	}
	return s
}

func keepProduct(c *call) func(*product) bool {
	name, sku, skus := c.text("name"), c.text("sku"), c.list("sku:in")
	kind, availability, keyword := c.text("type"), c.text("availability"), strings.ToLower(c.text("keyword"))
	brandID, hasBrand := c.number("brand_id")
	visible, hasVisible := c.truth("is_visible")
	categories := append(c.ids("categories:in"), c.ids("categories")...)
	channels := c.ids("channel_id:in")
	if name+sku+kind+availability+keyword == "" && skus == nil && !hasBrand && !hasVisible && categories == nil && channels == nil {
		return nil
	}
	matches := func(want, got string) bool { return want == "" || strings.EqualFold(want, got) }
	overlap := func(want, got []int64) bool {
		return want == nil || slices.ContainsFunc(got, func(id int64) bool { return slices.Contains(want, id) })
	}
	return func(p *product) bool {
		return matches(name, p.Name) && matches(sku, p.SKU) && among(skus, p.SKU) && matches(kind, p.Type) &&
			matches(availability, p.Availability) && strings.Contains(strings.ToLower(p.Name+" "+p.SKU), keyword) &&
			(!hasBrand || p.BrandID == brandID) && (!hasVisible || p.IsVisible == visible) &&
			overlap(categories, p.Categories) && overlap(channels, p.Channels)
	}
}

// fields is include_fields or exclude_fields; nil for all.
type fields struct{ include, exclude []string }

func (c *call) fields() fields { return fields{c.list("include_fields"), c.list("exclude_fields")} }

// of drops what was not asked for. The id and included parts always stay.
func (f fields) of(record any, parts map[string]bool) any {
	if f.include == nil && f.exclude == nil {
		return record
	}
	raw, err := json.Marshal(record)
	if err != nil {
		return record
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return record
	}
	for name := range all {
		if name == "id" || parts[name] {
			continue
		}
		if f.include != nil && !slices.Contains(f.include, name) || slices.Contains(f.exclude, name) {
			delete(all, name)
		}
	}
	return all
}

// ofProduct is of, but quick for what a list of products usually leaves out. It
// may change the product it is given.
func (f fields) ofProduct(p *product, parts map[string]bool) any {
	if f.include == nil && slices.Equal(f.exclude, []string{"description"}) {
		p.Description = nil
		return p
	}
	return f.of(p, parts)
}

// findProduct returns the product of the path, or the 404.
func (s *Server) findProduct(c *call) (*product, *reply) {
	id, ok := c.pathID("id")
	var p *product
	if ok {
		p = s.products.get(id)
	}
	if p == nil {
		r := failV3(404, "A product was not found with an id of "+c.PathValue("id"))
		return nil, &r
	}
	return p, nil
}

func (s *Server) getProduct(c *call) reply {
	p, missing := s.findProduct(c)
	if missing != nil {
		return *missing
	}
	parts := c.include()
	return object(c.fields().ofProduct(p.shown(parts), parts))
}

// part answers a list that hangs on a product.
func part[T any](s *Server, c *call, of func(*product) []T) reply {
	p, missing := s.findProduct(c)
	if missing != nil {
		return *missing
	}
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	fields := c.fields()
	if r := c.bad(); r != nil {
		return *r
	}
	rows := of(p)
	var list []any
	for _, row := range slicePage(c, rows) {
		list = append(list, fields.of(row, nil))
	}
	return listV3(c, list, len(rows))
}

func (s *Server) listProductVariants(c *call) reply {
	return part(s, c, func(p *product) []variant { return p.Variants })
}

func (s *Server) listProductOptions(c *call) reply {
	return part(s, c, func(p *product) []option { return p.Options })
}

func (s *Server) listProductModifiers(c *call) reply {
	return part(s, c, func(p *product) []modifier { return p.Modifiers })
}

func (s *Server) listCustomFields(c *call) reply {
	return part(s, c, func(p *product) []customField { return p.CustomFields })
}

func (s *Server) listImages(c *call) reply {
	return part(s, c, func(p *product) []image { return p.Images })
}

func (s *Server) getProductVariant(c *call) reply {
	p, missing := s.findProduct(c)
	if missing != nil {
		return *missing
	}
	id, _ := c.pathID("variant")
	for _, v := range p.Variants {
		if v.ID == id {
			return object(v)
		}
	}
	return notFoundV3()
}

// listVariants is GET /v3/catalog/variants: all variants by product, filters
// id, sku, upc and product_id:in.
func (s *Server) listVariants(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	owners := c.ids("product_id:in")
	id, hasID := c.number("id")
	sku, upc := c.text("sku"), c.text("upc")
	fields := c.fields()
	if r := c.bad(); r != nil {
		return *r
	}
	ids, _ := s.products.find(query[product]{ids: owners})
	list, total, offset := []any{}, 0, (c.page-1)*c.limit
	plain := !hasID && sku+upc == ""
	for _, productID := range ids {
		if n := s.variantCount(productID); plain && (total+n <= offset || total >= offset+c.limit) {
			total += n // not on this page: no need to make the product
			continue
		}
		for _, v := range s.products.get(productID).Variants {
			if hasID && v.ID != id || sku != "" && v.SKU != sku || upc != "" && v.UPC != upc {
				continue
			}
			if total >= offset && len(list) < c.limit {
				list = append(list, fields.of(v, nil))
			}
			total++
		}
	}
	return listV3(c, list, total)
}

func (s *Server) variantCount(productID int64) int {
	if e, ok := s.products.changed[productID]; ok {
		return len(e.record.Variants)
	}
	return s.plan(productID).variants()
}

func (s *Server) listBrands(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	names, like := c.list("name"), strings.ToLower(c.text("name:like"))
	q := query[brand]{
		ids: c.ids("id:in"), id: c.idSpan(), count: true, limit: c.limit, offset: (c.page - 1) * c.limit,
		desc: c.text("direction") == "desc",
	}
	if names != nil || like != "" {
		q.keep = func(b *brand) bool { return among(names, b.Name) && strings.Contains(strings.ToLower(b.Name), like) }
	}
	if c.text("sort") == "name" {
		q.less = func(a, b *brand) int { return cmp.Compare(a.Name, b.Name) }
	}
	fields := c.fields()
	if r := c.bad(); r != nil {
		return *r
	}
	ids, total := s.brands.find(q)
	list := make([]any, 0, len(ids))
	for _, id := range ids {
		list = append(list, fields.of(s.brands.get(id), nil))
	}
	return listV3(c, list, total)
}

func (s *Server) getBrand(c *call) reply {
	id, ok := c.pathID("id")
	if !ok || !s.brands.exists(id) {
		return notFoundV3()
	}
	return object(s.brands.get(id))
}

func (s *Server) listTrees(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	ids, channels := c.list("id:in"), c.list("channel_id:in")
	if r := c.bad(); r != nil {
		return *r
	}
	var rows []tree
	if among(ids, "1") && among(channels, "1") {
		rows = append(rows, tree{1, "Default catalog tree", []int64{1}})
	}
	return listV3(c, slicePage(c, rows), len(rows))
}

func (s *Server) listCategories(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	parents, trees, names := c.ids("parent_id:in"), c.ids("tree_id:in"), c.list("name")
	visible, hasVisible := c.truth("is_visible")
	q := query[category]{ids: c.ids("category_id:in"), count: true, limit: c.limit, offset: (c.page - 1) * c.limit}
	q.keep = func(k *category) bool {
		return (parents == nil || slices.Contains(parents, k.ParentID)) && (trees == nil || slices.Contains(trees, k.TreeID)) &&
			among(names, k.Name) && (!hasVisible || k.IsVisible == visible)
	}
	fields := c.fields()
	if r := c.bad(); r != nil {
		return *r
	}
	ids, total := s.categories.find(q)
	list := make([]any, 0, len(ids))
	for _, id := range ids {
		list = append(list, fields.of(s.categories.get(id), map[string]bool{"category_id": true}))
	}
	return listV3(c, list, total)
}

// getSummary counts variants; its sums are of the first products alone.
func (s *Server) getSummary(*call) reply {
	const sampled = 200
	ids, _ := s.products.find(query[product]{})
	sum := summary{PrimaryCategoryID: firstCategory, PrimaryCategoryName: categoryNames[0], LowestVariantPrice: "0"}
	var lowest, prices float64
	for n, id := range ids {
		sum.VariantCount += int64(s.variantCount(id))
		if n >= sampled {
			continue
		}
		p := s.products.get(id)
		sum.InventoryCount += p.InventoryLevel
		sum.InventoryValue += float64(p.InventoryLevel) * p.Price
		sum.HighestVariantPrice = max(sum.HighestVariantPrice, p.CalculatedPrice)
		if prices += p.CalculatedPrice; n == 0 || p.CalculatedPrice < lowest {
			lowest = p.CalculatedPrice
		}
		sum.AverageVariantPrice = prices / float64(n+1)
	}
	sum.LowestVariantPrice = moneyFrom(lowest).text()
	sum.OldestVariantDate = plusZero(s.productLine.start).Format(offsetLayout)
	sum.NewestVariantDate = plusZero(s.productLine.end).Format(offsetLayout)
	return object(sum)
}
