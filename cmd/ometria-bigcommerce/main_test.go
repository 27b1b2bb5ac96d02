package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ometria/ometria-bigcommerce/api"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ometria-bigcommerce": main})
}

// TestScripts runs the scripts in testdata/script, each against an API of its
// own: the real handler over a real database; only what lies behind it, Temporal
// and the remote accounts, is played.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			url, err := serveAPI(env)
			env.Setenv("OBC_API_URL", url)
			env.Setenv("OBC_API_TOKEN", "admin-token")
			return err
		},
	})
}

func serveAPI(env *testscript.Env) (url string, err error) {
	ctx := context.Background()
	logger := slog.New(slog.DiscardHandler)
	keys, err := store.ParseKeys(store.NewKey())
	if err != nil {
		return "", err
	}
	database, err := store.Open(ctx, "sqlite:"+filepath.Join(env.WorkDir, "obc.db"), keys, logger)
	if err != nil {
		return "", err
	}
	env.Defer(func() { _ = database.Close() })
	if err := database.Migrate(ctx); err != nil {
		return "", err
	}
	handler, err := api.New(api.Options{
		Store: database, Starter: &playedStarter{store: database}, Inspector: playedInspector{}, Logger: logger,
		Tokens: []api.Token{{Role: api.Admin, Token: "admin-token"}, {Role: api.Support, Token: "support-token"}},
	})
	if err != nil {
		return "", err
	}
	server := httptest.NewServer(handler)
	env.Defer(server.Close)
	return server.URL, nil
}

// playedStarter does to the database what the workflows would in the end.
type playedStarter struct{ store *store.Store }

func (s *playedStarter) Ready(context.Context) error { return nil }

// SetUp connects, with one record of each outcome and two fields that make one
// key, or fails when the
// identification code says so.
func (s *playedStarter) SetUp(ctx context.Context, c connection.Connection) (string, error) {
	if c.IdentificationCode == "refused" {
		return "setup", s.store.Fail(ctx, c.ID, connection.Failure{
			Code: connection.FailureInvalidCredentials, Detail: "store hash or token wrong",
			Action: "check both in BigCommerce's control panel", At: time.Now(),
		})
	}
	if _, err := s.store.SetPhase(ctx, c.ID, connection.Connected); err != nil {
		return "", err
	}
	return "setup", errors.Join(s.importOrders(ctx, c.ID), s.seeFields(ctx, c.ID))
}

func (s *playedStarter) seeFields(ctx context.Context, id connection.ID) error {
	one := connection.FieldID{Kind: connection.FormField, Name: "Shoe size"}
	other := connection.FieldID{Kind: connection.FormField, Name: "Shoe-size"}
	keys, err := s.store.FieldKeys(ctx, id, connection.Customers, []connection.NewField{
		{FieldID: one, Plain: "shoe_size"}, {FieldID: other, Plain: "shoe_size"},
	}, nil)
	if err != nil {
		return err
	}
	return s.store.SeeFields(ctx, id, connection.Customers, []connection.SeenField{
		{FieldID: one, Key: keys[one], Type: connection.FieldText}, {FieldID: other, Key: keys[other], Type: connection.FieldText, LeftOut: true},
	})
}

// importOrders finishes orders 1 to 3: accepted, rejected, skipped.
func (s *playedStarter) importOrders(ctx context.Context, id connection.ID) error {
	fetched, err := s.store.NextSeq(ctx)
	if err != nil {
		return err
	}
	read, err := s.store.NextSeq(ctx)
	if err != nil {
		return err
	}
	claim := store.Claim{ConnectionID: id, Entity: connection.Orders, Fetched: fetched}
	finish := store.Finish{ConnectionID: id, Entity: connection.Orders, Fetched: fetched, Read: read}
	for i, result := range []store.Result{
		{Outcome: connection.Accepted, RequestIDs: []string{"req-1"}, Notes: []connection.Note{{Code: "trimmed", Key: "properties"}}},
		{Outcome: connection.Rejected, Reason: &connection.Reason{Code: connection.ReasonRefused, Path: "currency", Text: "is not a currency"}},
		{Outcome: connection.Skipped, Reason: &connection.Reason{Code: connection.ReasonNotSent, Text: "status 0 is not sent"}},
	} {
		result.RecordID = connection.RecordID(i + 1)
		claim.Items = append(claim.Items, store.ClaimItem{RecordID: result.RecordID, Fingerprint: []byte{byte(i)}})
		finish.Results = append(finish.Results, result)
	}
	if _, err := s.store.Claim(ctx, claim); err != nil {
		return err
	}
	finished, err := s.store.Finish(ctx, finish)
	if err == nil && finished != len(finish.Results) {
		err = fmt.Errorf("finished %d records, want %d", finished, len(finish.Results))
	}
	return err
}

func (s *playedStarter) UpdateScript(context.Context, connection.Connection) (string, error) {
	return "connection-setup", nil
}

// ReplaceAuthentication finds that the new one does, unless its name says that
// nothing comes of it yet.
func (s *playedStarter) ReplaceAuthentication(ctx context.Context, c connection.Connection) (string, error) {
	wanted := c.Replacing.Wanted.AuthenticationID
	if a, err := s.store.Authentication(ctx, wanted); err != nil || a.Name == "slow" {
		return "connection-setup", err
	}
	_, _, err := s.store.SwitchAuthentication(ctx, c.ID, wanted)
	return "connection-setup", errors.Join(err, s.store.AuthenticationCleared(ctx, c.ID, c.AuthenticationID))
}

func (s *playedStarter) Resync(_ context.Context, c connection.Connection, r starter.Resync) (string, error) {
	return fmt.Sprintf("bulk-sync/%v/%s", r.Entities, r.Since), nil
}

func (s *playedStarter) Pause(context.Context, connection.ID) error        { return nil }
func (s *playedStarter) Resume(context.Context, connection.ID) error       { return nil }
func (s *playedStarter) ReconcileNow(context.Context, connection.ID) error { return nil }

func (s *playedStarter) Remove(ctx context.Context, c connection.Connection) (string, error) {
	return "removal", s.store.Erase(ctx, c.ID)
}

func (s *playedStarter) Running(context.Context, string) (bool, error) { return false, nil }

func (s *playedStarter) RecordWorkflow(context.Context, connection.RecordKey) (*starter.RecordWorkflow, error) {
	return nil, nil
}

// What a file leaves out is left to the service.
func TestConnectionFileKeepsWhatItLeavesOut(t *testing.T) {
	in, err := readConnection("-", strings.NewReader(`{"order_status_mapping":[{"label":"Ready","status":"ready"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := json.Marshal(in.OrderStatusMapping)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(sent), `[{"label":"Ready","status":"ready"}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStatusRules(t *testing.T) {
	five := 5
	for text, want := range map[string]string{
		"Ready to collect=ready":      `{Label:"Ready to collect" Status:"ready" IsValid:true Send:true}`,
		"5=cancelled,invalid":         `{StatusID:5 Status:"cancelled" IsValid:false Send:true}`,
		" 5 = cancelled,invalid,skip": `{StatusID:5 Status:"cancelled" IsValid:false Send:false}`,
	} {
		rule, err := parseStatusRule(text)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("Status:%q IsValid:%t Send:%t}", rule.Status, *rule.IsValid, *rule.Send)
		if rule.StatusID != nil {
			got = fmt.Sprintf("{StatusID:%d ", five) + got
		} else {
			got = fmt.Sprintf("{Label:%q ", rule.Label) + got
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "ready", "=ready", "5=ready,valid"} {
		if _, err := parseStatusRule(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
