package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/contract"
	"github.com/ometria/ometria-bigcommerce/internal/specs"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// findSpecs looks for the services' published contracts. Without them the
// stand-ins hold what comes to less.
func (s *stack) findSpecs() error {
	dir, err := specs.Find(cmp.Or(s.options.specs, s.environ["OBC_SPECS"]))
	if err != nil {
		return usagef("--specs or OBC_SPECS: %v", err)
	}
	s.specs = dir
	return nil
}

// schemaDir holds the schemas of Ometria's records, or is empty.
func (s *stack) schemaDir() string {
	if s.specs == "" {
		return ""
	}
	return filepath.Join(s.specs, "ometria")
}

// recordExchanges holds what the service asks of the simulated BigCommerce, and
// what that answers, to BigCommerce's OpenAPI files, where they are present.
func (s *stack) recordExchanges(shop http.Handler) (http.Handler, error) {
	if s.specs == "" || !s.options.demo {
		return shop, nil
	}
	files, err := contract.Read(filepath.Join(s.specs, "bigcommerce"))
	if errors.Is(err, contract.ErrAbsent) {
		return shop, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read BigCommerce's contract: %w", err)
	}
	s.exchanges = files.Recorder()
	return s.exchanges.Handler(shop), nil
}

// held is how the demo stood to what both services publish.
type held struct {
	// Schemas is the folder that pushes were held to; empty when there was none
	// and only required fields were looked for.
	Schemas    string `json:"schemas"`
	Records    int    `json:"records"`    // pushed, repeats included
	Violations int    `json:"violations"` // of the contract
	PushErrors int    `json:"push_errors"`
	// Unasked are those of PushErrors that no bad record explains.
	Unasked int `json:"unasked_push_errors"`
	// Exchanges with BigCommerce were held to its OpenAPI files; 0 without them.
	Exchanges          int `json:"exchanges"`
	ExchangeViolations int `json:"exchange_violations"`
	wrong              []error
}

// held reads off what broke a contract, and what stands in Ometria's
// /push/_errors that nobody asked for.
func (s *stack) held() held {
	const shown = 10
	account := s.marketing.Account(demoAccount)
	counts := account.Counts()
	c := held{Schemas: s.schemaDir(), Records: counts.Records, Violations: counts.Violations}
	for i, v := range account.Violations() {
		if i == shown {
			c.wrong = append(c.wrong, fmt.Errorf("%d more break Ometria's contract", c.Violations-shown))
			break
		}
		c.wrong = append(c.wrong, fmt.Errorf("breaks Ometria's contract: %s", v))
	}
	for _, e := range account.Errors() {
		c.PushErrors++
		if s.refusedLater(e) {
			continue
		}
		if c.Unasked++; c.Unasked <= shown {
			c.wrong = append(c.wrong, fmt.Errorf("/push/_errors is not empty: %s %s: %s: %s",
				e.RecordType, e.RecordID, e.Message.ErrorPath, e.Message.ErrorMessage))
		}
	}
	if s.exchanges != nil {
		for _, n := range s.exchanges.Operations() {
			c.Exchanges += n
		}
		for _, v := range s.exchanges.Violations() { // each once
			if c.ExchangeViolations++; c.ExchangeViolations <= shown {
				c.wrong = append(c.wrong, fmt.Errorf("breaks BigCommerce's contract: %s", v))
			}
		}
	}
	return c
}

// refusedLater reports whether an error is of a record that is bad on purpose.
func (s *stack) refusedLater(e ometriasim.PushError) bool {
	var contact struct {
		Collection string `json:"@collection"`
	}
	if json.Unmarshal(e.Record, &contact) != nil || contact.Collection != connection.CollectionSubscribers {
		return false
	}
	return slices.ContainsFunc(s.state.Bad, func(bad badRecord) bool {
		return bad.Kind == badLater && e.RecordID == fmt.Sprint(bad.RecordID)
	})
}

func (c held) err() error { return errors.Join(c.wrong...) }

func (s *stack) printHeld(c held) {
	to := "Ometria's published schemas (" + c.Schemas + ")"
	if c.Schemas == "" {
		to = "required fields alone: Ometria's schemas are not here, see --specs"
	}
	fmt.Fprintf(s.stdout, "\n%d records pushed were held to %s: %d violations\n", c.Records, to, c.Violations)
	if c.Exchanges > 0 {
		fmt.Fprintf(s.stdout, "%d exchanges with BigCommerce were held to its OpenAPI files: %d violations\n", c.Exchanges, c.ExchangeViolations)
	}
	switch {
	case c.PushErrors == 0:
		fmt.Fprintln(s.stdout, "The simulated Ometria's /push/_errors is empty")
	case c.Unasked == 0:
		fmt.Fprintf(s.stdout, "The simulated Ometria's /push/_errors holds %d, all of records that are bad on purpose\n", c.PushErrors)
	default:
		fmt.Fprintf(s.stdout, "The simulated Ometria's /push/_errors holds %d that nobody asked for\n", c.Unasked)
	}
}
