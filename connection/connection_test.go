package connection

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Connections made before there was a script a channel are stored with one.
func TestInstalledReadsTheFormOfASingleScript(t *testing.T) {
	for stored, want := range map[string]Installed{
		`{"script_id":"u","script_source":"https://cdn.example.com/tags/code.js","schedules":true,"hooks":[{"id":1,"scope":"s","active":true}]}`: {
			Scripts: []Script{{ID: "u"}}, Schedules: true, Hooks: []Hook{{ID: 1, Scope: "s", Active: true}},
		},
		`{"scripts":[{"id":"a","channel_id":1},{"id":"b","channel_id":7}]}`: {Scripts: []Script{{"a", 1}, {"b", 7}}},
		`{"scripts":[{"id":"a","channel_id":1}],"script_id":"old"}`:         {Scripts: []Script{{"a", 1}}},
		`{}`: {},
	} {
		var got Installed
		require.NoError(t, json.Unmarshal([]byte(stored), &got), stored)
		assert.Equal(t, want, got, stored)
		again, err := json.Marshal(got)
		require.NoError(t, err)
		var twice Installed
		require.NoError(t, json.Unmarshal(again, &twice))
		assert.Equal(t, want, twice, stored)
	}
	assert.Error(t, json.Unmarshal([]byte(`{"scripts":1}`), new(Installed)))
}
