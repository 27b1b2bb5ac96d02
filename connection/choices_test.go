package connection_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// with is a valid connection whose settings hold one value.
func with(t *testing.T, name string, value any) connection.Connection {
	t.Helper()
	c := connection.Connection{AuthenticationID: "a", IdentificationCode: "code", Timezone: "Europe/London"}
	data, err := json.Marshal(map[string]any{strings.TrimPrefix(name, "settings."): value})
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &c.Settings))
	return c
}

func TestChoicesAreTheSettings(t *testing.T) {
	kinds := map[string]reflect.Kind{"order_status_mapping": reflect.Slice}
	settings := reflect.TypeFor[connection.Settings]()
	for i := range settings.NumField() {
		name, _, _ := strings.Cut(settings.Field(i).Tag.Get("json"), ",")
		kinds["settings."+name] = settings.Field(i).Type.Kind()
	}
	listed := map[string]bool{}
	for _, c := range connection.Choices() {
		assert.False(t, listed[c.Name], "%s is listed twice", c.Name)
		listed[c.Name] = true
		kind, ok := kinds[c.Name]
		assert.True(t, ok, "%s is no setting", c.Name)
		assert.NotEmpty(t, c.Default, c.Name)
		for _, text := range []string{c.Unknown, c.Meaning} {
			assert.True(t, strings.HasSuffix(text, "."), "%s: %q", c.Name, text)
		}
		switch kind {
		case reflect.Bool:
			assert.Equal(t, []string{"false", "true"}, c.Values, c.Name)
			for _, value := range c.Values {
				on, err := strconv.ParseBool(value)
				require.NoError(t, err)
				assert.NoError(t, with(t, c.Name, on).Validate(), c.Name)
			}
		case reflect.String:
			for _, value := range c.Values {
				assert.NoError(t, with(t, c.Name, value).Validate(), c.Name)
			}
			var refused connection.ValidationError
			require.ErrorAs(t, with(t, c.Name, "no such value").Validate(), &refused, c.Name)
			assert.Equal(t, c.Name, refused[0].Field)
		}
	}
	for name := range kinds {
		assert.True(t, listed[name], "%s is not among the choices", name)
	}
}

// What holds while nobody has chosen is what the code does with the zero value.
func TestChoicesTellTheDefaults(t *testing.T) {
	var zero connection.Settings
	for name, want := range map[string]string{
		"settings.customers_collection":   zero.CustomersIn(),
		"settings.subscribers_collection": zero.SubscribersIn(),
		"settings.parent_id":              strconv.FormatBool(zero.ParentID),
		"settings.force_optin":            strconv.FormatBool(zero.ForceOptin),
		"settings.page_calls":             strconv.FormatBool(zero.PageCalls),
	} {
		for _, c := range connection.Choices() {
			if c.Name == name {
				assert.Equal(t, want, c.Default, name)
			}
		}
	}
	assert.False(t, zero.RawVariantIDs())
}

// The page for people says of each choice what the list does, word for word.
func TestSettingsPageNamesEveryChoice(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "settings.md"))
	require.NoError(t, err)
	page := string(data)
	for _, c := range connection.Choices() {
		row := "| `" + c.Name + "` | " + c.Meaning + " Default: " + c.Default + ". | " + c.Unknown + " |\n"
		assert.True(t, strings.Contains(page, row), "docs/settings.md lacks the row\n%s", row)
	}
}
