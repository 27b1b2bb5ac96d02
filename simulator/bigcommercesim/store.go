package bigcommercesim

import (
	"fmt"
	"strings"
	"time"
)

const (
	marketplaceChannel = 664179
	storefrontSite     = 1000
	storeNumber        = 1025646
)

func (s *Server) getTime(*call) reply {
	return reply{200, map[string]int64{"time": s.options.Now().Unix()}}
}

func (s *Server) getStore(*call) reply {
	hash, domain := s.options.StoreHash, s.domain
	raw, dst := offsets(s.options.Timezone, s.options.Now())
	code := s.currencies[0]
	return reply{200, storeInfo{
		ID: hash, AccountUUID: "8d4d492f-17a1-4d95-b396-e1c5720815a5", Domain: domain, SecureURL: "https://" + domain,
		ControlPanelBaseURL: fmt.Sprintf("https://store-%s.mybigcommerce.com", hash), Status: "live", Name: "Simulated Store",
		FirstName: "Jane", LastName: "Doe", Address: "1 Main Street", Country: "United States", CountryCode: "US",
		Phone: "512-555-0100", AdminEmail: "admin@example.com", OrderEmail: "orders@example.com",
		FaviconURL: "https://" + domain + "/favicon.ico",
		Timezone: storeTimezone{
			Name: s.options.Timezone, RawOffset: raw, DSTOffset: dst, DSTCorrection: raw != dst,
			DateFormat: storeDateFormat{"M jS Y", "M jS Y", "M jS Y @ g:i A"},
		},
		Language: "en", Currency: code.CurrencyCode, CurrencySymbol: code.Token, DecimalSeparator: ".", ThousandsSeparator: ",",
		DecimalPlaces: 2, CurrencySymbolLocation: "left", WeightUnits: "Ounces", DimensionUnits: "Inches",
		DimensionDecimalPlaces: 2, DimensionDecimalToken: ".", DimensionThousandsToken: ",",
		PlanName: "Standard", PlanLevel: "Standard", Industry: "Clothing", Logo: []string{}, StoreID: storeNumber,
		DefaultChannelID: 1, DefaultSiteID: storefrontSite, ActiveComparisonModules: []string{},
		Features: storeFeatures{
			StencilEnabled: true, SitewideHTTPSEnabled: true, CheckoutType: "optimized", WishlistsEnabled: true,
			GraphqlStorefrontAPIEnabled: true, StorefrontLimits: storefrontLimits{1, 1},
		},
	}}
}

// offsets are a zone's seconds east of UTC in January and July of this year,
// the smaller one first.
func offsets(zone string, now time.Time) (raw, dst int) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return 0, 0 // checked by New
	}
	_, january := time.Date(now.Year(), 1, 1, 0, 0, 0, 0, location).Zone()
	_, july := time.Date(now.Year(), 7, 1, 0, 0, 0, 0, location).Zone()
	return min(january, july), max(january, july)
}

func (s *Server) listCurrencies(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	if r := c.bad(); r != nil {
		return *r
	}
	return listV2(slicePage(c, s.currencies))
}

func (g *generator) currencyRows() []currency {
	var rows []currency
	add := func(code string, pays bool) {
		row := currency{
			ID: int64(len(rows)) + 1, IsDefault: len(rows) == 0, LastUpdated: mailed(g.start), CountryISO2: code[:2],
			DefaultForCountryCodes: []string{code[:2]}, CurrencyCode: code, CurrencyExchangeRate: "1.0000000000", AutoUpdate: true,
			TokenLocation: "left", Token: "$", DecimalToken: ".", ThousandsToken: ",", DecimalPlaces: 2, Name: code,
			Enabled: true, IsTransactional: pays,
		}
		if len(rows) > 0 {
			row.CurrencyExchangeRate, row.Token = "0.8490000000", code
		}
		rows = append(rows, row)
	}
	for _, code := range g.options.Currencies {
		add(code, true)
	}
	for _, code := range g.options.DisplayCurrencies {
		add(code, false)
	}
	return rows
}

