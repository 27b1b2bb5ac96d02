package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func (p *program) recordsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show CONNECTION_ID ENTITY RECORD_ID", Short: "Tell the story of one record, without personal data",
		Args:    exactly("CONNECTION_ID", "ENTITY", "RECORD_ID"),
		Example: "  ometria-bigcommerce records show 0198c5f2-… orders 1042",
		RunE: p.api(func(ctx context.Context, client *apiclient.Client, args []string) error {
			path, err := recordPath(args)
			if err != nil {
				return err
			}
			answer, err := client.Do(ctx, http.MethodGet, path, nil, nil)
			if err != nil {
				return err
			}
			var story apiclient.RecordStory
			return p.print(answer, &story, func() error { return p.printStory(story) })
		}),
	}
}

// printStory prints what is known of a record, what happened to it, and last
// where that leaves it: what stands at the end is read first.
func (p *program) printStory(s apiclient.RecordStory) error {
	clock := clockOf(s.Timezone)
	if err := p.printFacts(storyOf(s, clock)...); err != nil {
		return err
	}
	if len(s.History) > 0 {
		fmt.Fprintln(p.stdout)
		if s.HistoryTruncated {
			fmt.Fprintln(p.stdout, "earlier events are not shown")
		}
		events := make([][2]string, len(s.History))
		for i, e := range s.History {
			events[i] = [2]string{clock.at(e.At), eventText(e, clock)}
		}
		if err := p.printFacts(events...); err != nil {
			return err
		}
	}
	fmt.Fprintln(p.stdout)
	now := s.Standing.Text
	switch {
	case s.Standing.Until != nil:
		now += " The next try is at " + clock.at(s.Standing.Until) + "."
	case s.Standing.Since != nil:
		now += " Since " + clock.at(s.Standing.Since) + "."
	}
	return p.printFacts([2]string{"now", now}, [2]string{"what to do", s.Standing.Action})
}

// clock shows times in the connection's zone.
type clock struct{ *time.Location }

func clockOf(zone string) clock {
	location, err := time.LoadLocation(zone)
	if err != nil { // this machine has no data on zones
		return clock{time.UTC}
	}
	return clock{location}
}

func (c clock) at(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.In(c.Location).Format(time.DateTime)
}

// storyOf tells what is known of a record.
func storyOf(s apiclient.RecordStory, clock clock) [][2]string {
	facts := [][2]string{
		{"record", s.Entity + " " + s.RecordID}, {"times in", clock.String()}, {"outcome", s.Outcome}, {"because", reasonText(s.Reason)},
		{"first seen", clock.at(s.FirstSeenAt)}, {"changed in BigCommerce", clock.at(s.SourceModifiedAt)},
	}
	if w := s.LastWebhook; w != nil {
		facts = append(facts, [2]string{"last webhook", clock.at(w.At) + ", " + w.Scope})
	}
	facts = append(facts, [2]string{"last event", clock.at(s.LastEventAt)}, [2]string{"last read", clock.at(s.LastFetchedAt)},
		[2]string{"last pushed", pushed(s, clock)})
	if o := s.OmetriaSaid; o != nil {
		facts = append(facts, [2]string{"Ometria said afterwards", clock.at(o.At) + ", " + reasonText(&o.Reason)})
	}
	if s.Attempts > 0 {
		facts = append(facts, [2]string{"failed tries", fmt.Sprintf("%d since %s", s.Attempts, clock.at(s.FirstFailedAt))},
			[2]string{"last error", reasonText(s.LastError)})
	}
	if o := s.OrderStatus; o != nil {
		counts := "counts as a sale"
		if !o.IsValid {
			counts = "counts as no sale"
		}
		facts = append(facts, [2]string{"status", fmt.Sprintf("%d, sent as %s: %s", o.StatusID, o.Status, counts)})
	}
	if c := s.Consent; c != nil {
		facts = append(facts, [2]string{"consent", "seen as " + consent(c.Seen) + ", last sent as " + consent(c.Sent)})
	}
	if n := len(s.Variants); n > 0 {
		facts = append(facts, [2]string{"variants at Ometria", fmt.Sprintf("%d: %s", n, strings.Trim(fmt.Sprint(s.Variants), "[]"))})
	}
	for _, n := range s.Notes {
		facts = append(facts, [2]string{"note", noteText(n)})
	}
	if w := s.Workflow; w != nil {
		facts = append(facts, [2]string{"workflow", w.WorkflowID + " " + w.Status})
	}
	if link := s.Links.TemporalUI; link != nil {
		facts = append(facts, [2]string{"Temporal Web UI", *link})
	}
	return facts
}

// eventText says in words what happened.
func eventText(e apiclient.RecordEvent, clock clock) string {
	why := reasonText(&apiclient.Reason{Code: e.Code, Path: e.Path, Text: e.Text})
	with := ""
	if n := len(e.RequestIDs); n > 0 {
		with = ", Ometria's request " + strings.Join(e.RequestIDs, ", ")
	}
	switch e.Kind {
	case "webhook":
		return "webhook " + e.Scope
	case "wished":
		if e.Code == "retry" {
			return "a person asked for another try"
		}
		return "a person asked for a sync"
	case "pushed":
		return "Accepted by Ometria" + with
	case "rejected":
		return "rejected: " + why + with
	case "skipped":
		return "not sent: " + why
	case "deleted":
		return "gone from BigCommerce" + with
	case "failed":
		return "attempt failed: " + why + "; the next one at " + clock.at(e.RetryAt)
	case "expired":
		return "a push was cut off and its outcome is unknown: read and pushed anew"
	case "gave_up":
		return "given up: " + why
	case "refused_later":
		return "Ometria refused it afterwards, at " + clock.at(e.SaidAt) + ": " + why + with
	}
	return strings.TrimSpace(e.Kind + " " + why) // of a newer service
}

func pushed(s apiclient.RecordStory, clock clock) string {
	switch {
	case s.Pushed == nil:
		return "never"
	case len(s.Pushed.RequestIDs) == 0:
		return clock.at(s.Pushed.At)
	}
	return clock.at(s.Pushed.At) + ", Ometria's request " + strings.Join(s.Pushed.RequestIDs, ", ")
}

// consent is a subscriber's consent in words.
func consent(c string) string {
	switch c {
	case "":
		return "nothing yet"
	case "yes":
		return "opted in"
	case "out":
		return "opted out"
	}
	return "not opted in"
}

// noteText is a note in words or, where it has none, as it is.
func noteText(n apiclient.Note) string {
	if n.Text != "" {
		return n.Text
	}
	return strings.Join(strings.Fields(n.Code+" "+n.Key+" "+n.Source), " ")
}
