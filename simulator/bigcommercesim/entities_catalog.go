package bigcommercesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"time"
)

// settleProduct: custom fields, MPN, GTIN and further images change in
// silence; variants and stock have events of their own.
func (s *Server) settleProduct(before, after *product, fields given, now time.Time) ([]event, error) {
	if after.Name == "" {
		return nil, errors.New("a product needs a name")
	}
	for n := range after.CustomFields {
		if after.CustomFields[n].ID == 0 {
			after.CustomFields[n].ID = after.ID*10 + int64(n)
		}
	}
	for n := range after.Images {
		after.Images[n].ProductID = after.ID
	}
	after.primary()
	if fields["calculated_price"] == nil {
		after.reprice(before)
	}
	s.numberVariants(after, false)
	if before == nil {
		after.DateModified = offsetTime{now}
		return append([]event{about("store/product/created", "product", after.ID)}, skuEvents(nil, after)...), nil
	}
	quiet := []string{"custom_fields", "mpn", "gtin", "variants"}
	if len(before.Images) > 0 && len(after.Images) > 0 && reflect.DeepEqual(before.Images[0], after.Images[0]) {
		quiet = append(quiet, "images")
	}
	var events []event
	if fields.loud(quiet...) {
		events = append(events, about("store/product/updated", "product", after.ID))
	}
	if after.InventoryLevel != before.InventoryLevel && fields["inventory_level"] != nil {
		e := about("store/product/inventory/updated", "product", after.ID)
		e.Data["inventory"] = map[string]any{"product_id": after.ID, "method": "absolute", "value": after.InventoryLevel}
		events = append(events, e)
	}
	if events = append(events, skuEvents(before, after)...); len(events) > 0 {
		after.DateModified = offsetTime{now}
	}
	return events, nil
}

// reprice lets the calculated prices follow. A variant without a price of its
// own inherits the product's.
func (p *product) reprice(before *product) {
	p.CalculatedPrice = p.Price
	if p.SalePrice > 0 {
		p.CalculatedPrice = p.SalePrice
	}
	for n := range p.Variants {
		v := &p.Variants[n]
		switch {
		case v.SalePrice != nil && *v.SalePrice > 0:
			v.CalculatedPrice = *v.SalePrice
		case v.Price != nil:
			v.CalculatedPrice = *v.Price
		default:
			v.CalculatedPrice = p.CalculatedPrice
		}
	}
	if before != nil && p.InventoryTracking == "variant" && !reflect.DeepEqual(p.Variants, before.Variants) {
		p.InventoryLevel = 0
		for _, v := range p.Variants {
			p.InventoryLevel += v.InventoryLevel
		}
	}
}

// numberVariants gives ids to the variants that have none, or to all of them.
func (s *Server) numberVariants(p *product, all bool) {
	p.BaseVariantID = nil
	for n := range p.Variants {
		v := &p.Variants[n]
		if v.ProductID = p.ID; all || v.ID == 0 {
			v.ID, v.SKUID = s.nextVariant, nil
			s.nextVariant++
		}
		id := v.ID
		if len(v.OptionValues) == 0 {
			v.SKUID, v.OptionValues, p.BaseVariantID = nil, []variantPick{}, &id
		} else if v.SKUID == nil {
			id += 5000
			v.SKUID = &id
		}
	}
}

// noteVariants keeps new variant ids above those of a record that was put.
func (s *Server) noteVariants(p *product) {
	for _, v := range p.Variants {
		s.nextVariant = max(s.nextVariant, v.ID+1)
	}
}

// skuEvents tells how the variants differ. A base variant has no SKU id and
// fires nothing.
func skuEvents(before, after *product) []event {
	var events []event
	tell := func(what string, v variant) {
		if v.SKUID == nil {
			return
		}
		e := about("store/sku/"+what, "sku", *v.SKUID)
		e.Data["sku"] = map[string]any{"product_id": v.ProductID, "variant_id": v.ID}
		events = append(events, e)
	}
	old := map[int64]variant{}
	if before != nil {
		for _, v := range before.Variants {
			old[v.ID] = v
		}
	}
	if after != nil {
		for _, v := range after.Variants {
			was, ok := old[v.ID]
			switch {
			case !ok:
				tell("created", v)
			case !reflect.DeepEqual(was, v):
				tell("updated", v)
				if was.InventoryLevel != v.InventoryLevel && v.SKUID != nil {
					e := about("store/sku/inventory/updated", "sku", *v.SKUID)
					e.Data["inventory"] = map[string]any{
						"product_id": v.ProductID, "variant_id": v.ID, "method": "absolute", "value": v.InventoryLevel,
					}
					events = append(events, e)
				}
			}
			delete(old, v.ID)
		}
	}
	gone := make([]int64, 0, len(old))
	for id := range old {
		gone = append(gone, id)
	}
	slices.Sort(gone)
	for _, id := range gone {
		tell("deleted", old[id])
	}
	return events
}

