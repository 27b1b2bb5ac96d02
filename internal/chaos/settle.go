package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx
	_ "modernc.org/sqlite"             // the driver named sqlite

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

// heal ends whatever may still be wrong and lets every process run.
func (r *run) heal() {
	for _, gate := range r.gates {
		r.check(gate.Set(faults.Open))
	}
	r.shop.Faults().Clear()
	r.marketing.Faults().Clear()
	r.latency()
	r.account.ClearRules()
	r.relay.setAstray(astray{})
	r.check(r.shop.SetScopes(bigcommercesim.DefaultScopes()))
	for _, c := range r.children() {
		c.signal(syscall.SIGCONT)
		_, _ = c.limit(noLimit) // it has ended meanwhile, else it is given room
		c.hurry()
	}
}

// settle waits until all webhooks are in, every record is dealt with, what
// Ometria says afterwards has been asked for, and what it refused by order has
// been tried again.
func (r *run) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.options.Settle, fmt.Errorf("%w: %s", errLate, r.options.Settle))
	defer cancel()
	if err := r.ready(ctx, r.options.Settle); err != nil {
		return err
	}
	if err := r.await(ctx, "hooks and script stand", func() (bool, error) { return r.installed() == "", nil }); err != nil {
		return fmt.Errorf("%w: %s", err, r.installed())
	}
	if err := r.await(ctx, "webhooks are in", func() (bool, error) {
		return r.relay.pending() == 0 && r.shop.Webhooks().Pending == 0, nil
	}); err != nil {
		return err
	}
	if err := r.await(ctx, "a sweep is asked for", func() (bool, error) { return r.sweep(ctx), nil }); err != nil {
		return err
	}
	for {
		if err := r.await(ctx, "nothing waits", func() (bool, error) {
			waits, err := r.waits(ctx)
			return err == nil && waits == "", nil // the database may be starting
		}); err != nil {
			return err
		}
		retried, err := r.retry(ctx)
		if err != nil || retried == 0 {
			return err
		}
		r.tell("retried", fmt.Sprintf("%d records that Ometria refused by order", retried))
	}
}

// installed says what is wrong with what the product keeps in the store, or is
// empty: each hook once and active, and one script.
func (r *run) installed() string {
	state := r.shop.State()
	seen := map[string]bool{}
	for _, h := range state.Hooks {
		switch {
		case !h.IsActive:
			return "the hook of " + h.Scope + " is not active"
		case seen[h.Scope]:
			return "there are two hooks of " + h.Scope
		}
		seen[h.Scope] = true
	}
	if len(seen) == 0 {
		return "there are no hooks"
	}
	r.replacing.Lock()
	account := r.credentials.ClientID
	r.replacing.Unlock()
	scripts := 0
	for _, s := range state.Scripts {
		if s.APIClientID == account { // those of revoked accounts a person deletes
			scripts++
		}
	}
	if scripts != 1 {
		return fmt.Sprintf("there are %d scripts", scripts)
	}
	return ""
}

// await polls until something is so on two looks in a row.
func (r *run) await(ctx context.Context, what string, ask func() (bool, error)) error {
	began, seen := time.Now(), 0
	err := poll(ctx, 250*time.Millisecond, r.options.Settle, func() (bool, error) {
		yes, err := ask()
		if seen++; !yes {
			seen = 0
		}
		return seen == 2, err
	})
	if err != nil {
		return fmt.Errorf("wait until %s: %w", what, err)
	}
	r.tell("settled", fmt.Sprintf("%s, %s later", what, short(time.Since(began))))
	return nil
}

// sweep asks for a pass over the whole store, which finds what no webhook told
// of; by itself it comes once a day. It reports whether that was taken.
func (r *run) sweep(ctx context.Context) bool {
	_, err := r.client().Act(ctx, r.connection, "reconcile", map[string]any{"full": true})
	return err == nil
}

