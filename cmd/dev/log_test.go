package main

import (
	"bytes"
	"io"
	"log"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhatNetHTTPPrintsIsDropped(t *testing.T) {
	before := log.Writer()
	defer log.SetOutput(before)
	var printed bytes.Buffer
	log.SetOutput(&printed)
	assert.Equal(t, exitOK, run([]string{"--help"}, nil, io.Discard, io.Discard))
	log.Print(`Unsolicited response received on idle HTTP channel starting with "jane"`)
	assert.Empty(t, printed.String())
}
