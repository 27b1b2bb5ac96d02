package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	// signerLasts is how long a client secret is believed, and how often a word
	// about signatures may be shown and taken back.
	signerLasts = 30 * time.Second
	// signerDoubted is how old a client secret must be to be read again when a
	// signature is not of it.
	signerDoubted = time.Second
)

// signature is what a delivery's signature came to.
type signature string

const (
	signatureUnknown  signature = ""         // no client secret to check it with
	signatureValid    signature = "valid"    // made with the client secret
	signatureMismatch signature = "mismatch" // made with another, or of another body
	signatureMissing  signature = "missing"  // not all of the headers came
)

var signatureResults = []signature{signatureValid, signatureMismatch, signatureMissing}

// signatures checks the Standard Webhooks signature of deliveries whose secret
// header was right. The header alone decides what is taken in: BigCommerce does
// not document which headers it signs with, so a signature that is wrong is
// counted and shown, never held against the delivery.
type signatures struct {
	store  *store.Store
	logger *slog.Logger

	mu    sync.Mutex // guards known
	known map[connection.ID]*signer
}

// signer is what is remembered of a connection, so that a delivery costs no
// look into the database.
type signer struct {
	mu      sync.Mutex          // guards what follows
	secrets []connection.Secret // of all its authentications; none when one of them has none
	readAt  time.Time
	shown   bool // attention has the word
	// mayShow and mayTake bound how often attention is written.
	mayShow, mayTake bool
}

func newSignatures(s *store.Store, logger *slog.Logger) *signatures {
	return &signatures{store: s, logger: logger, known: map[connection.ID]*signer{}}
}

func (s *signatures) of(id connection.ID) *signer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[id] == nil {
		s.known[id] = &signer{}
	}
	return s.known[id]
}

// check tells what the signature of an accepted delivery came to, and shows a
// mismatch on its connection until a valid one comes. What goes wrong meanwhile
// is logged: the delivery is on disk already.
func (s *signatures) check(ctx context.Context, id connection.ID, body []byte, headers http.Header) signature {
	found, show, take, err := s.of(id).check(ctx, s.store, id, body, headers)
	switch {
	case err != nil:
	case show:
		s.logger.WarnContext(ctx, "webhook signature does not match", "connection_id", id)
		err = s.store.Attend(ctx, id, connection.Attention{
			Code: connection.WebhookSignature,
			Action: "Webhooks come with the right secret header, and are taken in, but their signature is not of the client secret that we hold: " +
				"it is probably another API account's. Make an authentication with the client secret that belongs to the access token, or with none, and replace this connection's by it.",
		})
	case take:
		err = s.store.Unattend(ctx, id, connection.WebhookSignature)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) { // removed meanwhile
		s.logger.WarnContext(ctx, "check webhook signature", "connection_id", id, "err", err)
	}
	return found
}

func (k *signer) check(ctx context.Context, from *store.Store, id connection.ID, body []byte, headers http.Header) (found signature, show, take bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Since(k.readAt) >= signerLasts {
		if err := k.read(ctx, from, id); err != nil {
			return signatureUnknown, false, false, err
		}
	}
	found = verifyAny(k.secrets, body, headers)
	if found == signatureMismatch && time.Since(k.readAt) >= signerDoubted {
		mayShow, mayTake := k.mayShow, k.mayTake
		if err := k.read(ctx, from, id); err != nil {
			return signatureUnknown, false, false, err
		}
		k.mayShow, k.mayTake = mayShow, mayTake
		found = verifyAny(k.secrets, body, headers)
	}
	switch {
	case found == signatureMismatch && !k.shown && k.mayShow:
		k.shown, k.mayShow, show = true, false, true
	case found == signatureValid && k.shown && k.mayTake:
		k.shown, k.mayTake, take = false, false, true
	}
	return found, show, take, nil
}

// read looks up the client secrets of the connection's authentications: while
// one takes another's place, webhooks of both API accounts come.
func (k *signer) read(ctx context.Context, from *store.Store, id connection.ID) error {
	c, err := from.Connection(ctx, id)
	if err != nil {
		return err
	}
	var secrets []connection.Secret
	for _, id := range append([]connection.AuthenticationID{c.AuthenticationID}, c.Replacing.Authentications()...) {
		authentication, err := from.Authentication(ctx, id)
		if err != nil {
			return err
		}
		if !authentication.HasClientSecret { // whose webhooks nobody can tell from forged ones
			secrets = nil
			break
		}
		credentials, err := from.Credentials(ctx, id)
		if err != nil {
			return err
		}
		secrets = append(secrets, credentials.ClientSecret)
	}
	k.secrets, k.readAt, k.mayShow, k.mayTake = secrets, time.Now(), true, true
	k.shown = slices.ContainsFunc(c.Attention, func(a connection.Attention) bool { return a.Code == connection.WebhookSignature })
	return nil
}

// verifyAny checks a signature with each of the secrets that it may be of.
func verifyAny(secrets []connection.Secret, body []byte, headers http.Header) (found signature) {
	for _, secret := range secrets {
		if found = verify(secret, body, headers); found == signatureValid {
			return found
		}
	}
	return found
}

// verify checks a signature as the page "HTTPS webhook overview" of BigCommerce
// says: with the official library, whose key is the base64 of the client
// secret, so that the client secret's own bytes make the signature. Its age is
// no reason to doubt it: failed deliveries come again for two days.
func verify(secret connection.Secret, body []byte, headers http.Header) signature {
	if secret == "" {
		return signatureUnknown
	}
	for _, name := range []string{standardwebhooks.HeaderWebhookID, standardwebhooks.HeaderWebhookTimestamp, standardwebhooks.HeaderWebhookSignature} {
		if headers.Get(name) == "" {
			return signatureMissing
		}
	}
	webhook, err := standardwebhooks.NewWebhookRaw([]byte(secret.Reveal()))
	if err != nil || webhook.VerifyIgnoringTimestamp(body, headers) != nil {
		return signatureMismatch
	}
	return signatureValid
}
