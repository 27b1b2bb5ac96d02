package storetest

import "testing"

func failures(t *testing.T, open Open)   {}
func errorPolls(t *testing.T, open Open) {}
func syncs(t *testing.T, open Open)      {}
func requests(t *testing.T, open Open)   {}
func pace(t *testing.T, open Open)       {}
func rule(t *testing.T, open Open)       {}
