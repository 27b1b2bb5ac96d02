package ometria

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// APIError is an answer that is neither success nor a throttle. It carries
// nothing of the answer's body but its request id: what Ometria writes into
// error bodies is undocumented and may repeat the record.
type APIError struct {
	Op        string // what was asked, such as "push"
	Status    int
	RequestID string
	// RecordTooLarge reports that the answer says "Record is too large".
	RecordTooLarge bool
	// Malformed reports a success whose body could not be read.
	Malformed bool
}

func (e *APIError) Error() string {
	msg := fmt.Sprintf("%s: ometria answered %d", e.Op, e.Status)
	if text := http.StatusText(e.Status); text != "" {
		msg += " " + text
	}
	switch {
	case e.Malformed:
		msg += " with a body that is not the documented JSON"
	case e.RecordTooLarge:
		msg += ": record is too large"
	case IsCredentials(e):
		msg += ": the API key is wrong, revoked or less than ten minutes old"
	}
	if e.RequestID != "" {
		msg += " (request " + e.RequestID + ")"
	}
	return msg
}

// ThrottledError is a 429: the rate limit or the queue limit. Nothing was done.
type ThrottledError struct {
	Op string
	// RetryIn is how long Ometria asks to wait; 0 when it does not say.
	RetryIn time.Duration
	// QueueFull reports that the queue of 50,000 records has no room. False
	// also when the answer does not say.
	QueueFull bool
	// QueueRemaining is the room left, or -1 when the answer does not say.
	QueueRemaining int
}

func (e *ThrottledError) Error() string {
	msg := e.Op + ": ometria answered 429 Too Many Requests"
	if e.QueueFull {
		msg += ", its queue is full"
	}
	if e.RetryIn > 0 {
		msg += fmt.Sprintf(", retry in %s", e.RetryIn)
	}
	return msg
}

// RecordTooLargeError is a record over MaxRecordBytes, refused before sending.
type RecordTooLargeError struct {
	Key   Key
	Bytes int
}

func (e *RecordTooLargeError) Error() string {
	return fmt.Sprintf("record %s is too large: %d bytes, ometria takes %d", e.Key, e.Bytes, MaxRecordBytes)
}

// BatchError is a push that was refused before sending because its records do
// not form one batch.
type BatchError struct{ Reason string }

func (e *BatchError) Error() string { return "push: " + e.Reason }

// IsCredentials reports whether the key was refused: 403, or 401, which is
// documented nowhere but means nothing else.
func IsCredentials(err error) bool {
	e, ok := errors.AsType[*APIError](err)
	return ok && (e.Status == http.StatusForbidden || e.Status == http.StatusUnauthorized)
}

// IsUnavailable reports whether Ometria as a whole is at fault, and no record:
// 502, 503 or 504, or no connection could be made.
func IsUnavailable(err error) bool {
	if e, ok := errors.AsType[*APIError](err); ok {
		switch e.Status {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	return notConnected(err)
}

// IsTimeout reports whether a call ended for want of time: its outcome is
// unknown unless DidNothing says otherwise.
func IsTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// IsNotFound reports whether Ometria has no such record.
func IsNotFound(err error) bool {
	e, ok := errors.AsType[*APIError](err)
	return ok && e.Status == http.StatusNotFound
}

// IsRefused reports whether the push's own content was refused as a whole:
// split it, and what stands alone is the bad record.
func IsRefused(err error) bool {
	if _, ok := errors.AsType[*RecordTooLargeError](err); ok {
		return true
	}
	e, ok := errors.AsType[*APIError](err)
	if !ok {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// DidNothing reports whether the call surely changed nothing at Ometria:
// refused before sending, no connection made, or an answer that refuses the
// whole request (400, 401, 403, 404, 413, 422, 429). Everything else, a timeout
// or a 5xx above all, has an unknown outcome.
func DidNothing(err error) bool {
	if err == nil {
		return false
	}
	if _, ok := errors.AsType[*RecordTooLargeError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*BatchError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*ThrottledError](err); ok {
		return true
	}
	if e, ok := errors.AsType[*APIError](err); ok {
		switch e.Status {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
			return true
		}
		return IsRefused(e)
	}
	if errors.Is(err, errNotSent) {
		return true
	}
	return notConnected(err)
}

// errNotSent marks a call whose context had ended before it began.
var errNotSent = errors.New("not sent")

// notConnected reports whether the error came before a connection stood, so
// that no byte of the request can have left.
func notConnected(err error) bool {
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	return ok
}

// errMalformed stands for an error that quotes the answer.
var errMalformed = errors.New("malformed HTTP answer")

// bare drops the URL that net/http puts around an error, since the route in our
// own message says as much without an id, and any text of the answer: net/http
// quotes what it cannot read, which may be the record.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if err == nil || notConnected(err) { // nothing was answered
		return err
	}
	if strings.Contains(err.Error(), `"`) {
		return errMalformed
	}
	return err
}
