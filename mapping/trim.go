package mapping

import (
	"slices"
	"unicode/utf8"

	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Bounds of a single text. BigCommerce's own are shorter (a product's name and
// a SKU have at most 255 characters), so what they cut nobody meant to send.
const (
	maxText = 500   // characters of a text for people
	maxCode = 255   // bytes of a code, which is whole or nothing
	maxURL  = 2_000 // bytes
)

// trimmed is the last step of every mapping: it makes each record fit into the
// ometria.MaxRecordBytes that Ometria takes. What is cut stands in the notes,
// once a path. In this order, and no further than needed:
//
//   - every record: texts over 500 characters are cut; SKUs, postcodes and
//     coupon codes over 255 bytes and image addresses over 2,000 are left out. A
//     contact is never too large after that
//   - an order: of all lines the properties, the SKUs, the tax, the unit price
//     where there is a subtotal, the variant options (the variant's own record
//     has them); then its own properties, the lines' discounts, and at last whole
//     lines from the end. The order's own amounts stay what they are
//   - a product or variant: its properties, attributes from the end (brand and
//     the product's own categories come first, their ancestors last), listings
func trimmed(r Result) Result {
	var cut []string
	for _, record := range r.Records {
		switch record := record.(type) {
		case *ometria.Contact:
			cut = append(cut, trimContact(record)...)
		case *ometria.Order:
			cut = append(cut, trimOrder(record)...)
		case *ometria.Product:
			cut = append(cut, trimProduct(record)...)
		}
	}
	var told []string
	for _, path := range cut {
		if !slices.Contains(told, path) {
			told = append(told, path)
			r.Notes = append(r.Notes, Note{Code: NoteTrimmed, Key: path})
		}
	}
	return r
}

func trimContact(c *ometria.Contact) []string {
	cut := texts{}
	cut.shorten("firstname", &c.FirstName)
	cut.shorten("lastname", &c.LastName)
	return cut
}

func trimOrder(o *ometria.Order) []string {
	cut := texts{}
	cut.shorten("status", &o.Status)
	cut.shorten("payment_method", &o.PaymentMethod)
	cut.shorten("shipping_method", &o.ShippingMethod)
	cut.leaveOut("coupon_code", &o.CouponCode, maxCode)
	if o.Customer != nil {
		cut.shorten("customer.firstname", &o.Customer.FirstName)
		cut.shorten("customer.lastname", &o.Customer.LastName)
	}
	cut.address("shipping_address", o.ShippingAddress)
	cut.address("billing_address", o.BillingAddress)
	for i := range o.LineItems {
		line := &o.LineItems[i]
		cut.leaveOut("lineitems[].sku", &line.SKU, maxCode)
		cut.labels("lineitems[].variant_options[]", line.VariantOptions)
	}
	if orderAtMost(o) <= ometria.MaxRecordBytes {
		return cut
	}
	ofLines := func(path string, clear func(*ometria.LineItem) bool) step {
		return step{path, func(int) bool {
			var changed bool
			for i := range o.LineItems {
				changed = clear(&o.LineItems[i]) || changed
			}
			return changed
		}}
	}
	return append(cut, shrink(o,
		ofLines("lineitems[].properties", func(l *ometria.LineItem) bool { return dropProperties(&l.Properties) }),
		ofLines("lineitems[].sku", func(l *ometria.LineItem) bool { return zero(&l.SKU) }),
		ofLines("lineitems[].tax", func(l *ometria.LineItem) bool { return zero(&l.Tax) }),
		ofLines("lineitems[].unit_price", func(l *ometria.LineItem) bool { return l.Subtotal != nil && zero(&l.UnitPrice) }),
		ofLines("lineitems[].variant_options", func(l *ometria.LineItem) bool {
			changed := len(l.VariantOptions) > 0
			l.VariantOptions = nil
			return changed
		}),
		step{"properties", func(int) bool { return dropProperties(&o.Properties) }},
		ofLines("lineitems[].discount", func(l *ometria.LineItem) bool { return zero(&l.Discount) }),
		step{"lineitems", func(over int) bool { return dropLast(&o.LineItems, over) }},
	)...)
}

func trimProduct(p *ometria.Product) []string {
	cut := texts{}
	cut.shorten("title", &p.Title)
	cut.leaveOut("sku", &p.SKU, maxCode)
	cut.leaveOut("image_url", &p.ImageURL, maxURL)
	cut.labels("attributes[]", p.Attributes)
	for i := range p.Listings {
		cut.shorten("listings[].title", &p.Listings[i].Title)
		cut.leaveOut("listings[].image_url", &p.Listings[i].ImageURL, maxURL)
	}
	if productAtMost(p) <= ometria.MaxRecordBytes {
		return cut
	}
	return append(cut, shrink(p,
		step{"properties", func(int) bool { return dropProperties(&p.Properties) }},
		step{"attributes", func(over int) bool { return dropLast(&p.Attributes, over) }},
		step{"listings", func(over int) bool { return dropLast(&p.Listings, over) }},
	)...)
}

// Bytes of a record's or element's keys, amounts and properties, and more.
const (
	headBytes    = 8_000
	lineBytes    = 2_500
	elementBytes = 100
)

// orderAtMost is a size that the order surely does not pass: encoding each
// order to learn its own would cost as much as mapping it.
func orderAtMost(o *ometria.Order) int {
	size := headBytes + encodedAtMost(o.Status, o.PaymentMethod, o.ShippingMethod, o.CouponCode, o.Store)
	if c := o.Customer; c != nil {
		size += encodedAtMost(c.Email, c.FirstName, c.LastName)
	}
	for _, a := range []*ometria.Address{o.ShippingAddress, o.BillingAddress} {
		if a != nil {
			size += encodedAtMost(a.City, a.State, a.Postcode)
		}
	}
	for _, l := range o.LineItems {
		size += lineBytes + encodedAtMost(l.SKU) + attributesAtMost(l.VariantOptions)
	}
	return size
}

func productAtMost(p *ometria.Product) int {
	size := headBytes + encodedAtMost(p.Title, p.SKU, p.URL, p.ImageURL) + attributesAtMost(p.Attributes)
	for _, l := range p.Listings {
		size += lineBytes + encodedAtMost(l.Store, l.Title, l.URL, l.ImageURL)
	}
	return size
}

func attributesAtMost(all []ometria.Attribute) int {
	size := elementBytes * len(all)
	for _, a := range all {
		size += encodedAtMost(a.Type, a.ID, a.Label)
	}
	return size
}

// encodedAtMost: a byte becomes no more than six, such as \u0001.
func encodedAtMost(texts ...string) int {
	var size int
	for _, text := range texts {
		size += 6 * len(text)
	}
	return size
}

// texts are the paths of the texts that were cut.
type texts []string

// shorten cuts a text for people.
func (t *texts) shorten(path string, text *string) {
	if len(*text) <= maxText || utf8.RuneCountInString(*text) <= maxText {
		return
	}
	*text = string([]rune(*text)[:maxText])
	*t = append(*t, path)
}

// leaveOut drops a code or an address: a part of one is another one.
func (t *texts) leaveOut(path string, code *string, most int) {
	if len(*code) > most {
		*code = ""
		*t = append(*t, path)
	}
}

func (t *texts) address(path string, a *ometria.Address) {
	if a == nil {
		return
	}
	t.shorten(path+".city", &a.City)
	t.shorten(path+".state", &a.State)
	t.leaveOut(path+".postcode", &a.Postcode, maxCode)
}

func (t *texts) labels(path string, all []ometria.Attribute) {
	for i := range all {
		t.shorten(path+".label", &all[i].Label)
	}
}

// step is one thing that a record can do without. cut reports whether there was
// any of it; over is by how many bytes the record is too large.
type step struct {
	path string
	cut  func(over int) bool
}

// shrink takes the steps, in their order, until the record fits, and returns
// the paths of those that cut something.
func shrink(r ometria.Record, steps ...step) []string {
	var cut []string
	for _, s := range steps {
		over := encodedSize(r) - ometria.MaxRecordBytes
		if over <= 0 {
			break
		}
		if s.cut(over) {
			cut = append(cut, s.path)
		}
	}
	return cut
}

// dropLast drops elements from the end until over bytes are gone.
func dropLast[T any](list *[]T, over int) bool {
	kept := len(*list)
	for kept > 0 && over > 0 {
		kept--
		over -= encodedSize((*list)[kept]) + len(",")
	}
	changed := kept < len(*list)
	*list = (*list)[:kept]
	return changed
}

func dropProperties(p *ometria.Properties) bool {
	changed := len(*p) > 0
	*p = nil
	return changed
}

func zero[T comparable](field *T) bool {
	var none T
	changed := *field != none
	*field = none
	return changed
}
