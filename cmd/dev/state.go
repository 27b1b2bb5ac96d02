package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ometria/ometria-bigcommerce/store"
)

// state is what has to be the same again when the command is started anew on
// the same data: keys, tokens, the simulated accounts and the addresses that
// webhooks were made for.
type state struct {
	EncryptionKeys string    `json:"encryption_keys"`
	AdminToken     string    `json:"admin_token"`
	SupportToken   string    `json:"support_token"`
	Accounts       accounts  `json:"accounts"`
	Shop           shopSize  `json:"shop"`
	Addresses      addresses `json:"addresses"`
	// Bad are the records made bad on purpose.
	Bad []badRecord `json:"bad,omitempty"`
}

// accounts are the credentials of the simulated accounts.
type accounts struct {
	StoreHash    string `json:"store_hash"`
	AccessToken  string `json:"access_token"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	OmetriaKey   string `json:"ometria_key"`
}

// shopSize decides the simulated store.
type shopSize struct {
	Seed        int64 `json:"seed"`
	Customers   int   `json:"customers"`
	Subscribers int   `json:"subscribers"`
	Products    int   `json:"products"`
	Orders      int   `json:"orders"`
	Bad         int   `json:"bad,omitempty"` // records of each kind
}

// addresses are host:port of what listens here.
type addresses struct {
	HTTP        string `json:"http"`
	BigCommerce string `json:"bigcommerce"`
	Ometria     string `json:"ometria"`
	Temporal    string `json:"temporal"` // for whoever reads the file; a new run may take another
}

func newState(shop shopSize) state {
	return state{
		EncryptionKeys: store.NewKey(), AdminToken: random("admin"), SupportToken: random("support"),
		Accounts: accounts{
			StoreHash: "demostore1", AccessToken: random("shoptoken"), ClientID: random("client"),
			ClientSecret: random("clientsecret"), OmetriaKey: random("ometriakey"),
		},
		Shop:      shop,
		Addresses: addresses{HTTP: "127.0.0.1:8080", BigCommerce: "127.0.0.1:8181", Ometria: "127.0.0.1:8182"},
	}
}

// random returns an unguessable secret that says what it is for.
func random(purpose string) string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return purpose + "-" + hex.EncodeToString(b)
}

const stateFile = "dev.json"

// loadState reads the state kept in dir, or makes one. A directory whose
// simulated store has another size or seed is refused: the records that were
// synced would not be the store's.
func loadState(dir string, shop shopSize, simulated bool) (state, error) {
	raw, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return newState(shop), nil
	}
	if err != nil {
		return state{}, fmt.Errorf("read state: %w", err)
	}
	var s state
	if err := json.Unmarshal(raw, &s); err != nil {
		return state{}, fmt.Errorf("read %s: %w", stateFile, err)
	}
	if simulated && s.Shop != shop {
		return state{}, usagef("--data holds a store of %d customers, %d subscribers, %d products and %d orders with seed %d and %d bad records a kind: ask for the same, or name another directory",
			s.Shop.Customers, s.Shop.Subscribers, s.Shop.Products, s.Shop.Orders, s.Shop.Seed, s.Shop.Bad)
	}
	return s, nil
}

// save keeps the state in dir, readable by its owner alone. A kill at any
// moment leaves the old file or the new one.
func (s state) save(dir string) error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	next := filepath.Join(dir, stateFile+".new")
	if err := os.WriteFile(next, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := os.Rename(next, filepath.Join(dir, stateFile)); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}
