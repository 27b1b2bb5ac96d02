package browser

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // reads what the product stored
)

// planted is in each token, secret, name and e-mail address of the scenarios.
const planted = "planted"

// leavesNothingPrivate looks for secrets and shoppers in every address that the
// browser asked for, in all that the product logged, and in every row that it
// stored. A name is looked for by itself, an address by all its store's.
func leavesNothingPrivate(w *world) {
	private := w.private()
	require.Greater(w.t, len(private), 20)

	addresses := w.asked.all()
	require.Greater(w.t, len(addresses), 20)
	for _, address := range addresses {
		for _, found := range within(address, private) {
			assert.Fail(w.t, "private", "%s in the address %s", found, address)
		}
	}
	lines := strings.Split(w.log.String(), "\n")
	require.Greater(w.t, len(lines), 100)
	assert.Contains(w.t, w.log.String(), "records/lookup", "the look-ups are among what was logged")
	for _, line := range lines {
		for _, found := range within(line, private) {
			assert.Fail(w.t, "private", "%s in the log: %s", found, line)
		}
	}
	rows := w.rows()
	require.Greater(w.t, len(rows), 300)
	for _, row := range rows {
		for _, found := range within(row, private) {
			assert.Fail(w.t, "private", "%s stored: %s", found, row)
		}
	}
}

// private are the values that nothing may hold: the planted word and the e-mail
// addresses of every store.
func (w *world) private() (values []string) {
	w.t.Helper()
	values = append(values, planted)
	for _, s := range w.shops {
		for _, entity := range []string{"customers", "subscribers"} {
			ids, err := s.IDs(entity, 0, 0)
			require.NoError(w.t, err)
			for _, id := range ids {
				raw, err := s.Get(entity, id)
				require.NoError(w.t, err)
				var person struct{ Email string }
				require.NoError(w.t, json.Unmarshal(raw, &person))
				values = append(values, strings.ToLower(person.Email))
			}
		}
	}
	return values
}

// within lists the values that a text holds, in any case, as they are or as they
// are in an address.
func within(text string, values []string) (found []string) {
	text = strings.ReplaceAll(strings.ToLower(text), "%40", "@")
	for _, value := range values {
		if strings.Contains(text, value) {
			found = append(found, value)
		}
	}
	return found
}

func (a *addresses) all() (list []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for address := range a.seen {
		list = append(list, address)
	}
	slices.Sort(list)
	return list
}

// rows reads every row of every table as text.
func (w *world) rows() (rows []string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.database+"?mode=ro")
	require.NoError(w.t, err)
	defer func() { _ = db.Close() }()
	tables := queried(w.t, db, `SELECT name FROM sqlite_master WHERE type = 'table'`)
	require.NotEmpty(w.t, tables)
	for _, table := range tables {
		for _, row := range queried(w.t, db, `SELECT * FROM "`+table+`"`) {
			rows = append(rows, table+": "+row)
		}
	}
	return rows
}

// queried returns rows as text, their columns apart by spaces.
func queried(t *testing.T, db *sql.DB, query string) (rows []string) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	require.NoError(t, err)
	for found.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new([]byte)
		}
		require.NoError(t, found.Scan(values...))
		texts := make([]string, len(columns))
		for i, value := range values {
			texts[i] = string(*value.(*[]byte))
		}
		rows = append(rows, strings.Join(texts, " "))
	}
	require.NoError(t, found.Err())
	return rows
}

// The search itself: one that finds nothing proves nothing.
func TestPrivateValuesAreFound(t *testing.T) {
	for text, want := range map[string]int{
		"GET /records?email=Ann%40Example.com":  1,
		`{"token":"PLANTED-token"}`:             1,
		"planted by ann@example.com":            2,
		"GET /connections/01/records/customers": 0,
	} {
		assert.Len(t, within(text, []string{planted, "ann@example.com"}), want, fmt.Sprint(text))
	}
}
