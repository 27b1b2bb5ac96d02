package bigcommercesim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/brianvoe/gofakeit/v7"
)

// generator makes seeded records. Each is a pure function of seed, id and
// start, so none of them is kept.
type generator struct {
	options Options
	start   int64 // Unix seconds; where the seeded past ends

	customerLine, subscriberLine, productLine timeline
	orderLine, brandLine, categoryLine        timeline

	firstVariant []int32 // of the n-th seeded product, and one past the last
	cacheLock    sync.Mutex
	cache        map[int64]*product // products that orders were made of; bounded
}

// Salts keep the entities' random numbers apart.
const (
	customerSalt = iota + 1
	subscriberSalt
	productSalt
	orderSalt
	brandSalt
	personSalt
	statusSalt
	guestSalt
)

// Where each entity's ids begin. Variant ids are a sequence of their own that
// begins below the products', so that the two overlap.
const (
	firstCustomer   = 1
	firstSubscriber = 1
	firstProduct    = 77
	firstOrder      = 100
	firstBrand      = 35
	firstCategory   = 18
	firstVariantID  = 1
)

const cachedProducts = 4096

func newGenerator(o Options, start int64, line func(salt uint64, first int64, count int) timeline) *generator {
	g := &generator{options: o, start: start, cache: map[int64]*product{}}
	g.customerLine = line(customerSalt, firstCustomer, o.Customers)
	g.subscriberLine = line(subscriberSalt, firstSubscriber, o.Subscribers)
	g.productLine = line(productSalt, firstProduct, o.Products)
	g.orderLine = line(orderSalt, firstOrder, o.Orders)
	g.brandLine = line(brandSalt, firstBrand, min(40, o.Products/5+1))
	g.categoryLine = line(0, firstCategory, len(categoryNames))
	g.firstVariant = make([]int32, o.Products+1)
	next := int32(firstVariantID)
	for n := range o.Products {
		g.firstVariant[n] = next
		next += int32(g.plan(int64(n) + firstProduct).variants())
	}
	g.firstVariant[o.Products] = next
	return g
}

// fake is one record's source of random things.
type fake struct {
	*gofakeit.Faker
	*rand.Rand
}

func (g *generator) fake(salt uint64, id int64) fake {
	source := rand.NewPCG(mix(uint64(g.options.Seed), salt), uint64(id))
	return fake{gofakeit.NewFaker(source, false), rand.New(source)}
}

// one reports true for percent of the records.
func (f fake) one(percent int) bool { return f.Rand.IntN(100) < percent }

func pick[T any](f fake, list []T) T { return list[f.Rand.IntN(len(list))] }

func (f fake) uuid() string {
	a, b := f.Rand.Uint64(), f.Rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a>>32), uint16(a>>16), a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

// person is who and where; customers, subscribers and guests are persons.
type person struct {
	first, last, email, company, phone     string
	street, city, state, zip, country, iso string
}

type country struct {
	name, iso string
	cities    []string
	states    []string
	phone     func(f fake) string
}

var countries = []country{
	{"United States", "US", nil, nil, func(f fake) string {
		return pick(f, []string{"(512) 555-%04d", "512-555-%04d", "+1 512 555 %04d", "5125550%03d"})
	}},
	{"United Kingdom", "GB", []string{"London", "Leeds", "Bristol"}, []string{"Greater London", "West Yorkshire", "Bristol"},
		func(fake) string { return "020 7946 %04d" }},
	{"Germany", "DE", []string{"Berlin", "Köln", "München"}, []string{"Berlin", "Nordrhein-Westfalen", "Bayern"},
		func(fake) string { return "+49 30 2318%04d" }},
}

func (g *generator) person(salt uint64, id int64) person {
	f := g.fake(personSalt+salt*100, id)
	p := person{first: f.FirstName(), last: f.LastName()}
	p.email = fmt.Sprintf("%s.%s.%d-%d@example.%s", letters(p.first), letters(p.last), salt, id, pick(f, []string{"com", "org", "net"}))
	if f.one(4) { // as typed: mapping has to lower-case
		p.email = strings.ToUpper(p.email[:1]) + p.email[1:]
	}
	if f.one(15) {
		p.company = f.Company()
	}
	c := countries[0]
	if f.one(25) {
		c = pick(f, countries[1:])
	}
	p.country, p.iso = c.name, c.iso
	p.street = f.Street()
	if c.cities == nil {
		p.city, p.state, p.zip = f.City(), f.State(), f.Zip()
	} else {
		n := f.Rand.IntN(len(c.cities))
		p.city, p.state, p.zip = c.cities[n], c.states[n], fmt.Sprintf("%05d", f.Rand.IntN(100000))
	}
	switch {
	case f.one(12):
	case f.one(4):
		p.phone = "n/a"
	default:
		p.phone = fmt.Sprintf(c.phone(f), f.Rand.IntN(1000))
	}
	return p
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
