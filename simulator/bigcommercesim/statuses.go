package bigcommercesim

// statusRows are the fixed order statuses; only labels change.
var statusRows = []orderStatus{
	{0, "Incomplete", "Incomplete", "", "An incomplete order happens when a shopper reached the payment page, but did not complete the transaction.", 0},
	{1, "Pending", "Pending", "", "Customer started the checkout process, but did not complete it.", 1},
	{2, "Shipped", "Shipped", "", "Order has been shipped, but receipt has not been confirmed; seller has used the Ship Items action.", 8},
	{3, "Partially Shipped", "Partially Shipped", "", "Only some items in the order have been shipped, due to some products being pre-order only or other reasons.", 6},
	{4, "Refunded", "Refunded", "", "Seller has used the Refund action.", 11},
	{5, "Cancelled", "Cancelled", "", "Seller has cancelled an order, due to a stock inconsistency or other reasons.", 9},
	{6, "Declined", "Declined", "", "Seller has marked the order as declined for lack of manual payment, or other reasons.", 10},
	{7, "Awaiting Payment", "Awaiting Payment", "", "Customer has completed checkout process, but payment has yet to be confirmed.", 2},
	{8, "Awaiting Pickup", "Awaiting Pickup", "", "Order has been pulled, and is awaiting customer pickup from a seller-specified location.", 5},
	{9, "Awaiting Shipment", "Awaiting Shipment", "", "Order has been pulled and packaged, and is awaiting collection from a shipping provider.", 4},
	{10, "Completed", "Completed", "", "Client has paid for their digital product and their file(s) are available for download.", 7},
	{11, "Awaiting Fulfillment", "Awaiting Fulfillment", "", "Customer has completed the checkout process and payment has been confirmed.", 3},
	{12, "Manual Verification Required", "Manual Verification Required", "", "Order is on hold while some aspect needs to be manually confirmed.", 13},
	{13, "Disputed", "Disputed", "", "Customer has initiated a dispute resolution process for the PayPal transaction that paid for the order.", 12},
	{14, "Partially Refunded", "Partially Refunded", "", "Seller has partially refunded the order.", 14},
}

const (
	statusIncomplete        = 0
	statusRefunded          = 4
	statusCancelled         = 5
	statusDeclined          = 6
	statusAwaitingPayment   = 7
	statusPartiallyRefunded = 14
)

// statusShares are how often seeded orders have each status, in percent.
var statusShares = []int{0: 3, 1: 2, 2: 18, 3: 3, 4: 3, 5: 4, 6: 1, 7: 2, 8: 1, 9: 5, 10: 42, 11: 10, 12: 1, 13: 1, 14: 4}

// status of a seeded order costs a hash alone. The first fifteen have one each.
func (g *generator) status(id int64) int {
	if n := id - firstOrder; n < int64(len(statusRows)) {
		return int(n)
	}
	chance := int(mix(uint64(g.options.Seed), statusSalt, uint64(id)) % 100)
	for status, share := range statusShares {
		if chance -= share; chance < 0 {
			return status
		}
	}
	return 10
}

// label is what the merchant calls a status.
func (s *Server) label(status int) string {
	if label := s.labels[status]; label != "" {
		return label
	}
	if status >= 0 && status < len(statusRows) {
		return statusRows[status].Name
	}
	return ""
}

// setStatus brings what follows from a status in line with it.
func (o *order) setStatus(status int, label string) {
	o.StatusID, o.CustomStatus = status, label
	if status < len(statusRows) {
		o.Status = statusRows[status].Name
	}
	switch status {
	case statusIncomplete, 1, statusAwaitingPayment:
		o.PaymentStatus = ""
	case statusRefunded:
		o.PaymentStatus = "refunded"
	case statusPartiallyRefunded:
		o.PaymentStatus = "partially refunded"
	case statusCancelled:
		o.PaymentStatus = "void"
	case statusDeclined:
		o.PaymentStatus = "declined"
	default:
		o.PaymentStatus = "captured"
	}
}
