package mapping_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Days of a walk: the connection is made on 1 March 2026, and made anew, where
// it is, on 1 September.
const (
	before  = "2025-05-01T10:00:00Z"
	after   = "2026-03-02T10:00:00Z"
	later   = "2026-04-01T10:00:00Z"
	latest  = "2026-05-01T10:00:00Z"
	away    = "2026-08-01T10:00:00Z"
	another = "2026-10-01T10:00:00Z"
)

var connectedAnew = connectedAt.AddDate(0, 6, 0)

var (
	yes = []string{bigcommerce.ConsentNewsletter, bigcommerce.ConsentAbandonedCart}
	no  = []string{}
)

// What a push says of consent: OUT and IN may have a time behind a space.
const (
	silence = "a contact without a word on consent"
	nothing = "no push"
	in      = "EXPLICITLY_OPTEDIN"
	out     = "EXPLICITLY_OPTEDOUT"
	outByID = "EXPLICITLY_OPTEDOUT by id"
	skipped = "before_start"
)

// step is one look at a subscriber, and what is pushed.
type step struct {
	name     string
	id       int64    // 5 if 0
	created  string   // the walk's if empty
	consents []string // nil: the row is gone
	modified string
	edit     string // first name
	// refused: Ometria refuses the push before this look, later.
	refused bool
	// unheard: nobody hears whether the push of this look was done.
	unheard bool
	// anew: the connection was removed and made anew before this look, and knows
	// nothing of what went before.
	anew bool
	// moved: from this look on the connection pushes to another account, or under
	// other names: what was sent is forgotten, what was seen is not.
	moved bool
	// told: history_consent is set to send before this look.
	told bool
	// bulk: the look is a bulk sync's, which has a start date.
	bulk bool
	want string // with history_consent send
	omit string // with history_consent omit, when it differs
}

