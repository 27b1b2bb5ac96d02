package storetest

import (
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// drain delivers what is left and lets time pass until nothing is dirty.
func (w *world) drain() error {
	for len(w.events) > 0 {
		if err := w.deliver(); err != nil {
			return err
		}
	}
	for range 200 {
		if err := w.expire(); err != nil {
			return err
		}
		if _, err := w.s.ExpireClaims(w.ctx); err != nil {
			return err
		}
		if err := w.dispatch(false); err != nil {
			return err
		}
		for range 40 {
			if err := w.advance(); err != nil {
				return err
			}
			if err := w.land(); err != nil {
				return err
			}
		}
		settled, err := w.settled()
		if err != nil {
			return err
		}
		if settled && len(w.runs) == 0 {
			return w.compare()
		}
	}
	return fmt.Errorf("still dirty after 200 rounds")
}

func (w *world) settled() (bool, error) {
	waiting, _, err := w.s.Records(w.ctx, w.id, store.Filter{Outcome: connection.Waiting}, "", 1)
	return len(waiting) == 0, err
}

func (w *world) compare() error {
	for id, version := range w.source {
		if w.ometria[id] != version {
			return fmt.Errorf("record %s: the store holds version %d and Ometria version %d", id, version, w.ometria[id])
		}
	}
	return nil
}

// ruleExpiry is past every claim and every handover.
const ruleExpiry = 4 * time.Minute

// failure ends the program's test by panic where there is no *testing.T.
type failure struct{}

func (failure) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (failure) FailNow()                          { panic("stopped") }