// variants are changed through their product.
type variants struct{ s *Server }

func (v *variants) products() *kind[product] { return v.s.entities["products"].(*kind[product]) }

// owner finds a variant's product.
func (v *variants) owner(id int64) (*product, int) {
	find := func(p *product) int {
		return slices.IndexFunc(p.Variants, func(o variant) bool { return o.ID == id })
	}
	for _, e := range v.s.products.changed {
		if e.record != nil {
			if n := find(e.record); n >= 0 {
				return e.record, n
			}
		}
	}
	starts := v.s.firstVariant
	n := sort.Search(len(starts), func(n int) bool { return int64(starts[n]) > id }) - 1
	if n < 0 || n >= len(starts)-1 {
		return nil, 0
	}
	if p := v.s.products.get(firstProduct + int64(n)); p != nil {
		if m := find(p); m >= 0 {
			return p, m
		}
	}
	return nil, 0
}

func (v *variants) get(id int64) (any, bool) {
	p, n := v.owner(id)
	if p == nil {
		return nil, false
	}
	return p.Variants[n], true
}

// through writes the product with other variants.
func (v *variants) through(p *product, list []variant, id int64, now time.Time) (change, error) {
	raw, err := json.Marshal(map[string]any{"variants": list})
	if err != nil {
		return change{}, err
	}
	c, err := v.products().update(p.ID, raw, now)
	if err != nil {
		return change{}, err
	}
	c.id, c.record = id, nil
	return c, nil
}

func (v *variants) create(raw []byte, now time.Time) (change, error) {
	fresh, fields, err := patch(&variant{OptionValues: []variantPick{}}, raw)
	if err != nil {
		return change{}, err
	}
	p := v.s.products.get(fresh.ProductID)
	if p == nil || fields["option_values"] == nil {
		return change{}, errors.New("a variant needs a product_id of the store and option_values")
	}
	fresh.ID = v.s.nextVariant
	skuID := fresh.ID + 5000
	fresh.SKUID = &skuID
	v.s.nextVariant++
	c, err := v.through(p, append(slices.Clone(p.Variants), *fresh), fresh.ID, now)
	c.record = fresh
	return c, err
}

func (v *variants) update(id int64, raw []byte, now time.Time) (change, error) {
	p, n := v.owner(id)
	if p == nil {
		return change{}, fmt.Errorf("variants %d: %w", id, ErrNotFound)
	}
	after, fields, err := patch(&p.Variants[n], raw)
	if err != nil {
		return change{}, err
	}
	if fields["id"] != nil || fields["product_id"] != nil {
		return change{}, errors.New("the store gives ids")
	}
	list := slices.Clone(p.Variants)
	list[n] = *after
	c, err := v.through(p, list, id, now)
	c.record = after
	return c, err
}

func (v *variants) remove(id int64, now time.Time) (change, error) {
	p, n := v.owner(id)
	if p == nil {
		return change{}, fmt.Errorf("variants %d: %w", id, ErrNotFound)
	}
	return v.through(p, slices.Delete(slices.Clone(p.Variants), n, n+1), id, now)
}

func (v *variants) page(after int64, limit int) []int64 {
	ids, _ := v.s.products.find(query[product]{})
	var all []int64
	for _, id := range ids {
		for _, o := range v.s.products.get(id).Variants {
			if o.ID > after {
				all = append(all, o.ID)
			}
		}
	}
	slices.Sort(all)
	if limit > 0 {
		all = all[:min(limit, len(all))]
	}
	return all
}

func (v *variants) len() int {
	ids, _ := v.s.products.find(query[product]{})
	n := 0
	for _, id := range ids {
		n += v.s.variantCount(id)
	}
	return n
}

func (v *variants) restore(readLine) error { return errors.New("variants are kept with their product") }
