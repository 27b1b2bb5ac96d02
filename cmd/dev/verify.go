package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// verified is what a comparison of both sides found.
type verified struct{ entities []verifiedEntity }

type verifiedEntity struct {
	entity connection.Entity
	counts
	ometria int      // records at Ometria, variants included
	reasons []string // why records were skipped, without repetition
	missing []string // what should be at Ometria and is not
}

// verify walks every record of the store and looks for it at Ometria. Left out
// are those alone that the API calls skipped.
func (s *stack) verify(ctx context.Context, client *apiclient.Client, id string) (v verified, err error) {
	for _, entity := range connection.Entities() {
		e := verifiedEntity{entity: entity}
		outcomes := map[string]apiclient.Record{}
		for r, err := range client.Records(ctx, id, string(entity), "") {
			if err != nil {
				return v, err
			}
			outcomes[r.RecordID] = r
		}
		held := s.marketing.held(entity)
		e.ometria = len(held)
		ids, err := s.shop.ids(entity)
		if err != nil {
			return v, err
		}
		for _, recordID := range ids {
			e.Store++
			r, known := outcomes[fmt.Sprint(recordID)]
			switch outcome := connection.Outcome(r.Outcome); {
			case !known:
				e.missing = append(e.missing, fmt.Sprintf("%s %d (never seen)", entity, recordID))
			case outcome == connection.Accepted:
				e.Accepted++
				wanted, err := s.shop.atOmetria(entity, recordID)
				if err != nil {
					return v, err
				}
				for _, want := range wanted {
					if !held[want] {
						e.missing = append(e.missing, fmt.Sprintf("%s %s (accepted, but not at Ometria)", entity, want))
					}
				}
			case outcome == connection.Skipped:
				e.Skipped++
				if text := reasonText(r.Reason); !slices.Contains(e.reasons, text) {
					e.reasons = append(e.reasons, text)
				}
			default:
				if outcome == connection.Rejected {
					e.Rejected++
				}
				if s.isBad(entity, recordID) {
					break // its fate is looked at elsewhere
				}
				e.missing = append(e.missing, fmt.Sprintf("%s %d (%s: %s)", entity, recordID, outcome, reasonText(r.Reason)))
			}
		}
		v.entities = append(v.entities, e)
	}
	return v, nil
}

// missingError names what is missing, or is nil.
func (v verified) missingError() error {
	const shown = 10
	var errs []error
	for _, e := range v.entities {
		for i, missing := range e.missing {
			if i == shown {
				errs = append(errs, fmt.Errorf("missing at Ometria: %d more of %s", len(e.missing)-shown, e.entity))
				break
			}
			errs = append(errs, fmt.Errorf("missing at Ometria: %s", missing))
		}
		if e.Store != e.Accepted+e.Rejected+e.Skipped && len(e.missing) == 0 {
			errs = append(errs, fmt.Errorf("%s: the store holds %d, but %d accepted, %d rejected and %d skipped are told of",
				e.entity, e.Store, e.Accepted, e.Rejected, e.Skipped))
		}
	}
	return errors.Join(errs...)
}

func (v verified) print(w io.Writer, took time.Duration) {
	fmt.Fprintf(w, "\nHistory is in after %.1f seconds. Every record of the store, looked for at Ometria:\n\n", took.Seconds())
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  ENTITY\tIN THE STORE\tACCEPTED\tREJECTED\tSKIPPED\tMISSING\tRECORDS AT OMETRIA")
	for _, e := range v.entities {
		fmt.Fprintf(t, "  %s\t%d\t%d\t%d\t%d\t%d\t%d\n", e.entity, e.Store, e.Accepted, e.Rejected, e.Skipped, len(e.missing), e.ometria)
	}
	_ = t.Flush() // to the terminal; there is nowhere to report a failure
	for _, e := range v.entities {
		for _, reason := range e.reasons {
			fmt.Fprintf(w, "  %s skipped: %s\n", e.entity, reason)
		}
	}
}

func reasonText(r *apiclient.Reason) string {
	if r == nil {
		return "no reason given"
	}
	return r.Text
}
