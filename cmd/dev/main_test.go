package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dev": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: filepath.Join("testdata", "script"), RequireExplicitExec: true})
}

func TestStateIsKeptForItsOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	shop := shopSize{Seed: 1, Customers: 5}
	made, err := loadState(dir, shop, true)
	require.NoError(t, err)
	require.NoError(t, made.save(dir))
	info, err := os.Stat(filepath.Join(dir, stateFile))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	again, err := loadState(dir, shop, true)
	require.NoError(t, err)
	assert.Equal(t, made, again)

	other := shop
	other.Seed = 2
	_, err = loadState(dir, other, true)
	assert.ErrorContains(t, err, "ask for the same, or name another directory")
	_, err = loadState(dir, other, false)
	assert.NoError(t, err, "without simulators the size means nothing")
}

func TestMissingIsNamedAndShortened(t *testing.T) {
	assert.NoError(t, verified{entities: []verifiedEntity{
		{entity: connection.Orders, counts: counts{Store: 3, Accepted: 2, Skipped: 1}},
	}}.missingError())

	e := verifiedEntity{entity: connection.Orders, counts: counts{Store: 12, Accepted: 12}}
	for range 12 {
		e.missing = append(e.missing, "orders 7 (accepted, but not at Ometria)")
	}
	err := verified{entities: []verifiedEntity{e}}.missingError()
	assert.ErrorContains(t, err, "missing at Ometria: orders 7 (accepted, but not at Ometria)")
	assert.ErrorContains(t, err, "missing at Ometria: 2 more of orders")

	err = verified{entities: []verifiedEntity{{entity: connection.Orders, counts: counts{Store: 3, Accepted: 2}}}}.missingError()
	assert.ErrorContains(t, err, "the store holds 3")
}
