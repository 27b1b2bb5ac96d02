package ometriasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

const (
	maxRecords     = 100
	maxRecordBytes = 60_000 // "60 KB": the stricter reading
	maxBodyBytes   = 16 << 20
)

const tooLarge = "Record is too large"

// refused words a 400 as Ometria's only known one is worded (page
// "Introduction": "Payload invalid: Record is too large").
func refused(what string) error { return errors.New("Payload invalid: " + what) }

// pushAnswer is the answer to POST /v2/push.
type pushAnswer struct {
	Status    string `json:"status"`
	RequestID string `json:"request_id"`
	Accepted  int    `json:"accepted"`
	Rejected  int    `json:"rejected"`
}

// taken is one push as decided on arrival and as the journal keeps it: a
// replay does again what was answered, whatever the rules are by then.
type taken struct {
	Account   string       `json:"account"`
	At        time.Time    `json:"at"`
	RequestID string       `json:"request_id"`
	Records   []takenEntry `json:"records"`
}

type takenEntry struct {
	Key      Key             `json:"key"`
	Record   json.RawMessage `json:"record"`
	Rejected bool            `json:"rejected,omitempty"`
	Lost     bool            `json:"lost,omitempty"`
	Error    *ErrorMessage   `json:"error,omitempty"`  // shows in /push/_errors
	Broken   []ErrorMessage  `json:"broken,omitempty"` // of the contract, whatever became of the record
}