func (s *Server) channelRows() []channel {
	start := zulu(s.start - int64(storeAge.Seconds()))
	var rows []channel
	for _, c := range s.channels {
		rows = append(rows, channel{ID: c.ID, IsListableFromUI: true, IsVisible: true, Status: "active", Name: c.Name, Type: "storefront",
			Platform: c.Platform, DateCreated: start, DateModified: start, IconURL: "https://cdn.example.com/bigcommerce.svg"})
	}
	return append(rows, channel{ID: marketplaceChannel, IsListableFromUI: true, IsVisible: true, Status: "connected", Name: "Amazon",
		Type: "marketplace", Platform: "amazon", DateCreated: start, DateModified: start, IconURL: "https://cdn.example.com/amazon.svg"})
}

func (s *Server) listChannels(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	kinds, statuses, platforms := c.list("type:in"), c.list("status:in"), c.list("platform:in")
	c.truth("available") // both are
	if r := c.bad(); r != nil {
		return *r
	}
	var rows []channel
	for _, row := range s.channelRows() {
		if among(kinds, row.Type) && among(statuses, row.Status) && among(platforms, row.Platform) {
			rows = append(rows, row)
		}
	}
	return listV3(c, slicePage(c, rows), len(rows))
}

// among reports whether a list filter lets value pass; nil lets all pass.
func among(list []string, value string) bool {
	if list == nil {
		return true
	}
	for _, item := range list {
		if strings.EqualFold(item, value) {
			return true
		}
	}
	return false
}

func (s *Server) listCurrencyAssignments(*call) reply {
	var codes []string
	for _, row := range s.currencies {
		if row.Enabled && row.IsTransactional {
			codes = append(codes, row.CurrencyCode)
		}
	}
	var rows []currencyAssignment
	for _, channel := range s.channelRows() {
		rows = append(rows, currencyAssignment{channel.ID, codes, s.currencies[0].CurrencyCode})
	}
	return object(rows)
}

func (s *Server) siteRow() site {
	start := zulu(s.start - int64(storeAge.Seconds()))
	address := "https://" + s.domain
	row := site{ID: storefrontSite, URL: address, ChannelID: 1, CreatedAt: start, UpdatedAt: start, SSLStatus: "dedicated"}
	for _, kind := range []string{"primary", "canonical", "checkout"} {
		row.URLs = append(row.URLs, siteURL{address, kind, start, start})
	}
	return row
}

func (s *Server) getChannelSite(c *call) reply {
	if id, ok := c.pathID("id"); !ok || id != 1 {
		return notFoundV3()
	}
	return object(s.siteRow())
}

// listSites has a pagination of its own: offset, limit, total_items.
func (s *Server) listSites(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	channels := c.list("channel_id:in")
	if r := c.bad(); r != nil {
		return *r
	}
	rows := []site{}
	if row := s.siteRow(); among(channels, "1") {
		rows = append(rows, row)
	}
	total := len(rows)
	page := map[string]int{"offset": (c.page - 1) * c.limit, "limit": c.limit, "total_items": total}
	return reply{200, envelope{slicePage(c, rows), map[string]any{"pagination": page}}}
}

func (s *Server) listCustomerGroups(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	if r := c.bad(); r != nil {
		return *r
	}
	var rows []customerGroup
	at := mailed(s.start - int64(storeAge.Seconds()))
	for n, name := range groupNames {
		rows = append(rows, customerGroup{
			ID: int64(n) + 1, Name: name, IsDefault: n == 0, CategoryAccess: categoryAccess{"all"},
			DiscountRules: []discountRule{}, DateCreated: at.Format(time.RFC1123Z), DateModified: at.Format(time.RFC1123Z),
		})
	}
	return listV2(slicePage(c, rows))
}
