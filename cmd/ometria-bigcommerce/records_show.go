package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

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
			return p.print(answer, &story, func() error { return p.printFacts(storyOf(story)...) })
		}),
	}
}

// storyOf tells what is known of a record in the order in which it happens.
func storyOf(s apiclient.RecordStory) [][2]string {
	facts := [][2]string{
		{"record", s.Entity + " " + s.RecordID}, {"outcome", s.Outcome}, {"because", reasonText(s.Reason)},
		{"first seen", when(s.FirstSeenAt)}, {"changed in BigCommerce", when(s.SourceModifiedAt)},
		{"last event", when(s.LastEventAt)}, {"last read", when(s.LastFetchedAt)}, {"last pushed", pushed(s)},
	}
	switch {
	case s.InFlight:
		facts = append(facts, [2]string{"now", "a push is under way, or its answer was lost"})
	case s.Dirty && s.BackoffUntil != nil:
		facts = append(facts, [2]string{"now", "waits for its next try, " + when(s.BackoffUntil)})
	case s.Dirty:
		facts = append(facts, [2]string{"now", "waits for its sync"})
	}
	if s.Attempts > 0 {
		facts = append(facts, [2]string{"failed tries", fmt.Sprintf("%d since %s", s.Attempts, when(s.FirstFailedAt))},
			[2]string{"last error", reasonText(s.LastError)})
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

func pushed(s apiclient.RecordStory) string {
	switch {
	case s.PushedAt == nil:
		return "never"
	case s.RequestID == "":
		return when(s.PushedAt)
	}
	return when(s.PushedAt) + ", Ometria's request " + s.RequestID
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