// The whole of design section 12 on consent, push by push.
var walks = map[string]struct {
	created string
	steps   []step
}{
	"opted in before the connection": {before, []step{
		{name: "first sight", consents: yes, modified: before, want: in, omit: silence},
		{name: "edit", consents: yes, modified: later, edit: "Anna", want: silence},
		{name: "re-sync", consents: yes, modified: later, want: silence},
		{name: "opt-out", consents: no, modified: later, want: out + " " + later},
		{name: "re-sync of one who left", consents: no, modified: later, want: silence},
		{name: "edit of one who left", consents: no, modified: latest, edit: "Anna", want: silence},
		{name: "opt-in", consents: yes, modified: latest, want: in + " " + latest},
		{name: "re-sync", consents: yes, modified: latest, want: silence},
		{name: "deletion", want: outByID},
		{name: "deletion, told twice", want: nothing},
	}},
	"opted in before, deleted": {before, []step{
		{name: "first sight", consents: yes, modified: before, want: in, omit: silence},
		{name: "deletion", want: outByID},
	}},
	"pushes that nobody hears of": {after, []step{
		{name: "first sight", consents: yes, modified: after, want: in + " " + after, unheard: true},
		{name: "opt-out", consents: no, modified: later, want: out + " " + later, unheard: true},
		{name: "opt-out, again", consents: no, modified: later, want: out + " " + later},
		{name: "edit of one who left", consents: no, modified: latest, edit: "Anna", want: silence},
		{name: "opt-in", consents: yes, modified: latest, want: in + " " + latest, unheard: true},
		{name: "opt-out", consents: no, modified: latest, want: out + " " + latest},
		{name: "re-sync of one who left", consents: no, modified: latest, want: silence},
		{name: "opt-in", consents: yes, modified: latest, want: in + " " + latest},
		{name: "opt-out", consents: no, modified: latest, want: out + " " + latest, unheard: true},
		{name: "opt-in", consents: yes, modified: latest, want: in + " " + latest, unheard: true},
		{name: "opt-in, again", consents: yes, modified: latest, want: in + " " + latest},
		{name: "edit", consents: yes, modified: latest, edit: "Anna", want: silence, unheard: true},
		{name: "edit, again", consents: yes, modified: latest, edit: "Anna", want: silence},
		{name: "deletion", want: outByID, unheard: true},
		{name: "deletion, told twice", want: outByID},
		{name: "deletion, told thrice", want: nothing},
	}},
	"opted in before, deleted after a push that nobody heard of": {before, []step{
		{name: "first sight", consents: yes, modified: before, want: in, omit: silence, unheard: true},
		{name: "edit", consents: yes, modified: later, want: in, omit: silence},
		{name: "deletion", want: outByID},
	}},
	"opted in after the connection": {after, []step{
		{name: "first sight", consents: yes, modified: after, want: in + " " + after},
		{name: "edit", consents: yes, modified: later, edit: "Anna", want: silence},
		{name: "re-sync", consents: yes, modified: later, want: silence},
		{name: "opt-out", consents: no, modified: latest, want: out + " " + latest},
		{name: "deletion of one who left", want: nothing},
	}},
	"a row from the checkout": {after, []step{
		{name: "first sight", consents: no, modified: after, want: silence},
		{name: "only the basket", consents: []string{bigcommerce.ConsentAbandonedCart}, modified: later, want: silence},
		{name: "re-sync", consents: no, modified: later, want: silence},
		{name: "opt-in", consents: yes, modified: latest, want: in + " " + latest},
	}},
	"never opted in, deleted": {before, []step{
		{name: "first sight", consents: no, modified: before, want: silence},
		{name: "deletion", want: nothing},
	}},
	"deleted unseen": {before, []step{{name: "deletion", want: nothing}}},
	"deleted and made anew under another id": {after, []step{
		{name: "first sight", consents: yes, modified: after, want: in + " " + after},
		{name: "deletion", want: outByID},
		{name: "first sight of the new row", id: 9, created: latest, consents: yes, modified: latest, want: in + " " + latest},
		{name: "the old id, told twice", want: nothing},
	}},
	"thought deleted, and back": {before, []step{
		{name: "first sight", consents: yes, modified: before, want: in, omit: silence},
		{name: "deletion", want: outByID},
		// The opt-out must go, but nobody opted in today: no welcome.
		{name: "the same row", consents: yes, modified: before, want: in},
	}},
	"removal and re-connection": {after, []step{
		{name: "first sight", consents: yes, modified: after, want: in + " " + after},
		{name: "first sight again", anew: true, consents: yes, modified: after, want: in, omit: silence},
		{name: "re-sync", consents: yes, modified: after, want: silence},
		{name: "opt-out", consents: no, modified: another, want: out + " " + another},
		{name: "opt-in", consents: yes, modified: another, want: in + " " + another},
		{name: "deletion", want: outByID},
	}},
	"moved": {after, []step{
		{name: "first sight", consents: yes, modified: after, want: in + " " + after},
		{name: "re-sync", moved: true, consents: yes, modified: after, want: in, omit: silence},
		{name: "re-sync again", consents: yes, modified: after, want: silence},
		{name: "opt-out", consents: no, modified: another, want: out + " " + another},
		{name: "opt-in", consents: yes, modified: another, want: in + " " + another},
	}},
	"moved, opts out before the re-sync": {before, []step{
		{name: "first sight", consents: yes, modified: before, want: in, omit: silence},
		{name: "opt-out", moved: true, consents: no, modified: another, want: out + " " + another},
		{name: "re-sync", consents: no, modified: another, want: silence},
	}},
	"moved, opts in before the re-sync": {before, []step{
		{name: "first sight", consents: no, modified: before, want: silence},
		{name: "opt-in", moved: true, consents: yes, modified: another, want: in + " " + another},
		{name: "re-sync", consents: yes, modified: another, want: silence},
	}},
	"moved, deleted before the re-sync": {before, []step{
		{name: "first sight", consents: yes, modified: before, want: in, omit: silence},
		{name: "deletion", moved: true, want: outByID},
		{name: "deletion, told twice", want: nothing},
	}},
	"moved in the second of the first sight": {another, []step{
		// BigCommerce's clock may be ahead of ours, and it tells whole seconds.
		{name: "first sight", consents: yes, modified: another, want: in + " " + another},
		{name: "re-sync", moved: true, consents: yes, modified: another, want: in},
		{name: "re-sync again", consents: yes, modified: another, want: silence},
	}},
	"opted out while nobody was connected": {after, []step{
		{name: "first sight", consents: yes, modified: after, want: in + " " + after},
		// It may be one who never opted in: an opt-out would stick for good.
		{name: "first sight again", anew: true, consents: no, modified: away, want: silence},
		{name: "deletion", want: nothing},
	}},
	"made while nobody was connected": {away, []step{
		{name: "first sight", anew: true, consents: yes, modified: away, want: in, omit: silence},
	}},
	"made anew after the re-connection": {another, []step{
		{name: "first sight", anew: true, consents: yes, modified: another, want: in + " " + another},
	}},
	"refused later": {after, []step{
		{name: "first sight", consents: yes, modified: after, want: in + " " + after},
		{name: "again", refused: true, consents: yes, modified: after, want: in + " " + after},
		{name: "edit", consents: yes, modified: later, edit: "Anna", want: silence},
		{name: "edit, again", refused: true, consents: yes, modified: later, edit: "Anna", want: silence},
		{name: "opt-out", consents: no, modified: later, want: out + " " + later},
		{name: "opt-out, again", refused: true, consents: no, modified: later, want: out + " " + later},
		{name: "opt-in", consents: yes, modified: latest, want: in + " " + latest},
		{name: "opt-in, again", refused: true, consents: yes, modified: latest, want: in + " " + latest},
		{name: "deletion", want: outByID},
		{name: "deletion, again", refused: true, want: outByID},
	}},
	"history refused later": {before, []step{
		{name: "first sight", consents: yes, modified: before, want: in, omit: silence},
		{name: "again", refused: true, consents: yes, modified: before, want: in, omit: silence},
		{name: "edit", consents: yes, modified: later, edit: "Anna", want: silence},
		{name: "edit, again", refused: true, consents: yes, modified: later, edit: "Anna", want: silence},
	}},
	"history told after all": {before, []step{
		{name: "first sight", consents: yes, modified: before, want: in, omit: silence},
		{name: "re-sync", told: true, consents: yes, modified: before, want: silence, omit: in},
		{name: "refused, re-sync", refused: true, consents: yes, modified: before, want: silence, omit: in},
		{name: "re-sync", consents: yes, modified: before, want: silence},
	}},
	"left before history was told": {before, []step{
		{name: "first sight", consents: yes, modified: before, want: in, omit: silence},
		{name: "opt-out", consents: no, modified: later, want: out + " " + later},
		{name: "re-sync", told: true, consents: no, modified: later, want: silence},
	}},
	"before the start date, opts in": {before, []step{
		{name: "bulk sync", bulk: true, consents: no, modified: before, want: skipped},
		{name: "bulk sync again", bulk: true, consents: no, modified: before, want: skipped},
		{name: "opt-in", consents: yes, modified: later, want: in + " " + later},
	}},
	"before the start date, opts out": {before, []step{
		{name: "bulk sync", bulk: true, consents: yes, modified: before, want: skipped},
		{name: "opt-out", consents: no, modified: later, want: out + " " + later},
	}},
	"before the start date, opts out without a date": {before, []step{
		{name: "bulk sync", bulk: true, consents: yes, modified: before, want: skipped},
		{name: "bulk sync again", bulk: true, consents: no, modified: before, want: out},
	}},
	"before the start date, edited": {before, []step{
		{name: "bulk sync", bulk: true, consents: yes, modified: before, want: skipped},
		{name: "edit", consents: yes, modified: later, edit: "Anna", want: in, omit: silence},
		{name: "deletion", want: outByID},
	}},
	"before the start date, deleted": {before, []step{
		{name: "bulk sync", bulk: true, consents: yes, modified: before, want: skipped},
		// Ometria knows no contact of that id, and we know no address.
		{name: "deletion", want: nothing},
	}},
}

