package mapping_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

var update = flag.Bool("update", false, "rewrite the .want.json files")

// given is a golden's input: what BigCommerce answers, word for word, beside
// what differs from the shop of the other tests.
type given struct {
	Settings    connection.Settings
	StatusRules []connection.StatusRule
	Prev        connection.RecordState
	Source      json.RawMessage
	Refunds     []bigcommerce.Refund
	Gone        connection.RecordID
	Since       time.Time
}

type wanted struct {
	Records []ometria.Record       `json:"records"`
	Skip    *connection.Reason     `json:"skip,omitempty"`
	Reject  *connection.Reason     `json:"reject,omitempty"`
	State   connection.RecordState `json:"state"`
	Notes   []mapping.Note         `json:"notes,omitempty"`
	Fields  []connection.SeenField `json:"fields,omitempty"`
}

// mapper decodes the input and returns what maps it.
func mapper(t testing.TB, e connection.Entity, g given) func() mapping.Result {
	t.Helper()
	ctx := shop(func(c *mapping.Context) { c.Settings, c.StatusRules, c.Since = g.Settings, g.StatusRules, g.Since })
	if g.Gone != 0 {
		return func() mapping.Result { return mapping.Gone(e, g.Gone, ctx, g.Prev) }
	}
	source, err := decoded(e, g.Source)
	require.NoError(t, err)
	return func() mapping.Result { return mapRecord(source, g.Refunds, ctx, g.Prev) }
}

func TestGolden(t *testing.T) {
	for _, entity := range connection.Entities() {
		inputs, err := filepath.Glob(filepath.Join("testdata", string(entity), "*.in.json"))
		require.NoError(t, err)
		require.NotEmpty(t, inputs, entity)
		for _, input := range inputs {
			name := strings.TrimSuffix(filepath.Base(input), ".in.json")
			t.Run(string(entity)+"/"+name, func(t *testing.T) {
				data, err := os.ReadFile(input)
				require.NoError(t, err)
				var g given
				decoder := json.NewDecoder(bytes.NewReader(data))
				decoder.DisallowUnknownFields()
				require.NoError(t, decoder.Decode(&g))
				r := mapper(t, entity, g)()
				valid(t, r.Records)
				got, err := json.MarshalIndent(wanted{r.Records, r.Skip, r.Reject, r.State, r.Notes, r.Fields}, "", "  ")
				require.NoError(t, err)
				file := strings.TrimSuffix(input, ".in.json") + ".want.json"
				if *update {
					require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o644))
				}
				want, err := os.ReadFile(file)
				require.NoError(t, err)
				require.Equal(t, string(want), string(got)+"\n")
			})
		}
	}
}
