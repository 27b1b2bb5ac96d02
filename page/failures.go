package page

import (
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

type failuresPage struct {
	heading
	Groups   []apiclient.FailureGroup
	Warnings []apiclient.FailureGroup
	Total    int64
}

func (s *site) showFailures(v *visit) error {
	c, err := v.api.Connection(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	p := failuresPage{heading: headingOf(c, "failures")}
	for group, err := range v.api.Failures(v.Request.Context(), c.ID) {
		if err != nil {
			return err
		}
		group.Action = reasonAction(&group.Reason, group.Action)
		if group.Warning {
			p.Warnings = append(p.Warnings, group)
			continue
		}
		p.Groups = append(p.Groups, group)
		p.Total += group.Count
	}
	v.show(http.StatusOK, "failures", p)
	return nil
}

// retryFailures tries a group, one record or everything again.
func (s *site) retryFailures(v *visit) error {
	id := v.Param("connection_id")
	body := map[string]string{}
	for _, field := range []string{"group", "entity", "record_id"} {
		if value := v.PostForm(field); value != "" {
			body[field] = value
		}
	}
	n, err := v.api.RetryFailures(v.Request.Context(), id, body)
	if err != nil {
		return err
	}
	target := "/connections/" + id + "/failures"
	if record := body["record_id"]; record != "" {
		target = "/connections/" + id + "/records/" + body["entity"] + "/" + record
	}
	return v.to(target, plural(n, "record is", "records are")+" tried again.")
}

// downloadFailures is every rejected record as CSV.
func (s *site) downloadFailures(v *visit) error {
	id := v.Param("connection_id")
	c, err := v.api.Connection(v.Request.Context(), id)
	if err != nil {
		return err
	}
	v.Header("Content-Type", "text/csv; charset=utf-8")
	v.Header("Content-Disposition", `attachment; filename="failures.csv"`)
	v.Status(http.StatusOK)
	out := csv.NewWriter(v.Writer)
	_ = out.Write([]string{"entity", "record_id", "reason", "field", "text", "pushed_at", "request_id"}) // Error below tells
	for record, err := range v.api.Records(v.Request.Context(), c.ID, "", string(connection.Rejected)) {
		if err != nil {
			// The answer has begun: what is cut off must not look whole.
			v.site.Logger.WarnContext(v.Request.Context(), "download of failures broke off", "connection_id", c.ID, "err", err)
			panic(http.ErrAbortHandler)
		}
		line := []string{record.Entity, record.RecordID, "", "", "", "", record.RequestID}
		if record.Reason != nil {
			line[2], line[3], line[4] = record.Reason.Code, unformula(record.Reason.Path), unformula(record.Reason.Text)
		}
		if record.PushedAt != nil {
			line[5] = record.PushedAt.UTC().Format(time.RFC3339)
		}
		_ = out.Write(line)
	}
	out.Flush()
	return out.Error()
}

// unformula keeps a spreadsheet from taking text for a formula.
func unformula(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
