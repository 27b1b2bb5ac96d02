package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/inspect"
	"github.com/ometria/ometria-bigcommerce/store"
)

// ask is handle for a question that may name a person. It ends with its caller,
// and an idempotency key is not heeded: asking twice changes nothing, and
// neither question nor answer is kept.
func ask[B any](a *api, do endpoint[B]) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), a.RequestTimeout)
		defer cancel()
		in, raw, err := read[B](a, c)
		if err != nil {
			a.fail(c, err)
			return
		}
		a.answer(c, func() (response, error) {
			if err := in.decode(raw); err != nil {
				return response{}, err
			}
			return do(ctx, in)
		})
	}
}

// previewView says a preview's notes in words as well, and what changes its
// outcome.
type previewView struct {
	inspect.Preview
	Notes  []noteView `json:"notes"`
	Action string     `json:"action"`
}

type checkView struct {
	inspect.RecordCheck
	Action string `json:"action"`
}

// previewRecord shows the BigCommerce record beside what would be pushed of it.
func (a *api) previewRecord(ctx context.Context, in request[empty]) (response, error) {
	preview, err := a.Inspector.Preview(ctx, in.Record)
	if err != nil {
		return response{}, a.recordError(ctx, in.Connection, err)
	}
	notes := preview.Notes
	if in.Record.Entity == connection.Subscribers && len(preview.Records) > 0 && !preview.Gone {
		remembered, err := a.Store.Record(ctx, in.Record)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return response{}, err
		}
		notes = append(slices.Clone(notes), silentOptin(preview, remembered.State)...)
	}
	return response{Status: http.StatusOK, Body: previewView{preview, viewNotes(notes), actionOnSome(preview.Reason)}}, nil
}

// checkRecord reads Ometria back.
func (a *api) checkRecord(ctx context.Context, in request[empty]) (response, error) {
	check, err := a.Inspector.Check(ctx, in.Record)
	if err != nil {
		return response{}, a.recordError(ctx, in.Connection, err)
	}
	return response{Status: http.StatusOK, Body: checkView{check, actionOnSome(check.Reason)}}, nil
}

// lookupBody names what is known of a shopper. What is wrong with it is said
// without repeating any of it.
type lookupBody struct {
	Email       string      `json:"email"`
	OrderNumber orderNumber `json:"order_number"`
}

// orderNumber is the number that a shopper quotes, as a string or a number.
type orderNumber string

func (n *orderNumber) decodeField(d *decoder, raw json.RawMessage, path string) {
	var text *string
	var number json.Number
	switch {
	case json.Unmarshal(raw, &text) == nil:
		if text != nil {
			*n = orderNumber(strings.TrimPrefix(strings.TrimSpace(*text), "#"))
		}
	case json.Unmarshal(raw, &number) == nil:
		*n = orderNumber(number)
	default:
		d.add(path, "invalid", "must be a string or a number")
	}
}

// isAddress reports whether text is an e-mail address alone. BigCommerce takes
// one with a comma for two.
func isAddress(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && len(text) <= 254 && !strings.ContainsAny(text, ", \"")
}

func isOrderNumber(text string) bool {
	return len(text) <= 100 && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (b lookupBody) validate() connection.ValidationError {
	const one = "name either email or order_number"
	switch {
	case b.Email == "" && b.OrderNumber == "":
		return connection.ValidationError{
			{Field: "email", Code: "required", Message: one}, {Field: "order_number", Code: "required", Message: one},
		}
	case b.Email != "" && b.OrderNumber != "":
		return connection.ValidationError{{Field: "order_number", Code: "invalid", Message: one + ", not both"}}
	case b.Email != "" && !isAddress(b.Email):
		return connection.ValidationError{{Field: "email", Code: "invalid", Message: "must be one e-mail address, without a name or a comma"}}
	case b.OrderNumber != "" && !isOrderNumber(string(b.OrderNumber)):
		return connection.ValidationError{{Field: "order_number", Code: "invalid", Message: "must be at most 100 printable ASCII characters without spaces"}}
	}
	return nil
}

// lookUpRecords finds a shopper's records by what support knows of them.
func (a *api) lookUpRecords(ctx context.Context, in request[lookupBody]) (response, error) {
	var found []inspect.Match
	var err error
	if in.Body.Email != "" {
		found, err = a.Inspector.ByEmail(ctx, in.Connection, in.Body.Email)
	} else {
		found, err = a.Inspector.ByOrderNumber(ctx, in.Connection, string(in.Body.OrderNumber))
	}
	if errors.Is(err, store.ErrNotFound) {
		if _, err := a.connection(ctx, in.Connection); err != nil {
			return response{}, err
		}
	}
	if err != nil {
		return response{}, a.remoteError(err)
	}
	return response{Status: http.StatusOK, Body: newList(found, "")}, nil
}

// recordError is remoteError for one record, and says what there is none of.
func (a *api) recordError(ctx context.Context, id connection.ID, err error) error {
	if !errors.Is(err, store.ErrNotFound) {
		return a.remoteError(err)
	}
	if _, err := a.connection(ctx, id); err != nil {
		return err
	}
	return notFound("there is no such record: BigCommerce does not have it, and no sync has seen it")
}

// remoteError keeps what is ours and calls the rest a failure of the account
// that was asked.
func (a *api) remoteError(err error) error {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	account, ok := errors.AsType[*inspect.AccountError](err)
	switch {
	case !ok:
		return fmt.Errorf("ask the accounts: %w", err)
	case account.RetryIn > 0:
		return unavailable(account.Detail, account.RetryIn, err)
	}
	return remoteFailed(account.Detail, err)
}
