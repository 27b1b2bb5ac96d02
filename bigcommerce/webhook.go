package bigcommerce

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Kind is what a delivery is about.
type Kind string

// Kinds of a Target.
const (
	KindCustomer   Kind = "customer"
	KindSubscriber Kind = "subscriber"
	KindOrder      Kind = "order"
	KindProduct    Kind = "product"
	KindCategory   Kind = "category"
	KindStore      Kind = "store"
)

// Scopes about the store itself.
const (
	ScopeStoreUpdated   = "store/information/updated"
	ScopeAppUninstalled = "store/app/uninstalled"
)

// HookScopes returns the scopes to subscribe to. They are explicit: whether a
// wildcard covers those below it is not told, and a wildcard beside an explicit
// scope delivers twice (webhooks overview; events index). Left out is what says
// nothing of a record: carts, messages, transactions, metafields, logins to
// channels, and options in one channel's words.
func HookScopes() []string {
	return []string{
		"store/customer/created", "store/customer/updated", "store/customer/deleted",
		"store/customer/address/created", "store/customer/address/updated", "store/customer/address/deleted",
		"store/subscriber/created", "store/subscriber/updated", "store/subscriber/deleted",
		"store/order/created", "store/order/updated", "store/order/statusUpdated", "store/order/archived",
		"store/order/refund/created",
		"store/shipment/created", "store/shipment/updated", "store/shipment/deleted",
		"store/product/created", "store/product/updated", "store/product/deleted",
		"store/product/inventory/updated", "store/product/inventory/order/updated",
		"store/sku/created", "store/sku/updated", "store/sku/deleted",
		"store/sku/inventory/updated", "store/sku/inventory/order/updated",
		"store/category/created", "store/category/updated", "store/category/deleted",
		ScopeStoreUpdated, ScopeAppUninstalled,
	}
}

// Delivery is the body of a webhook: a pointer to what changed, never the
// change. The same event has the same Hash; order is not promised, and
// CreatedAt is no order either.
type Delivery struct {
	Scope     string       `json:"scope"`
	StoreID   Text         `json:"store_id"`
	Data      DeliveryData `json:"data"`
	Hash      string       `json:"hash"`
	CreatedAt Timestamp    `json:"created_at"`
	// Producer is "stores/{store_hash}".
	Producer string `json:"producer"`
}

// DeliveryData points to what changed. Which fields are set depends on the
// scope: see Target.
type DeliveryData struct {
	Type string `json:"type"`
	// ID is the id of Type, except for addresses: type customer, id the address's.
	ID        Int                `json:"id"`
	Address   *DeliveryAddress   `json:"address,omitempty"`
	SKU       *DeliverySKU       `json:"sku,omitempty"`
	Inventory *DeliveryInventory `json:"inventory,omitempty"`
	Status    *DeliveryStatus    `json:"status,omitempty"`
	Refund    *DeliveryRefund    `json:"refund,omitempty"`
	// ShipmentOrderID is a shipment's order.
	ShipmentOrderID Int `json:"orderId,omitempty"`
	// OrderID is a message's or transaction's order, sent as a string.
	OrderID Int `json:"order_id,omitempty"`
}

// DeliveryAddress names an address's customer.
type DeliveryAddress struct {
	CustomerID Int `json:"customer_id"`
}

// DeliverySKU names a SKU's product and variant.
type DeliverySKU struct {
	ProductID Int `json:"product_id"`
	VariantID Int `json:"variant_id"`
}

// DeliveryInventory names the product whose stock changed.
type DeliveryInventory struct {
	ProductID Int `json:"product_id"`
	VariantID Int `json:"variant_id"`
}

// DeliveryStatus is an order's change of status.
type DeliveryStatus struct {
	PreviousStatusID Int `json:"previous_status_id"`
	NewStatusID      Int `json:"new_status_id"`
}

// DeliveryRefund names the refund of an order.
type DeliveryRefund struct {
	RefundID Int `json:"refund_id"`
}

// ParseDelivery reads the body of a webhook. The error does not repeat it.
func ParseDelivery(body []byte) (Delivery, error) {
	var d Delivery
	if err := json.Unmarshal(body, &d); err != nil {
		return Delivery{}, fmt.Errorf("parse delivery: %s", describe("", err).Reason)
	}
	if d.Scope == "" {
		return Delivery{}, fmt.Errorf("parse delivery: scope is missing")
	}
	return d, nil
}

// StoreHash is the hash that Producer names, or "".
func (d Delivery) StoreHash() string {
	hash, ok := strings.CutPrefix(d.Producer, "stores/")
	if !ok || !bareHash.MatchString(hash) {
		return ""
	}
	return hash
}

// Target tells which record a delivery is about. ok is false for one that is
// about none of the kinds (metafields, carts...) or that names no id; KindStore
// has no id.
func Target(d Delivery) (kind Kind, id int64, ok bool) {
	topic, ok := strings.CutPrefix(d.Scope, "store/")
	if !ok {
		return "", 0, false
	}
	area, event, _ := strings.Cut(topic, "/")
	data := d.Data
	if strings.HasPrefix(event, "metafield/") {
		return "", 0, false
	}
	// named is data.id where it is the id of what type says.
	named := func(types ...string) Int {
		if data.Type == "" || slices.Contains(types, data.Type) {
			return data.ID
		}
		return 0
	}
	var about Int
	switch area {
	case "information", "app":
		return KindStore, 0, true
	case "customer":
		kind = KindCustomer
		switch {
		case data.Address != nil:
			about = data.Address.CustomerID
		case !strings.HasPrefix(event, "address/"):
			about = named("customer")
		}
	case "subscriber":
		kind, about = KindSubscriber, named("subscriber")
	case "order":
		kind, about = KindOrder, cmp.Or(data.OrderID, named("order"))
	case "shipment":
		kind, about = KindOrder, cmp.Or(data.ShipmentOrderID, data.OrderID)
	case "product":
		kind = KindProduct
		if data.Inventory != nil {
			about = data.Inventory.ProductID
		}
		about = cmp.Or(about, named("product"))
	case "category":
		kind, about = KindCategory, named("category")
	case "sku":
		kind = KindProduct
		if data.SKU != nil {
			about = data.SKU.ProductID
		}
		if about == 0 && data.Inventory != nil {
			about = data.Inventory.ProductID
		}
	}
	if about <= 0 {
		return "", 0, false
	}
	return kind, int64(about), true
}
