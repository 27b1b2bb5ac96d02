package bigcommercesim

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// A domain is blocked for a while once too few of its latest deliveries were
// answered well (page "Webhooks overview"). All paths of it share that fate.
const (
	blockWindow  = 2 * time.Minute
	blockLasts   = 3 * time.Minute
	blockLeast   = 100 // deliveries within the window
	blockPercent = 90  // of them to be answered 2xx
)

// outcome is how one delivery to a domain was answered.
type outcome struct {
	at time.Time
	ok bool
}

// domains remembers how deliveries fare. Its owner's mutex guards it.
type domains struct {
	scale    float64 // of the real durations
	outcomes map[string][]outcome
	until    map[string]time.Time // blocked
	bad      map[string]int       // deliveries that had it blocked
}

func newDomains(scale float64) domains {
	return domains{scale: scale, outcomes: map[string][]outcome{}, until: map[string]time.Time{}, bad: map[string]int{}}
}

func domainOf(destination string) string {
	u, err := url.Parse(destination)
	if err != nil {
		return destination
	}
	return strings.ToLower(u.Host)
}

func (d *domains) scaled(real time.Duration) time.Duration {
	return time.Duration(float64(real) * d.scale)
}

// left is how much longer a domain is blocked; 0 if it is not.
func (d *domains) left(domain string, now time.Time) time.Duration {
	return max(0, d.until[domain].Sub(now))
}

// note counts an answer and reports whether it had the domain blocked.
func (d *domains) note(domain string, ok bool, now time.Time) (blocked bool) {
	since := now.Add(-d.scaled(blockWindow))
	recent := append(d.outcomes[domain], outcome{now, ok})
	recent = slices.DeleteFunc(recent, func(o outcome) bool { return o.at.Before(since) })
	d.outcomes[domain] = recent
	good := 0
	for _, o := range recent {
		if o.ok {
			good++
		}
	}
	if len(recent) < blockLeast || good*100 >= blockPercent*len(recent) || d.left(domain, now) > 0 {
		return false
	}
	d.until[domain] = now.Add(d.scaled(blockLasts))
	d.bad[domain] = len(recent) - good
	d.outcomes[domain] = nil
	return true
}

// blockedDomain is a row of GET /v3/hooks/admin.
type blockedDomain struct {
	Destination string        `json:"destination"`
	TimeLeft    int64         `json:"time_left"` // seconds
	Reasons     []blockReason `json:"reasons"`
}

type blockReason struct {
	FailureDescription string `json:"failure_description"`
	Count              int    `json:"count"`
	Timestamp          int64  `json:"timestamp"` // Unix seconds
}

// blocked lists the domains that get nothing for now.
func (d *deliveries) blocked() []blockedDomain {
	d.mu.Lock()
	defer d.mu.Unlock()
	rows, now := []blockedDomain{}, time.Now()
	for domain, until := range d.domains.until {
		if left := d.domains.left(domain, now); left > 0 {
			rows = append(rows, blockedDomain{domain, int64(left.Seconds()) + 1, []blockReason{{
				"not answered with 2xx", d.domains.bad[domain], until.Add(-d.domains.scaled(blockLasts)).Unix(),
			}}})
		}
	}
	slices.SortFunc(rows, func(a, b blockedDomain) int { return strings.Compare(a.Destination, b.Destination) })
	return rows
}
