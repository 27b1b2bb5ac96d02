package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/api"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/internal/progress"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// demoName is what the demo calls its authentication and its connection.
const demoName = "Demo shop"

// demo proves the whole: connect, sync everything, verify, change, see each
// change arrive. It returns an error that names what is missing.
func (s *stack) demo(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.timeout,
		fmt.Errorf("the demo did not end within %s: make --timeout longer, or see what waits at %s", s.options.timeout, s.config.TemporalUIURL))
	defer cancel()
	err := s.runDemo(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w (%v)", cause, err)
	}
	return err
}

func (s *stack) runDemo(ctx context.Context) error {
	admin := slices.IndexFunc(s.config.Tokens, func(t api.Token) bool { return t.Role == api.Admin })
	if admin < 0 {
		return usagef("the demo makes a connection: OBC_TOKENS needs a token whose role is admin")
	}
	client := apiclient.New(s.apiURL, s.config.Tokens[admin].Token.Reveal(), &http.Client{Timeout: time.Minute})
	if s.options.dropOne {
		if err := s.dropOne(); err != nil {
			return err
		}
	}
	if err := s.makeBad(); err != nil {
		return err
	}
	began := time.Now()
	id, resumed, err := s.connect(ctx, client)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if resumed {
		fmt.Fprintf(s.stdout, "Going on with connection %s\n\n", id)
	} else {
		fmt.Fprintf(s.stdout, "Made connection %s over the API; importing the store's history\n\n", id)
	}
	if err := s.awaitHistory(ctx, client, id); err != nil {
		return err
	}
	imported := time.Since(began)
	failed, failedErr := s.awaitFailures(ctx, client, id)
	found, err := s.verify(ctx, client, id)
	if err != nil {
		return errors.Join(failedErr, fmt.Errorf("verify: %w", err))
	}
	found.print(s.stdout, imported)

	changes, changeErr := s.change(ctx, client, id)
	printChanges(s.stdout, changes)
	failed.print(s.stdout)
	held := s.held()
	s.printHeld(held)
	r := newReport(found, changes, imported, time.Since(began), s.memory())
	r.Bad, r.Failures, r.Contract = failed.bad, failed.groups, held
	r.print(s.stdout)
	if s.options.report != "" {
		if err := r.write(s.options.report); err != nil {
			return err
		}
	}
	if s.config.TemporalUIURL != "" {
		fmt.Fprintf(s.stdout, "\nEvery run, with its inputs and history: %s\n", s.config.TemporalUIURL)
	}
	return errors.Join(found.missingError(), changeErr, failedErr, held.err())
}

// dropOne orders the simulated Ometria to accept one product and lose it.
func (s *stack) dropOne() error {
	ids, err := s.shop.ids(connection.Products)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return usagef("--drop-one wants at least one product")
	}
	if err := s.marketing.Account(demoAccount).Drop(ometriasim.Rule{Type: "product", ID: fmt.Sprint(ids[0])}); err != nil {
		return fmt.Errorf("order the loss of a record: %w", err)
	}
	return nil
}

// connect makes the authentication and the connection, or finds the ones of an
// earlier demo on the same data.
func (s *stack) connect(ctx context.Context, client *apiclient.Client) (id string, resumed bool, err error) {
	for c, err := range client.Connections(ctx) {
		if err != nil {
			return "", false, err
		}
		if c.IdentificationCode == demoAccount && c.StoreHash == s.state.Accounts.StoreHash {
			return c.ID, true, nil
		}
	}
	authentication := ""
	for a, err := range client.Authentications(ctx) {
		if err != nil {
			return "", false, err
		}
		if a.Name == demoName {
			authentication = a.ID // a kill came before the connection was made
		}
	}
	if authentication == "" {
		a, err := client.CreateAuthentication(ctx, apiclient.NewAuthentication{
			Name: demoName, OmetriaAPIKey: s.state.Accounts.OmetriaKey, ClientID: s.state.Accounts.ClientID,
			ClientSecret: s.state.Accounts.ClientSecret, AccessToken: s.state.Accounts.AccessToken,
			StoreHash: s.state.Accounts.StoreHash,
		})
		if err != nil {
			return "", false, err
		}
		authentication = a.ID
	}
	refunded := 4
	c, err := client.CreateConnection(ctx, apiclient.NewConnection{
		Name: demoName, AuthenticationID: authentication, IdentificationCode: demoAccount, Timezone: "Europe/London",
		OrderStatusMapping: []apiclient.StatusRule{
			{Label: demoLabel, Status: "ready_to_pick", IsValid: new(true), Send: new(true)},
			{StatusID: &refunded, Status: "refunded", IsValid: new(true), Send: new(true)},
		},
	})
	return c.ID, false, err
}

// demoLabel is a label that the simulated store gives one of its order
// statuses.
const demoLabel = "Ready to pick"

// pollEvery is how often the demo asks after something.
const pollEvery = 500 * time.Millisecond

// awaitHistory shows the bulk sync's progress until the connection is
// connected and nothing waits.
func (s *stack) awaitHistory(ctx context.Context, client *apiclient.Client, id string) error {
	display := progress.New(s.stdout)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		c, err := client.Connection(ctx, id)
		if err != nil {
			return fmt.Errorf("ask after the connection: %w", err)
		}
		rows := progressRows(c)
		switch connection.Status(c.Status) {
		case connection.Failed:
			if c.Failure == nil {
				return errors.New("the connection failed")
			}
			return fmt.Errorf("the connection failed: %s: %s", c.Failure.Code, c.Failure)
		case connection.Connected:
			if c.Waiting() == 0 {
				display.Finish(rows)
				return nil
			}
		}
		display.Update(rows)
		select {
		case <-ctx.Done():
			return fmt.Errorf("status %s with %d records waiting: %w", c.Status, c.Waiting(), context.Cause(ctx))
		case <-tick.C:
		}
	}
}

func progressRows(c apiclient.Connection) []progress.Row {
	var rows []progress.Row
	for _, entity := range connection.Entities() {
		e := c.Progress[string(entity)]
		row := progress.Row{Name: string(entity), Done: e.Done(), Total: e.Total}
		if e.Rejected+e.Skipped > 0 {
			row.Note = fmt.Sprintf("%d rejected, %d skipped", e.Rejected, e.Skipped)
		}
		rows = append(rows, row)
	}
	return rows
}