// push takes an array of 1 to 100 records of one type (page "Push endpoint").
// 200 means received, not valid: validity shows in /push/_errors.
func (s *Server) push(a *Account, w http.ResponseWriter, r *http.Request) {
	now := s.options.Now()
	room, queued := a.room(s.options.QueueLimit)
	if s.options.QueueHeaders && s.options.QueueLimit > 0 {
		w.Header().Set("X-QueueSize-Limit", strconv.Itoa(s.options.QueueLimit))
		w.Header().Set("X-QueueSize-Remaining", strconv.Itoa(room))
	}
	if !a.pushes.AllowN(now, 1) {
		a.count(func(c *Counts) { c.TooMany++ })
		fail(w, http.StatusTooManyRequests, "Too many requests")
		return
	}
	records, err := readRecords(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err == nil {
		err = s.refuse(records)
	}
	if err != nil {
		a.refuse(Violation{At: now.UTC(), Message: err.Error()})
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if s.options.QueueLimit > 0 && queued+len(records) > s.options.QueueLimit {
		a.count(func(c *Counts) { c.TooMany++ })
		fail(w, http.StatusTooManyRequests, "Queue is full")
		return
	}
	t := taken{Account: a.name, At: now.UTC(), RequestID: uuid.NewString()}
	for _, raw := range records {
		t.Records = append(t.Records, s.decide(a, raw))
	}
	answer, err := s.accept(a, t)
	if err != nil {
		s.options.Logger.Error("append to journal", "err", err)
		fail(w, http.StatusInternalServerError, "Internal server error")
		return
	}
	write(w, http.StatusOK, answer)
}

// accept keeps the journal and the account in one order, so that a replay
// ends where the running process did.
func (s *Server) accept(a *Account, t taken) (pushAnswer, error) {
	a.intake.Lock()
	defer a.intake.Unlock()
	if err := s.journal.Append(t); err != nil {
		return pushAnswer{}, err
	}
	answer := a.take(t)
	s.process(a, t)
	return answer, nil
}

// refuse counts a push that was answered 400.
func (a *Account) refuse(v Violation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Refused++
	a.violate(v)
}

func (a *Account) room(limit int) (room, queued int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(0, limit-a.counts.Waiting), a.counts.Waiting
}

func readRecords(body io.Reader) ([]json.RawMessage, error) {
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, refused("could not be read")
	}
	var records []json.RawMessage
	if err := json.Unmarshal(raw, &records); err != nil {
		return nil, refused("not a JSON array")
	}
	if len(records) == 0 || len(records) > maxRecords {
		return nil, refused(fmt.Sprintf("%d records, 1 to %d allowed", len(records), maxRecords))
	}
	return records, nil
}

// refuse answers what spoils a whole push.
func (s *Server) refuse(records []json.RawMessage) error {
	var first string
	for n, raw := range records {
		var head struct {
			Type string `json:"@type"`
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			return refused(fmt.Sprintf("record %d is not an object with an @type", n))
		}
		switch head.Type {
		case "contact", "order", "product", "custom_event":
		default:
			return refused(fmt.Sprintf("record %d has an unknown @type", n))
		}
		if n == 0 {
			first = head.Type
		}
		if head.Type != first {
			return refused("records of more than one @type")
		}
		if len(raw) > maxRecordBytes && !s.options.RejectTooLarge {
			return refused(tooLarge)
		}
	}
	return nil
}

// decide says what becomes of one record.
func (s *Server) decide(a *Account, raw json.RawMessage) takenEntry {
	entry := takenEntry{Key: keyOf(raw), Record: compact(raw)}
	found := s.check(entry.Key, raw)
	entry.Broken = found.broken
	rule := a.rule(entry.Key)
	switch {
	case len(raw) > maxRecordBytes:
		entry.Rejected = true
		entry.Broken = append(entry.Broken, ErrorMessage{ErrorMessage: tooLarge})
	case rule != nil && rule.Drop:
		entry.Lost = true
	case rule != nil && rule.When == "now":
		entry.Rejected = true
	case rule != nil:
		entry.Error = &ErrorMessage{ErrorMessage: rule.ErrorMessage, ErrorPath: rule.ErrorPath}
	case s.options.RejectAtOnce:
		entry.Rejected = found.refusal != nil
	default:
		entry.Error = found.refusal
	}
	return entry
}

// keyOf reads what names a record. Ometria's Magento extension pushes integer
// ids; they are the same as their decimal strings.
func keyOf(raw json.RawMessage) Key {
	var head struct {
		Type       string          `json:"@type"`
		Collection json.RawMessage `json:"@collection"`
		ID         json.RawMessage `json:"id"`
	}
	_ = json.Unmarshal(raw, &head) // refuse has read it already
	key := Key{Type: head.Type, ID: text(head.ID)}
	if key.Type == "contact" {
		key.Collection = text(head.Collection)
		if key.Collection == "" {
			key.Collection = "default" // what the documented examples suggest
		}
	}
	return key
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

func compact(raw json.RawMessage) json.RawMessage {
	var out bytes.Buffer
	out.Grow(len(raw))
	if json.Compact(&out, raw) != nil {
		return bytes.Clone(raw)
	}
	return out.Bytes()
}

// take counts a push that was answered 200.
func (a *Account) take(t taken) pushAnswer {
	answer := pushAnswer{Status: "OK", RequestID: t.RequestID}
	for _, entry := range t.Records {
		if entry.Rejected {
			answer.Rejected++
		} else {
			answer.Accepted++
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Pushes++
	a.counts.Records += len(t.Records)
	a.counts.Accepted += answer.Accepted
	a.counts.Rejected += answer.Rejected
	a.counts.Waiting += answer.Accepted
	for _, entry := range t.Records {
		for _, broken := range entry.Broken {
			a.violate(Violation{
				At: t.At, RequestID: t.RequestID, Type: entry.Key.Type, Collection: entry.Key.Collection, ID: entry.Key.ID,
				Path: broken.ErrorPath, Message: broken.ErrorMessage,
			})
		}
	}
	return answer
}

// process stores what was taken, now or after the processing delay, each push
// after the one before it. It needs a.intake.
func (s *Server) process(a *Account, t taken) {
	if s.options.ProcessingDelay == 0 {
		a.finish(t)
		return
	}
	before, done := a.last, make(chan struct{})
	a.last = done
	s.pending.Go(func() {
		defer close(done)
		timer := time.NewTimer(s.options.ProcessingDelay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.closing:
			return
		}
		if before != nil {
			<-before
		}
		a.finish(t)
	})
}

func (a *Account) finish(t taken) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, entry := range t.Records {
		if entry.Rejected {
			continue
		}
		a.counts.Waiting--
		switch {
		case entry.Lost:
			a.counts.Lost++
		case entry.Error != nil:
			a.fail(PushError{
				RequestID: t.RequestID, RecordType: entry.Key.Type, RecordID: entry.Key.ID,
				Record: entry.Record, Timestamp: t.At, Message: *entry.Error,
			})
		default:
			a.store(entry.Key, entry.Record, Push{RequestID: t.RequestID, At: t.At})
		}
	}
}

// replay does one journal line again.
func (s *Server) replay(line []byte) error {
	var t taken
	if err := json.Unmarshal(line, &t); err != nil {
		return err
	}
	a := s.accounts[t.Account]
	if a == nil {
		return fmt.Errorf("account %q has no key any more", t.Account)
	}
	a.take(t)
	a.finish(t)
	return nil
}
