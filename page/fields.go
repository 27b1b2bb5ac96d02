package page

import (
	"net/http"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// fieldsAtOmetria is how many custom fields of one kind Ometria takes (Data
// architecture).
const fieldsAtOmetria = 100

type fieldsPage struct {
	heading
	Fields []apiclient.Field
	Full   []string // kinds of records with more fields than Ometria takes
}

func (s *site) showFields(v *visit) error {
	c, err := v.api.Connection(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	p := fieldsPage{heading: headingOf(c, "fields")}
	number := map[string]int{}
	for field, err := range apiclient.List[apiclient.Field](v.Request.Context(), v.api, apiclient.ConnectionPath(c.ID)+"/fields", nil) {
		if err != nil {
			return err
		}
		p.Fields = append(p.Fields, field)
		if field.Key == "" {
			continue
		}
		if number[field.Entity]++; number[field.Entity] == fieldsAtOmetria {
			p.Full = append(p.Full, field.Entity)
		}
	}
	v.show(http.StatusOK, "fields", p)
	return nil
}
