package page

import (
	"fmt"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// passesOf tells what the passes found that look for what no webhook told.
func (s *site) passesOf(c apiclient.Connection) []fact {
	links := apiclient.TemporalLinks{}
	if c.Links.TemporalUI != nil {
		links = *c.Links.TemporalUI
	}
	reconcile := fact{Name: "Reconcile", Text: "has not run yet."}
	if last := c.LastReconcile; last != nil {
		var mended []string
		if last.HooksMended > 0 {
			mended = append(mended, plural(int(last.HooksMended), "webhook", "webhooks"))
		}
		if last.ScriptMended {
			mended = append(mended, "JavaScript tracking")
		}
		found := foundOf(last.Entities)
		if len(mended) > 0 {
			found += "; mended " + strings.Join(mended, " and ")
		}
		reconcile.Text, reconcile.Tone = s.found(last.At, found), "good"
		reconcile.Link = links.Reconcile
	}
	sweep := fact{Name: "Sweep", Text: "has not run yet. It looks at everything, once a day."}
	if last := c.LastSweep; last != nil {
		sweep.Text, sweep.Tone = s.found(last.At, foundOf(last.Entities)), "good"
	}
	return []fact{reconcile, sweep}
}

func (s *site) found(at *time.Time, what string) string { return s.ago(at) + ": " + what + "." }

// foundOf sums up what passes over several entities found.
func foundOf(entities map[string]apiclient.PassCounts) string {
	var all apiclient.PassCounts
	for _, e := range connection.Entities() {
		c := entities[string(e)]
		all.Looked, all.Differed, all.Gone = all.Looked+c.Looked, all.Differed+c.Differed, all.Gone+c.Gone
	}
	text := plural(int(all.Looked), "record", "records") + " looked at, "
	if all.Differed == 0 && all.Gone == 0 {
		return text + "nothing missed"
	}
	text += fmt.Sprintf("%s brought up to date", count(all.Differed))
	if all.Gone > 0 {
		text += fmt.Sprintf(", %s gone from the store", count(all.Gone))
	}
	return text
}

// reconcile looks for what was missed; with the form's full, at everything.
func (s *site) reconcile(v *visit) error {
	id, full := v.Param("connection_id"), v.PostForm("full") != ""
	if _, err := v.api.Act(v.Request.Context(), id, "reconcile", map[string]any{"full": full}); err != nil {
		return err
	}
	said := "Reconcile has begun: it looks for changes that no webhook told of."
	if full {
		said = "A sweep has begun: it looks at every record of the store, slowly, and sends what differs."
	}
	return v.to("/connections/"+id, said)
}

// decideDeletions confirms or discards the deletions that are held.
func (s *site) decideDeletions(v *visit) error {
	id, decision := v.Param("connection_id"), v.PostForm("decision")
	if _, err := v.api.Act(v.Request.Context(), id, "deletions", map[string]any{"decision": decision}); err != nil {
		return err
	}
	said := "The deletions and opt-outs are discarded: Ometria keeps what it has."
	if decision == "confirm" {
		said = "The deletions and opt-outs are confirmed and on their way to Ometria."
	}
	return v.to("/connections/"+id, said)
}
