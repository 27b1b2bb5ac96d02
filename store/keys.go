package store

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

const keyBytes = 32

var keyID = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// Keyring holds the keys that credentials are encrypted with (AES-256-GCM).
// The first encrypts; all decrypt.
type Keyring struct {
	first string
	keys  map[string]*subtle.AESGCM
}

// ParseKeys reads "id:base64 of 32 bytes,…". Its error names the form and the
// place, never a key.
func ParseKeys(s string) (*Keyring, error) {
	k := &Keyring{keys: map[string]*subtle.AESGCM{}}
	for i, part := range strings.Split(s, ",") {
		id, encoded, ok := strings.Cut(strings.TrimSpace(part), ":")
		if !ok || !keyID.MatchString(id) {
			return nil, fmt.Errorf("parse encryption keys: key %d has not the form id:base64 of 32 bytes", i+1)
		}
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(raw) != keyBytes {
			return nil, fmt.Errorf("parse encryption keys: key %q is not the base64 of 32 bytes", id)
		}
		if _, twice := k.keys[id]; twice {
			return nil, fmt.Errorf("parse encryption keys: key id %q comes twice", id)
		}
		if k.keys[id], err = subtle.NewAESGCM(raw); err != nil {
			return nil, fmt.Errorf("parse encryption keys: key %q cannot be used", id)
		}
		if k.first == "" {
			k.first = id
		}
	}
	return k, nil
}

// NewKey returns a random key in the form that ParseKeys reads.
func NewKey() string {
	raw := make([]byte, keyBytes)
	rand.Read(raw) // never fails: crypto/rand ends the program instead
	id := make([]byte, 4)
	rand.Read(id)
	return fmt.Sprintf("k%x:%s", id, base64.StdEncoding.EncodeToString(raw))
}

// place is where a sealed value belongs: its row and column are associated
// data, so that a value moved elsewhere does not open.
type place struct{ row, column string }

func (p place) associated() []byte { return []byte(p.row + "/" + p.column) }

// seal encrypts plain with the first key.
func (k *Keyring) seal(plain []byte, at place) (sealed []byte, keyID string, err error) {
	if k == nil || k.first == "" {
		return nil, "", errors.New("seal secret: no encryption key")
	}
	sealed, err = k.keys[k.first].Encrypt(plain, at.associated())
	if err != nil {
		return nil, "", fmt.Errorf("seal %s: %w", at.column, err)
	}
	return sealed, k.first, nil
}

// open decrypts what seal made with the key named beside it.
func (k *Keyring) open(sealed []byte, keyID string, at place) ([]byte, error) {
	if k == nil {
		return nil, errors.New("open secret: no encryption key")
	}
	key, ok := k.keys[keyID]
	if !ok {
		return nil, fmt.Errorf("open %s: encryption key %q is not among the keys given: add it after the first", at.column, keyID)
	}
	plain, err := key.Decrypt(sealed, at.associated())
	if err != nil {
		return nil, fmt.Errorf("open %s: encryption key %q is not the one it was sealed with", at.column, keyID)
	}
	return plain, nil
}

// Seal encrypts what leaves the service and comes back, such as a browser's
// session. What was sealed for one purpose does not open for another.
func (k *Keyring) Seal(plain []byte, purpose string) (string, error) {
	sealed, id, err := k.seal(plain, place{row: "sealed", column: purpose})
	if err != nil {
		return "", err
	}
	return id + ":" + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open decrypts what Seal made with any of the keys. The text may come from
// anybody.
func (k *Keyring) Open(sealed, purpose string) ([]byte, error) {
	id, encoded, ok := strings.Cut(sealed, ":")
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if !ok || err != nil {
		return nil, errors.New("open sealed text: it has another form")
	}
	return k.open(raw, id, place{row: "sealed", column: purpose})
}