// waits says what the product still has to do, or is empty.
func (r *run) waits(ctx context.Context) (string, error) {
	c, err := r.client().Connection(ctx, r.connection)
	if err != nil {
		return "", err
	}
	if c.Status != "connected" {
		return "the connection is " + c.Status, nil
	}
	db, err := r.open()
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }() // it only read
	for what, query := range map[string]string{
		"records dirty or in flight": "SELECT count(*) FROM records WHERE dirty_seq IS NOT NULL OR inflight_seq IS NOT NULL",
		"connections parked":         "SELECT count(*) FROM connections WHERE parked <> ''",
		"passes under way":           "SELECT count(*) FROM passes WHERE wanted = 1 OR seq > 0",
		// Errors of a push show once they have been polled after it.
		"polls of errors": "SELECT count(*) FROM error_polls WHERE last_poll_at <= last_push_at",
	} {
		var n int
		if err := db.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return "", fmt.Errorf("count %s: %w", what, err)
		}
		if n > 0 {
			return fmt.Sprintf("%d %s", n, what), nil
		}
	}
	return "", nil
}

// open opens the product's database to look into it.
func (r *run) open() (*sql.DB, error) {
	if file, ok := strings.CutPrefix(r.databaseURL, "sqlite:"); ok {
		return sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(5000)")
	}
	return sql.Open("pgx", r.databaseURL)
}

// retry asks for another try of what stands as a failure, and returns how much
// that is. Nothing but what Ometria refused by order may.
func (r *run) retry(ctx context.Context) (int64, error) {
	refused := int64(0)
	for group, err := range r.client().Failures(ctx, r.connection) {
		if err != nil {
			return 0, fmt.Errorf("list failures: %w", err)
		}
		if group.Warning {
			continue
		}
		refused += group.Count
	}
	if refused == 0 {
		return 0, nil
	}
	for record, err := range r.client().Records(ctx, r.connection, "", "rejected") {
		if err != nil {
			return 0, fmt.Errorf("list rejected records: %w", err)
		}
		r.mu.Lock()
		byOrder := r.rejecting[recordID{entityOf(record.Entity), number(record.RecordID)}]
		r.mu.Unlock()
		if !byOrder {
			r.breaks(fmt.Sprintf("%s %s stands as rejected (%s), which nobody ordered", record.Entity, record.RecordID, reason(record.Reason)))
		}
	}
	_, err := r.client().Do(ctx, http.MethodPost, "/v1/connections/"+r.connection+"/failures/retry", nil, map[string]any{})
	if err != nil {
		return 0, fmt.Errorf("retry failures: %w", err)
	}
	return refused, nil
}

func reason(r *apiclient.Reason) string {
	if r == nil {
		return "no reason given"
	}
	return r.Code + ": " + r.Text
}

// stuck says of each record that waits in vain what the product knows of it.
func (r *run) stuck(ctx context.Context, cause error) []string {
	list := []string{cause.Error()}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if waits, err := r.waits(ctx); err != nil || waits != "" {
		list = append(list, errors.Join(err, errors.New(waits)).Error())
	}
	db, err := r.open()
	if err != nil {
		return append(list, err.Error())
	}
	defer func() { _ = db.Close() }() // it only read
	rows, err := db.QueryContext(ctx, `SELECT entity, record_id, COALESCE(dirty_seq, 0), pushed_seq, COALESCE(inflight_seq, 0),
		dispatched_at, attempts, outcome, last_error FROM records WHERE dirty_seq IS NOT NULL OR inflight_seq IS NOT NULL ORDER BY 1, 2`)
	if err != nil {
		return append(list, err.Error())
	}
	defer func() { _ = rows.Close() }() // its error is rows.Err's
	for rows.Next() {
		var (
			entity, outcome, failed                           string
			id, dirty, pushed, inflight, dispatched, attempts int64
		)
		if err := rows.Scan(&entity, &id, &dirty, &pushed, &inflight, &dispatched, &attempts, &outcome, &failed); err != nil {
			return append(list, err.Error())
		}
		list = append(list, fmt.Sprintf("%s %d still waits: dirty_seq %d, pushed_seq %d, inflight_seq %d, handed over at %s, %d attempts, %s %s",
			entity, id, dirty, pushed, inflight, time.UnixMilli(dispatched).UTC().Format(time.TimeOnly), attempts, outcome, failed))
	}
	if err := rows.Err(); err != nil {
		list = append(list, err.Error())
	}
	return list
}
