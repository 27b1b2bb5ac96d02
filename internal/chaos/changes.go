package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// tracked is a record that was changed here, as the store holds it.
type tracked struct {
	version int
	deleted bool
	consent bool // of a subscriber
}

// changes changes the store, each record's changes numbered in the record
// itself, so that at Ometria it can be told which one has arrived.
type changes struct {
	shop   *bigcommercesim.Server
	random *rand.Rand // of run's goroutine alone

	paced time.Duration // mean pause between two changes

	mu      sync.Mutex // guards all below
	tracked map[recordID]*tracked
	count   map[string]int
}

func newChanges(shop *bigcommercesim.Server, seed uint64, paced time.Duration) *changes {
	return &changes{
		shop: shop, random: rand.New(rand.NewPCG(seed, 0xc4a6)), paced: paced,
		tracked: map[recordID]*tracked{}, count: map[string]int{},
	}
}

// run changes records until the context ends.
func (c *changes) run(ctx context.Context) error {
	for {
		pause := time.Duration(c.random.ExpFloat64() * float64(c.paced))
		if !sleep(ctx, min(pause, 10*c.paced)) {
			return nil
		}
		if err := c.one(ctx); err != nil {
			return err
		}
	}
}

// one makes one change, or a quick series of them.
func (c *changes) one(ctx context.Context) error {
	entities := connection.Entities()
	entity := entities[c.random.IntN(len(entities))]
	roll := c.random.Float64()
	if roll < 0.12 {
		return c.create(entity)
	}
	record, ok, err := c.pick(entity)
	if err != nil || !ok {
		return err
	}
	switch {
	case roll < 0.20:
		return c.remove(record)
	case roll < 0.25 && entity == connection.Products:
		return c.changeVariant(record)
	case roll < 0.45: // several at once: only the last one counts
		for range 2 + c.random.IntN(4) {
			if err := c.update(record); err != nil || !sleep(ctx, time.Duration(c.random.IntN(30))*time.Millisecond) {
				return err
			}
		}
		return nil
	default:
		return c.update(record)
	}
}

// pick draws a record of an entity. A few are drawn far more often, so that
// changes of one record come while it is being synced.
func (c *changes) pick(entity connection.Entity) (recordID, bool, error) {
	ids, err := c.shop.IDs(string(entity), 0, 0)
	if err != nil || len(ids) == 0 {
		return recordID{}, false, err
	}
	if c.random.Float64() < 0.4 {
		ids = ids[:min(3, len(ids))]
	}
	return recordID{entity, ids[c.random.IntN(len(ids))]}, true, nil
}

// fields are what carries a version.
func fields(entity connection.Entity, version int, consent bool) map[string]any {
	switch entity {
	case connection.Products:
		return map[string]any{"name": "Chaos hat v" + strconv.Itoa(version)}
	case connection.Orders: // its total, since an order has no name; quantities and status follow
		return map[string]any{"total_inc_tax": fmt.Sprintf("%d.0000", versionedTotal+version), "status_id": []int{2, 10, 11}[version%3]}
	case connection.Subscribers:
		consents := []string{}
		if consent {
			consents = append(consents, "marketing_newsletter")
		}
		return map[string]any{"last_name": "Chaos v" + strconv.Itoa(version), "consents": consents}
	default:
		return map[string]any{"last_name": "Chaos v" + strconv.Itoa(version)}
	}
}

// versionedTotal is above every total that the store makes up.
const versionedTotal = 1_000_000

// versionOf reads the version out of a record of Ometria; 0 when it has none.
// gone reports that it takes the record out of use and says nothing more.
func versionOf(key ometriasim.Key, raw json.RawMessage) (version int, gone bool) {
	var r struct {
		Title      *string
		Lastname   *string
		Email      *string
		IsActive   *bool           `json:"is_active"`
		IsValid    *bool           `json:"is_valid"`
		GrandTotal json.RawMessage `json:"grand_total"`
	}
	if json.Unmarshal(raw, &r) != nil {
		return 0, false
	}
	text := ""
	switch key.Type {
	case "product":
		gone = r.IsActive != nil && !*r.IsActive && r.Title == nil
		if r.Title != nil {
			text = *r.Title
		}
	case "order":
		gone = r.IsValid != nil && !*r.IsValid && r.GrandTotal == nil
		if total, err := strconv.ParseFloat(strings.Trim(string(r.GrandTotal), `"`), 64); err == nil && total >= versionedTotal {
			return int(total) - versionedTotal, false
		}
	default:
		gone = r.Email == nil
		if r.Lastname != nil {
			text = *r.Lastname
		}
	}
	if _, number, ok := strings.Cut(text, " v"); ok && strings.HasPrefix(text, "Chaos") {
		version, _ = strconv.Atoi(number) // 0 is right for a name that is none of ours
	}
	return version, gone
}

func (c *changes) create(entity connection.Entity) error {
	consent := c.random.IntN(2) == 0
	made := fields(entity, 1, consent)
	switch entity {
	case connection.Customers, connection.Subscribers:
		made["email"] = fmt.Sprintf("chaos.%d@example.com", c.random.Int64())
	case connection.Products:
		made["type"], made["weight"], made["price"] = "physical", 1, 19.5
	case connection.Orders:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id, _, err := c.shop.Create(string(entity), made)
	if err != nil {
		return fmt.Errorf("create a record of %s: %w", entity, err)
	}
	c.tracked[recordID{entity, id}] = &tracked{version: 1, consent: consent}
	c.count["created"]++
	return nil
}

func (c *changes) update(record recordID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tracked[record]
	if t == nil {
		t = &tracked{}
	}
	next := tracked{version: t.version + 1, consent: c.random.IntN(2) == 0}
	if _, err := c.shop.Update(string(record.entity), record.id, fields(record.entity, next.version, next.consent)); err != nil {
		return fmt.Errorf("change %s: %w", record, err)
	}
	c.tracked[record] = &next
	c.count["changed"]++
	return nil
}

// changeVariant changes a price, which the product's variants have at Ometria.
func (c *changes) changeVariant(record recordID) error {
	raw, err := c.shop.Get(string(record.entity), record.id)
	if err != nil {
		return fmt.Errorf("read %s: %w", record, err)
	}
	var product struct{ Variants []struct{ ID int64 } }
	if err := json.Unmarshal(raw, &product); err != nil || len(product.Variants) == 0 {
		return err
	}
	variant := product.Variants[c.random.IntN(len(product.Variants))].ID
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.shop.Update("variants", variant, map[string]any{"price": 1 + c.random.IntN(500)}); err != nil {
		return fmt.Errorf("change variant %d: %w", variant, err)
	}
	c.count["changed"]++
	return nil
}

func (c *changes) remove(record recordID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.shop.Delete(string(record.entity), record.id); err != nil {
		return fmt.Errorf("delete %s: %w", record, err)
	}
	t := c.tracked[record]
	if t == nil {
		t = &tracked{}
	}
	c.tracked[record] = &tracked{version: t.version, deleted: true, consent: t.consent}
	c.count["deleted"]++
	return nil
}

// held is a copy of what is tracked, and the ids in a steady order.
func (c *changes) held() (map[recordID]tracked, []recordID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[recordID]tracked, len(c.tracked))
	for id, t := range c.tracked {
		all[id] = *t
	}
	ids := slices.SortedFunc(maps.Keys(all), func(a, b recordID) int {
		return strings.Compare(fmt.Sprintf("%s %012d", a.entity, a.id), fmt.Sprintf("%s %012d", b.entity, b.id))
	})
	return all, ids
}

func (c *changes) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, count := range c.count {
		n += count
	}
	return n
}
