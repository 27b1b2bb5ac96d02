package chaos

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
)

// The databases of the product.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Options say what to run and how long.
type Options struct {
	// Faults is how long faults happen; what follows until quiet is not in it.
	Faults time.Duration
	// Settle is how long quiet may take to return.
	Settle time.Duration
	Seed   uint64
	// Database is SQLite, Postgres, or empty to let the seed draw it.
	Database string
	// Slow allows faults that the product takes a minute or more to get over, by
	// its own rules: pushes whose outcome nobody knows, accounts that refuse,
	// workflows terminated by hand.
	Slow bool

	Customers, Subscribers, Products, Orders int
	// Every is the mean pause between two changes in the store.
	Every time.Duration

	Product   string // the program ometria-bigcommerce
	Devserver string // the program devserver
	// Dir is where logs and databases go: an empty or missing directory, or
	// empty for a temporary one.
	Dir string
	// Keep keeps the directory of a run that lost nothing.
	Keep bool
	// Out is told of each fault, and gets the table at the end.
	Out io.Writer
}

// DefaultOptions are a run of five minutes with a seed of its own.
func DefaultOptions() Options {
	return Options{
		Faults: 5 * time.Minute, Settle: 15 * time.Minute, Seed: uint64(rand.Uint32()), Slow: true,
		Customers: 40, Subscribers: 30, Products: 30, Orders: 60, Every: 150 * time.Millisecond,
	}
}

// ahead is by how much the store's clock is ahead of the product's; behind, when
// it is negative.
func (o Options) ahead() time.Duration {
	const most = 10 * time.Minute
	return time.Duration(rand.New(rand.NewPCG(o.Seed, 0xc10c)).Int64N(int64(2*most))) - most
}

func (o Options) check() error {
	var errs []error
	if o.Faults <= 0 || o.Settle <= 0 || o.Every <= 0 {
		errs = append(errs, errors.New("times must be positive"))
	}
	if o.Database != "" && o.Database != SQLite && o.Database != Postgres {
		errs = append(errs, fmt.Errorf("unknown database %q: use %s or %s", o.Database, SQLite, Postgres))
	}
	for what, n := range map[string]int{"customers": o.Customers, "subscribers": o.Subscribers, "products": o.Products, "orders": o.Orders} {
		if n < 1 || n > 10_000 {
			errs = append(errs, fmt.Errorf("%d %s: use 1 to 10000", n, what))
		}
	}
	for what, path := range map[string]string{"ometria-bigcommerce": o.Product, "devserver": o.Devserver} {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			errs = append(errs, fmt.Errorf("program %s is not at %q: build it first", what, path))
		}
	}
	return errors.Join(errs...)
}

// directory makes the run's directory. Other users may pass through it:
// PostgreSQL's server does not run as root.
func (o Options) directory() (string, error) {
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "obc-chaos-")
		if err != nil {
			return "", fmt.Errorf("make directory: %w", err)
		}
		return dir, os.Chmod(dir, 0o711)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	if left, err := os.ReadDir(dir); err == nil && len(left) > 0 {
		return "", fmt.Errorf("make directory: %s is not empty", dir)
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	return dir, nil
}

// NotInstalled reports whether a run failed because PostgreSQL, which was asked
// for, is not installed.
func NotInstalled(err error) bool { return pgtest.NotInstalled(err) }
