package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	errorPollLease = 30 * time.Second
	// errorsKept is how many errors Ometria keeps an account (Push API): as
	// many unseen ones at once mean that others may be lost.
	errorsKept = 100
)

// PollPushErrors reads what Ometria found wrong after it had accepted, for one
// account with recent pushes, and reports whether there was one to poll. An
// error that names a record's latest push marks the record rejected. It is no
// activity: a loop beside the worker calls it, under a lease for the account.
func (a *Activities) PollPushErrors(ctx context.Context) (polled bool, err error) {
	poll, err := a.Store.LeaseErrorPoll(ctx, errorPollLease)
	if err != nil {
		return false, fmt.Errorf("lease error poll: %w", err)
	}
	if poll == nil {
		return false, nil
	}
	connections, err := a.live(ctx, poll.Connections)
	if err != nil {
		return true, err
	}
	if len(connections) == 0 { // removed since: nothing is left to reject
		return true, a.Store.SaveErrorPoll(ctx, *poll)
	}
	accounts, err := a.Dialer.Open(ctx, connections[0].AuthenticationID, poll.Account, pacing.Bulk)
	if err != nil {
		return true, err
	}
	if err := accounts.TakeRead(ctx); err != nil {
		return true, err
	}
	found, err := accounts.Ometria.PushErrors(ctx)
	if err != nil {
		return true, fmt.Errorf("read push errors: %w", err)
	}
	unseen, hits := 0, 0
	before := parseMarks(poll.Seen)
	seen := make([]string, 0, len(found))
	for _, e := range found {
		mark := markOf(e)
		looks, known := before[mark]
		if !known {
			unseen++
		}
		if !known || looks > 0 && looks < mostLooks {
			hit, err := a.rejectLater(ctx, connections, e)
			if err != nil {
				return true, err
			}
			looks++
			if hit {
				hits++
				looks = 0
			}
		}
		seen = append(seen, writeMark(mark, looks))
	}
	// At the first poll the errors may be old ones of other senders.
	if unseen >= errorsKept && (hits > 0 || !poll.Since.IsZero()) {
		if err := a.missedErrors(ctx, *poll, connections); err != nil {
			return true, err
		}
	}
	poll.Seen = seen
	return true, a.Store.SaveErrorPoll(ctx, *poll)
}

// mostLooks is in how many polls an error is held against our records. One that
// names none may be of a push that was answered but not noted yet, or of
// another sender.
const mostLooks = 6

// writeMark keeps a mark with the number of looks that found no record, 0 once
// one was found. parseMarks reads them.
func writeMark(mark string, looks int) string {
	if looks == 0 {
		return mark
	}
	return mark + "?" + strconv.Itoa(looks)
}

func parseMarks(seen []string) map[string]int {
	marks := make(map[string]int, len(seen))
	for _, s := range seen {
		mark, looks, _ := strings.Cut(s, "?")
		marks[mark], _ = strconv.Atoi(looks) // none is 0
	}
	return marks
}

func (a *Activities) live(ctx context.Context, ids []connection.ID) ([]connection.Connection, error) {
	var found []connection.Connection
	for _, id := range ids {
		c, held, err := a.held(ctx, id)
		if err != nil {
			return nil, err
		}
		if held != HeldRemoved {
			found = append(found, c)
		}
	}
	return found, nil
}

// markOf recognises an error that was seen before, without keeping what it
// says.
func markOf(e ometria.PushError) string {
	sum := sha256.Sum256([]byte(e.RequestID + "\x00" + string(e.RecordType) + "\x00" + e.Collection + "\x00" + e.RecordID))
	return hex.EncodeToString(sum[:12])
}

func (a *Activities) rejectLater(ctx context.Context, connections []connection.Connection, e ometria.PushError) (hit bool, err error) {
	reason := connection.Reason{Code: connection.ReasonRefused, Path: e.Path, Text: e.Message}
	for _, c := range connections {
		for _, key := range a.candidates(ctx, c, e) {
			hit, err = a.Store.RejectLater(ctx, c.IdentificationCode, key.Entity, key.RecordID, e.RequestID, c.Settings.IDPrefix, reason, e.Timestamp.Time)
			if err != nil {
				return false, fmt.Errorf("reject record: %w", err)
			}
			if hit {
				a.Metrics.rejectedLater(key.Entity)
				a.Logger.Warn("record rejected later", "connection_id", c.ID, "entity", key.Entity, "record_id", key.RecordID)
				return true, nil
			}
		}
	}
	return false, nil
}

// candidates are the records an error may be about. With raw variant ids a
// variant's id reads as a product's, so the products of the same request are
// looked through for a variant of that id.
func (a *Activities) candidates(ctx context.Context, c connection.Connection, e ometria.PushError) []connection.RecordKey {
	entity, id, ok := mapping.RecordKeyOf(c.Settings, e.RecordType, e.Collection, e.RecordID)
	if !ok {
		return nil
	}
	keys := []connection.RecordKey{{ConnectionID: c.ID, Entity: entity, RecordID: id}}
	if entity != connection.Products || !c.Settings.RawVariantIDs() {
		return keys
	}
	pushed, err := a.Store.RecordsByRequest(ctx, c.ID, e.RequestID)
	if err != nil {
		a.Logger.Warn("find records of request", "connection_id", c.ID, "err", err)
		return keys
	}
	for _, record := range pushed {
		if slices.Contains(record.Children, int64(id)) {
			keys = append(keys, record.Key)
		}
	}
	return keys
}

// missedErrors forgets what was pushed since the last poll, so that the next
// passes push it again, and says so.
func (a *Activities) missedErrors(ctx context.Context, poll store.ErrorPoll, connections []connection.Connection) error {
	cleared, err := a.Store.ClearFingerprintsSince(ctx, poll.Account, poll.Since)
	if err != nil {
		return fmt.Errorf("clear fingerprints: %w", err)
	}
	for _, c := range connections {
		a.Logger.Warn("push errors may be missing", "connection_id", c.ID, "cleared", cleared)
		if err := a.Store.Attend(ctx, c.ID, connection.Attention{
			Code: connection.PushErrorsMissed, Since: time.Now().UTC(),
			Action: "Ometria reported over 100 errors at once, so some may not have been seen: look at the failures and mend what they name. What was pushed meanwhile is pushed again by the next sweep.",
		}); err != nil {
			return err
		}
	}
	return nil
}
