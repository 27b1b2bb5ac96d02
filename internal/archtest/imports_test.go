package archtest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	module = "github.com/ometria/ometria-bigcommerce"
	root   = "../.."
)

// mayImport says which of our own folders the packages of a folder import
// directly. The longest key that fits a package holds for it; a folder may
// always import from itself. Tests are free. Data flows one way: client →
// mapping → client, with Temporal around it, never inside.
var mayImport = map[string][]string{
	"bigcommerce": {},
	"ometria":     {},
	"connection":  {},
	"mapping":     {"bigcommerce", "ometria", "connection"},
	"store":       {"connection"},
	"pacing":      {"store", "connection"},
	"remote":      {"bigcommerce", "ometria", "connection", "store", "pacing"},
	"source":      {"bigcommerce", "connection", "mapping"},
	"tag":         {"bigcommerce", "connection"},
	"activities":  {"bigcommerce", "ometria", "connection", "mapping", "store", "pacing", "remote", "source", "tag"},
	"workflows":   {"connection", "activities"},
	"starter":     {"workflows", "connection", "store"},
	"worker": {"bigcommerce", "ometria", "connection", "mapping", "store", "pacing", "remote", "source", "tag",
		"activities", "workflows", "starter"},
	"inspect": {"bigcommerce", "ometria", "mapping", "store", "pacing", "remote", "source", "connection"},
	"api":     {"starter", "store", "inspect", "connection", "bigcommerce"},
	"page":    {"connection", "internal"}, // one more client of the API
	"service": append([]string{"page"}, product...),

	"simulator":                        {"bigcommerce", "ometria"}, // at most the clients' types
	"simulator/ometriasim/ometriatest": {"internal", "simulator"},
	"internal":                         {},
	"internal/chaos":                   {"internal", "simulator", "connection", "store", "workflows"},
	"e2e":                              append([]string{"internal", "simulator"}, product...), // tests of the whole
	"cmd/ometria-bigcommerce":          append([]string{"service", "internal"}, product...),
	"cmd/dev":                          append([]string{"service", "internal", "simulator"}, product...),
	"cmd/bench":                        append([]string{"service", "internal", "simulator"}, product...),
	"cmd/chaos":                        {"internal"},
}

// product is what the production binary is wired from.
var product = []string{"bigcommerce", "ometria", "connection", "mapping", "store", "pacing", "remote", "source", "tag",
	"activities", "workflows", "starter", "worker", "inspect", "api"}

// notLinked are the packages, by prefix, that the production binary must not
// hold at any depth, with the reason.
var notLinked = map[string]string{
	"go.temporal.io/server":           "the server is a process of its own",
	"github.com/temporalio/ui-server": "the Web UI is a process of its own",
	module + "/simulator":             "stand-ins do not ship",
	module + "/devserver":             "the development server does not ship",
	module + "/internal/contract":     "the vendor's contract is for tests",
	module + "/internal/chaos":        "faults do not ship",
	"github.com/brianvoe/gofakeit":    "made-up data does not ship",
	"github.com/rogpeppe/go-internal": "test code does not ship",
	"github.com/chromedp":             "test code does not ship",
}

func TestImportsFollowTheTable(t *testing.T) {
	for _, pkg := range packages(t, "-e", "./...") { // -e: what does not build fails elsewhere
		folder := within(pkg.ImportPath)
		row, ok := rowOf(folder)
		if !assert.True(t, ok, "%s has no row in mayImport: say what it may import", folder) {
			continue
		}
		for _, imported := range pkg.Imports {
			target := within(imported)
			if target == "" || under(target, row) {
				continue
			}
			assert.True(t, slices.ContainsFunc(mayImport[row], func(may string) bool { return under(target, may) }),
				"%s imports %s: %s may import only %v", folder, target, row, mayImport[row])
		}
	}
}

func TestProductionBinaryLinksNoTestCode(t *testing.T) {
	const program = "cmd/ometria-bigcommerce"
	if _, err := os.Stat(filepath.Join(root, program)); err != nil {
		t.Skipf("there is no %s yet", program)
	}
	for _, pkg := range packages(t, "-deps", "./"+program) {
		for prefix, reason := range notLinked {
			assert.False(t, under(pkg.ImportPath, prefix), "%s links %s: %s", program, pkg.ImportPath, reason)
		}
	}
}

func TestProductDoesNotRequireServer(t *testing.T) {
	var mod struct{ Require []struct{ Path string } }
	require.NoError(t, json.Unmarshal(goCommand(t, "mod", "edit", "-json"), &mod))
	require.NotEmpty(t, mod.Require)
	for _, required := range mod.Require {
		for _, never := range []string{"go.temporal.io/server", "github.com/temporalio/ui-server", module} {
			assert.False(t, under(required.Path, never), "go.mod requires %s, which belongs to devserver/go.mod", required.Path)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	const limit = 500
	cmd := exec.Command("git", "ls-files", "-z", "--", "*.go")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("the tracked files are unknown outside a git checkout: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, not yet committed
		}
		require.NoError(t, err)
		assert.LessOrEqual(t, strings.Count(string(content), "\n"), limit, "%s has too many lines: divide it by subject", name)
	}
}

// The rules' own reading of paths: a rule that matches nothing holds nothing.
func TestRows(t *testing.T) {
	for folder, want := range map[string]string{
		"store":                   "store",
		"store/storetest":         "store",
		"cmd/dev":                 "cmd/dev",
		"internal/apiclient":      "internal",
		"internal/chaos":          "internal/chaos",
		"simulator/ometriasim":    "simulator",
		"storefront":              "",
		"cmd/other":               "",
		"cmd/ometria-bigcommerce": "cmd/ometria-bigcommerce",
	} {
		got, _ := rowOf(folder)
		assert.Equal(t, want, got, folder)
	}
	assert.Equal(t, "store/storetest", within(module+"/store/storetest"))
	assert.Empty(t, within("github.com/ometria/ometria-bigcommerce-other/store"))
	assert.Empty(t, within("context"))
}

type listed struct {
	ImportPath string
	Imports    []string
}

// packages answers what go list says of the packages that the arguments name.
func packages(t *testing.T, args ...string) []listed {
	t.Helper()
	out := goCommand(t, append([]string{"list", "-json=ImportPath,Imports"}, args...)...)
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var pkg listed
		require.NoError(t, decoder.Decode(&pkg))
		all = append(all, pkg)
	}
	require.NotEmpty(t, all)
	return all
}

func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), stderr.String())
	return out
}

// within is the path of one of our packages inside the module, or empty.
func within(importPath string) string {
	if folder, ok := strings.CutPrefix(importPath, module+"/"); ok {
		return folder
	}
	return ""
}

// rowOf finds the longest row that holds for a folder.
func rowOf(folder string) (row string, ok bool) {
	for candidate := range mayImport {
		if under(folder, candidate) && len(candidate) > len(row) {
			row = candidate
		}
	}
	return row, row != ""
}

// under reports whether a path is the folder or lies in it.
func under(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}