// push is, word for word, what Ometria gets of a step.
func (s step) push(want string, force bool, created string) string {
	forced := ""
	if force && want != silence {
		forced = `"@force_optin":true,`
	}
	id := max(s.id, 5)
	if want == outByID {
		return fmt.Sprintf(`{"@type":"contact","@collection":"subscribers","@merge":true,%s"id":"%d","marketing_optin":"EXPLICITLY_OPTEDOUT"}`, forced, id)
	}
	var optin, first, time string
	switch {
	case want == silence:
	case len(want) > len(in) && want[:len(in)] == in:
		optin, time = in, fmt.Sprintf(`"timestamp_subscribed":%q,`, want[len(in)+1:])
	case len(want) > len(out) && want[:len(out)] == out:
		optin, time = out, fmt.Sprintf(`"timestamp_unsubscribed":%q,`, want[len(out)+1:])
	default:
		optin = want
	}
	if optin != "" {
		optin = fmt.Sprintf(`"marketing_optin":%q,`, optin)
	}
	if s.edit != "" {
		first = fmt.Sprintf(`"firstname":%q,`, s.edit)
	}
	return fmt.Sprintf(`{"@type":"contact","@collection":"subscribers","@merge":true,%s"id":"%d","email":"a@example.com",%s%s"timestamp_acquired":%q,%s"store_ids":["tideandtwine.test"]}`,
		forced, id, optin, first, created, time)
}

func TestConsentWalks(t *testing.T) {
	for name, w := range walks {
		for _, history := range []bool{true, false} {
			for _, force := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/history_consent=%t/force_optin=%t", name, history, force), func(t *testing.T) {
					walk(t, w.created, w.steps, history, force)
				})
			}
		}
	}
}

