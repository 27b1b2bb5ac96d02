package page

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

type recordPage struct {
	heading
	Record   apiclient.RecordStory
	Standing standing
	Text     string // where it stands, beside Standing's word
	Action   string // what to do about it
	Failed   bool   // it can be retried
	Events   []event
	Known    bool // a sync has seen the record
	Check    *checkResult
}

// event is one line of a record's story.
type event struct {
	apiclient.RecordEvent
	Word, Tone string
}

// checkResult is what comparing a record with Ometria found.
type checkResult struct {
	apiclient.RecordCheck
	standing
}

func (s *site) showRecord(v *visit) error { return s.record(v, nil) }

func (s *site) record(v *visit, check *checkResult) error {
	p, err := s.recordPage(v)
	if err != nil {
		return err
	}
	p.Check = check
	v.show(http.StatusOK, "record", p)
	return nil
}

// showRecordLive is what the page's script puts in the place of what it shows.
func (s *site) showRecordLive(v *visit) error {
	p, err := s.recordPage(v)
	if err != nil {
		return err
	}
	v.fragment("record", "record-live", p)
	return nil
}

func (s *site) recordPage(v *visit) (recordPage, error) {
	ctx := v.Request.Context()
	c, err := v.api.Connection(ctx, v.Param("connection_id"))
	if err != nil {
		return recordPage{}, err
	}
	p := recordPage{heading: headingOf(c, "records"), Known: true}
	p.Record, err = v.api.RecordStory(ctx, c.ID, v.Param("entity"), v.Param("record_id"))
	if isNotFound(err) {
		p.Known = false
		p.Record.Entity, p.Record.RecordID = v.Param("entity"), v.Param("record_id")
	} else if err != nil {
		return recordPage{}, err
	}
	p.Standing, p.Failed = outcomeOf(p.Record.Outcome), p.Record.Outcome == string(connection.Rejected)
	p.Text, p.Action = standingText(p.Record), standingAction(c, p.Record)
	p.Events = eventsOf(p.Record)
	return p, nil
}

// eventsOf is a record's story, oldest first, with the one read of it that is
// remembered.
func eventsOf(r apiclient.RecordStory) []event {
	var events []event
	for _, e := range r.History {
		what := happened(e.Kind)
		events = append(events, event{e, what.Word, what.Tone})
	}
	read := r.LastFetchedAt
	if read == nil {
		return events
	}
	at := slices.IndexFunc(events, func(e event) bool { return e.At != nil && e.At.After(*read) })
	if at < 0 {
		at = len(events)
	}
	return slices.Insert(events, at, event{apiclient.RecordEvent{At: read}, "Last read from BigCommerce", ""})
}

// recordName is what one record is called.
func recordName(entity, id string) string {
	names := map[connection.Entity]string{
		connection.Products: "Product", connection.Customers: "Customer", connection.Subscribers: "Subscriber", connection.Orders: "Order",
	}
	return names[connection.Entity(entity)] + " " + id
}

// happened is a kind of event in words, with its tone.
func happened(kind string) standing {
	words := map[string]standing{
		"webhook":       {"BigCommerce told of a change", "busy", ""},
		"wished":        {"Somebody asked for a sync", "busy", ""},
		"pushed":        {"Accepted by Ometria", "good", ""},
		"rejected":      {"Failed", "bad", ""},
		"refused_later": {"Failed afterwards: Ometria found an error", "bad", ""},
		"skipped":       {"Skipped", "", ""},
		"deleted":       {"Deleted in BigCommerce", "", ""},
		"failed":        {"A try failed", "warn", ""},
		"expired":       {"A push had no answer and is made again", "warn", ""},
		"gave_up":       {"Failed: given up after three days of tries", "bad", ""},
		"held":          {"Held", "warn", ""},
	}
	if known, ok := words[kind]; ok {
		return known
	}
	return standing{Word: sentence(strings.ReplaceAll(kind, "_", " "))}
}

func (s *site) syncRecord(v *visit) error {
	started, err := v.api.SyncRecord(v.Request.Context(), v.Param("connection_id"), v.Param("entity"), v.Param("record_id"))
	if err != nil {
		return err
	}
	said := "The record is read and pushed now."
	if started.Note != "" {
		said = sentence(strings.Replace(started.Note, " (see attention)", "", 1)) // the overview shows it
	}
	return v.to(recordAddress(v), said)
}

func recordAddress(v *visit) string {
	return "/connections/" + v.Param("connection_id") + "/records/" + v.Param("entity") + "/" + v.Param("record_id")
}

// checkRecord reads Ometria back and says whether it holds what would be sent.
func (s *site) checkRecord(v *visit) error {
	found, err := v.api.CheckRecord(v.Request.Context(), v.Param("connection_id"), v.Param("entity"), v.Param("record_id"))
	if err != nil {
		return err
	}
	words := map[string]standing{
		"same":     {"Ometria holds the record as it would be sent now", "good", ""},
		"differs":  {"Ometria holds something else", "warn", ""},
		"missing":  {"Ometria does not have the record", "bad", ""},
		"not_sent": {"The record is not for Ometria", "", ""},
		"gone":     {"BigCommerce does not have the record any more", "", ""},
	}
	found.Action = reasonAction(found.Reason, found.Action)
	return s.record(v, &checkResult{found, words[found.Verdict]})
}

type previewPage struct {
	heading
	Preview apiclient.Preview
	Outcome standing
	Source  string
	Records []string
}

// previewRecord shows the BigCommerce record beside what would be sent.
func (s *site) previewRecord(v *visit) error {
	ctx := v.Request.Context()
	c, err := v.api.Connection(ctx, v.Param("connection_id"))
	if err != nil {
		return err
	}
	p := previewPage{heading: headingOf(c, "records")}
	if p.Preview, err = v.api.PreviewRecord(ctx, c.ID, v.Param("entity"), v.Param("record_id")); err != nil {
		return err
	}
	p.Preview.Action = reasonAction(p.Preview.Reason, p.Preview.Action)
	p.Outcome, p.Source = outcomeOf(p.Preview.Outcome), indented(p.Preview.Source)
	for _, record := range p.Preview.Records {
		p.Records = append(p.Records, indented(record))
	}
	v.show(http.StatusOK, "preview", p)
	return nil
}

func indented(raw json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil || out.String() == "null" {
		return ""
	}
	return out.String()
}
