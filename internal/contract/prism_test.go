package contract

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
)

// TestClientReadsPrism runs every operation of the client against mocks that
// Prism makes of the same files, with their examples and with random bodies: the
// same ones each time, on which the exceptions rest, and new ones.
func TestClientReadsPrism(t *testing.T) {
	files := open(t)
	mocks := startPrism(t)
	seed := time.Now().UnixNano()
	t.Logf("the new random bodies have the seed %d", seed)
	p := &prism{files: files, mocks: mocks, used: map[string]bool{}}
	for _, prefer := range []string{"", "dynamic=true, seed=1", "dynamic=true, seed=2", "dynamic=true, seed=3"} {
		p.round(t, prefer)
	}
	for _, e := range mockExceptions {
		for _, field := range e.fields {
			assert.True(t, p.used[e.file+" "+field], "no longer needed: %s %s (%s)", e.file, field, e.kind)
		}
	}
	p.round(t, fmt.Sprintf("dynamic=true, seed=%d", seed))
}

func (p *prism) round(t *testing.T, prefer string) {
	p.prefer = prefer
	client, err := bigcommerce.New(bigcommerce.Config{StoreHash: "simstore", AccessToken: "token", Transport: p})
	require.NoError(t, err)
	s := shop{Client: client, customer: 1, order: 110, coupon: 110, product: 80, channel: 1}
	all := withProbes(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(cmp.Or(prefer, "static")+"/"+name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := all[name](ctx, t, s)
			if refused, ok := errors.AsType[*bigcommerce.DecodeError](err); ok && slices.Contains(withoutState, refused.Reason) {
				err = nil
			}
			assert.NoError(t, err)
		})
	}
}

// startPrism serves a mock of each file until the test ends, and returns their
// addresses by file.
func startPrism(t *testing.T) map[string]string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Prism is not tried: node is not installed")
	}
	if _, err := os.Stat("prism/node_modules/@stoplight/prism-http-server"); err != nil {
		t.Skip("Prism is not tried: it is not installed (make prism)")
	}
	folder, err := Folder()
	require.NoError(t, err)
	documents, err := filepath.Glob(filepath.Join(folder, "*.yml"))
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), node, append([]string{"prism/mocks.js"}, documents...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close() // it ends with its input
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err, "start Prism: %s", &stderr)
	var addresses map[string]string
	require.NoError(t, json.Unmarshal(line, &addresses))
	return addresses
}

// prism sends each request to the mock of the file that has its operation.
type prism struct {
	files  *Files
	mocks  map[string]string // addresses by file
	prefer string            // Prism's own header
	used   map[string]bool   // exceptions, as "file field"
}

func (p *prism) RoundTrip(r *http.Request) (*http.Response, error) {
	below, _ := storePath(r.URL.Path)
	op, _ := p.files.find(r.Method, below)
	if op == nil {
		return nil, fmt.Errorf("no file has %s %s", r.Method, r.URL.Path)
	}
	mock, err := url.Parse(p.mocks[op.file])
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.URL.Path = mock.Scheme, mock.Host, below[len("/v3"):]
	repair(op, r)
	r.Header.Set("Prefer", p.prefer)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || p.prefer == "" {
		return resp, err
	}
	body, err := drain(&resp.Body)
	if err != nil || len(body) == 0 {
		return resp, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(p.mend(op.file, body)))
	return resp, nil
}

// repair takes from a request what an exception lets pass: Prism knows none.
func repair(op *operation, r *http.Request) {
	query := r.URL.Query()
	for _, e := range exceptions {
		in, name, _ := strings.Cut(e.place, " ")
		switch {
		case e.file != op.file || !slices.Contains(e.operations, op.name):
		case in == "header" && e.pass == "required":
			r.Header.Set(name, "application/json")
		case in == "query" && e.pass == "required":
			query.Set(name, "1")
		case in == "query":
			query.Del(name)
		}
	}
	r.URL.RawQuery = query.Encode()
}

// mend replaces what only chance could make.
func (p *prism) mend(file string, body []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return body
	}
	var walk func(field string, value any) any
	walk = func(field string, value any) any {
		switch value := value.(type) {
		case map[string]any:
			for name, inner := range value {
				value[name] = walk(name, inner)
			}
		case []any:
			for n, inner := range value {
				value[n] = walk(field, inner)
			}
		}
		for _, e := range mockExceptions {
			if e.file == file && slices.Contains(e.fields, field) && !possible(e.kind, value) {
				p.used[file+" "+field] = true
				return sample[e.kind]
			}
		}
		return value
	}
	mended, err := json.Marshal(walk("", value))
	if err != nil {
		return body
	}
	return mended
}

var sample = map[string]any{"money": "12.3400", "date": "Wed, 10 Jan 2018 21:05:30 +0000", "seconds": 1700000000, "number": 7}

// possible reports whether a value could be real; a list is, its items may not.
func possible(kind string, value any) bool {
	switch value := value.(type) {
	case []any, nil:
		return true
	case string:
		var err error
		switch kind {
		case "money":
			_, err = decimal.NewFromString(value)
		case "date":
			_, err = mail.ParseDate(value)
		default:
			return false
		}
		return err == nil || value == ""
	case json.Number:
		n, err := strconv.ParseInt(value.String(), 10, 64)
		return kind == "money" || err == nil && n > 0 && (kind == "number" || n/100_000_000 > 0 && n < 1<<35)
	}
	return false
}