func walk(t *testing.T, created string, steps []step, history, force bool) {
	ctx := shop(func(c *mapping.Context) {
		c.SendHistoryConsent, c.Settings.ForceOptin = history, force
	})
	states := map[int64]connection.RecordState{}
	for _, s := range steps {
		id, made := max(s.id, 5), s.created
		if made == "" {
			made = created
		}
		if s.anew {
			ctx.ConnectedAt = connectedAnew
			clear(states)
		}
		if s.moved {
			ctx.ConnectedAt = connectedAnew
			for id, state := range states {
				state.ConsentSent, state.ConsentBefore = connection.ConsentUnknown, state.ConsentSeen
				states[id] = state
			}
		}
		if s.refused {
			states[id] = states[id].Undone()
		}
		if s.told {
			ctx.SendHistoryConsent = true
		}
		ctx.Since = time.Time{}
		if s.bulk {
			ctx.Since = connectedAt.AddDate(0, -1, 0)
		}
		r := mapping.Gone(connection.Subscribers, connection.RecordID(id), ctx, states[id])
		if s.consents != nil {
			r = mapping.Subscriber(bigcommerce.Subscriber{ID: id, Email: "a@example.com", FirstName: s.edit, Consents: s.consents,
				DateCreated: at(made), DateModified: at(s.modified)}, ctx, states[id])
		}
		want := s.want
		if !history && s.omit != "" {
			want = s.omit
		}
		if s.unheard {
			r.State, _ = states[id].Meant(r.State)
		}
		states[id] = remembered(t, r.State)
		if want == skipped {
			require.NotNil(t, r.Skip, s.name)
			assert.Equal(t, connection.ReasonBeforeStart, r.Skip.Code)
		}
		if want == skipped || want == nothing {
			require.Empty(t, r.Records, s.name)
			continue
		}
		require.Len(t, r.Records, 1, s.name)
		valid(t, r.Records)
		got, err := ometria.Encode(r.Records[0])
		require.NoError(t, err)
		require.Equal(t, s.push(want, force, made), string(got), s.name)
	}
}

// remembered is the state as the database gives it back.
func remembered(t *testing.T, s connection.RecordState) connection.RecordState {
	t.Helper()
	data, err := json.Marshal(s)
	require.NoError(t, err)
	var back connection.RecordState
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, s, back)
	return back
}

// Where the moment of the connection is unknown, everything is history.
func TestConsentWithoutAMoment(t *testing.T) {
	ctx := shop(func(c *mapping.Context) { c.ConnectedAt = time.Time{} })
	s := bigcommerce.Subscriber{ID: 5, Email: "a@example.com", Consents: yes, DateCreated: at(after), DateModified: at(after)}
	got := only[*ometria.Contact](t, mapping.Subscriber(s, ctx, connection.RecordState{}))
	assert.Equal(t, ometria.OptedIn, got.MarketingOptin)
	assert.True(t, got.TimestampSubscribed.IsZero())
	s.DateCreated = bigcommerce.Timestamp{}
	got = only[*ometria.Contact](t, mapping.Subscriber(s, shop(), connection.RecordState{}))
	assert.True(t, got.TimestampSubscribed.IsZero(), "nor does a row without a date fire the welcome")
	assert.True(t, got.TimestampAcquired.IsZero())
}

// The push says what was seen, the state what was said.
func TestConsentKeptForSupport(t *testing.T) {
	omit := shop(func(c *mapping.Context) { c.SendHistoryConsent = false })
	s := bigcommerce.Subscriber{ID: 5, Email: "a@example.com", Consents: yes, DateCreated: at(before), DateModified: at(before)}
	r := mapping.Subscriber(s, omit, connection.RecordState{})
	assert.Equal(t, connection.RecordState{Exists: true, ConsentSeen: connection.ConsentYes}, r.State)
	s.Consents = no
	r = mapping.Subscriber(s, omit, r.State)
	assert.Equal(t, connection.RecordState{Exists: true, ConsentSeen: connection.ConsentOut, ConsentSent: connection.ConsentOut,
		ConsentBefore: connection.ConsentYes}, r.State)
}

// BigCommerce tells whole seconds: a row of the second in which the connection
// was made is new, one of the second before is history.
func TestConsentInTheSecondOfTheConnection(t *testing.T) {
	ctx := shop(func(c *mapping.Context) {
		c.ConnectedAt, c.SendHistoryConsent = connectedAt.Add(700*time.Millisecond), false
	})
	for created, want := range map[time.Time]ometria.Optin{connectedAt: ometria.OptedIn, connectedAt.Add(-time.Second): ""} {
		s := bigcommerce.Subscriber{ID: 5, Email: "a@example.com", Consents: yes, DateCreated: bigcommerce.NewTimestamp(created)}
		got := only[*ometria.Contact](t, mapping.Subscriber(s, ctx, connection.RecordState{}))
		assert.Equal(t, want, got.MarketingOptin)
		assert.Equal(t, want == "", got.TimestampSubscribed.IsZero())
	}
}
