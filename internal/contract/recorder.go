package contract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// FaultHeader marks an answer that a stand-in spoils on purpose: it is not held
// to the contract.
const FaultHeader = "X-Simulator-Fault"

// Violation is one disagreement with the files. It holds no value.
type Violation struct {
	// File and Operation are "orders.v2.oas2.yml" and "GET /v2/orders"; File is
	// empty for a request that no file knows.
	File, Operation string
	// Place is a parameter ("query limit"), a header ("header Accept"), a field
	// ("body channel_id", "answer data.name") or "status".
	Place string
	// Kind is the schema's keyword that does not hold, or extra for a name that
	// the file does not know, null, required, repeated, value or invalid; for a
	// status it is the status.
	Kind string
	Text string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s %s: %s: %s (%s)", v.File, v.Operation, v.Place, v.Text, v.Kind)
}

// Recorder collects the violations of the exchanges that pass through it. It is
// safe for concurrent use.
type Recorder struct {
	files *Files

	mu         sync.Mutex // guards what follows
	violations []Violation
	used       map[use]bool // exceptions
	operations map[string]int
}

type use struct {
	exception int
	operation string
}

// Recorder returns a new one.
func (f *Files) Recorder() *Recorder {
	return &Recorder{files: f, used: map[use]bool{}, operations: map[string]int{}}
}

// Violations returns what was found so far, each once.
func (r *Recorder) Violations() []Violation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.violations)
}

// Operations returns how often each operation was answered.
func (r *Recorder) Operations() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[string]int, len(r.operations))
	for name, n := range r.operations {
		all[name] = n
	}
	return all
}

// Unneeded names the exceptions that nothing needed so far.
func (r *Recorder) Unneeded() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for n, e := range exceptions {
		for _, operation := range e.operations {
			if !r.used[use{n, operation}] {
				all = append(all, fmt.Sprintf("%s %s: %s (%s)", e.file, operation, e.place, e.pass))
			}
		}
	}
	return all
}

// Transport holds each exchange that next carries to the files. An exchange
// without an answer is held by its request alone.
func (r *Recorder) Transport(next http.RoundTripper) http.RoundTripper { return transport{r, next} }

type transport struct {
	recorder *Recorder
	next     http.RoundTripper
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	below, ok := storePath(r.URL.Path)
	if !ok {
		return t.next.RoundTrip(r)
	}
	sent, err := drain(&r.Body)
	if err != nil {
		return nil, err
	}
	resp, err := t.next.RoundTrip(r)
	op := t.recorder.request(r, below, sent)
	if err != nil || op == nil {
		return resp, err
	}
	body, readErr := io.ReadAll(resp.Body)
	if closeErr := resp.Body.Close(); readErr == nil {
		readErr = closeErr
	}
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{readErr}))
	if readErr == nil {
		t.recorder.response(op, resp.StatusCode, resp.Header, body)
	}
	return resp, nil
}

// failing hands on the error with which a body ended.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// drain reads a body and puts it back.
func drain(body *io.ReadCloser) ([]byte, error) {
	if *body == nil || *body == http.NoBody {
		return nil, nil
	}
	data, err := io.ReadAll(*body)
	if err != nil {
		return nil, err
	}
	*body = io.NopCloser(bytes.NewReader(data))
	return data, nil
}

// Handler holds each exchange that next serves below /stores/{hash} to the
// files; anything else it passes on.
func (r *Recorder) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		below, ok := storePath(req.URL.Path)
		if !ok {
			next.ServeHTTP(w, req)
			return
		}
		sent, err := drain(&req.Body)
		if err != nil {
			http.Error(w, "request body is cut short", http.StatusBadRequest)
			return
		}
		op := r.request(req, below, sent)
		copied := &copyingWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(copied, req)
		if op != nil {
			r.response(op, copied.status, w.Header(), copied.body.Bytes())
		}
	})
}

// copyingWriter keeps a copy of what it writes.
type copyingWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *copyingWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *copyingWriter) Write(data []byte) (int, error) {
	w.body.Write(data)
	return w.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController flush.
func (w *copyingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// request finds and checks the operation of a request; nil when no file has it.
func (r *Recorder) request(req *http.Request, below string, body []byte) *operation {
	op, path := r.files.find(req.Method, below)
	if op == nil {
		r.record(nil, []problem{{"path", "operation", "is in no file"}}, req.Method+" "+shape(below))
		return nil
	}
	r.record(op, op.request(path, req, body, r.passes(op)), op.name)
	return op
}

func (r *Recorder) response(op *operation, status int, header http.Header, body []byte) {
	r.mu.Lock()
	r.operations[op.name]++
	r.mu.Unlock()
	if header.Get(FaultHeader) == "" {
		r.record(op, op.response(status, header, body, r.passes(op)), op.name)
	}
}

func (r *Recorder) record(op *operation, problems []problem, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range problems {
		v := Violation{Operation: name, Place: p.place, Kind: p.kind, Text: p.text}
		if op != nil {
			v.File = op.file
		}
		if !slices.Contains(r.violations, v) {
			r.violations = append(r.violations, v)
		}
	}
}

// passes reports whether a problem of the operation is an exception, and notes
// that it was needed.
func (r *Recorder) passes(op *operation) func(problem) bool {
	return func(p problem) bool {
		for n, e := range exceptions {
			if e.file == op.file && e.place == p.place && e.pass == p.kind && slices.Contains(e.operations, op.name) {
				r.mu.Lock()
				r.used[use{n, op.name}] = true
				r.mu.Unlock()
				return true
			}
		}
		return false
	}
}

// shape is a path without what may be an id.
func shape(path string) string {
	segments := strings.Split(path, "/")
	for n, segment := range segments {
		if strings.ContainsAny(segment, "0123456789@") && n > 1 {
			segments[n] = "{id}"
		}
	}
	return strings.Join(segments, "/")
}

// Transport is next, held to the files for the rest of the test, which fails
// with each violation. Without the files it is next itself.
func Transport(t testing.TB, next http.RoundTripper) http.RoundTripper {
	if r := forTest(t); r != nil {
		return r.Transport(next)
	}
	return next
}

// Handler is next, held to the files for the rest of the test, which fails with
// each violation. Without the files it is next itself.
func Handler(t testing.TB, next http.Handler) http.Handler {
	if r := forTest(t); r != nil {
		return r.Handler(next)
	}
	return next
}

func forTest(t testing.TB) *Recorder {
	t.Helper()
	files, err := Open()
	if errors.Is(err, ErrAbsent) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	r := files.Recorder()
	t.Cleanup(func() {
		for _, v := range r.Violations() {
			t.Errorf("BigCommerce's contract: %s", v)
		}
	})
	return r
}
