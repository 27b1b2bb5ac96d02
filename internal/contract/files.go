package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/ometria/ometria-bigcommerce/internal/specs"
)

// ErrAbsent says that the vendor's files are not on this machine.
var ErrAbsent = errors.New("BigCommerce's OpenAPI files are not here: set OBC_SPECS")

// Folder is where the vendor's files are, or ErrAbsent.
func Folder() (string, error) {
	root, err := specs.Find(os.Getenv("OBC_SPECS"))
	if err == nil && root == "" {
		err = ErrAbsent
	}
	return filepath.Join(root, "bigcommerce"), err
}

// Files are the vendor's files, read. They are safe for concurrent use.
type Files struct{ operations map[string][]*operation }

// operation is one of a file.
type operation struct {
	file     string
	name     string // "GET /v2/orders/{order_id}"
	segments []string
	route    routers.Route
}

// Open reads the files once a process; later calls answer the same. The error
// is ErrAbsent when there are none.
var Open = sync.OnceValues(func() (*Files, error) {
	folder, err := Folder()
	if err != nil {
		return nil, err
	}
	return Read(folder)
})

// Read reads the files of a folder, or answers ErrAbsent when it has none.
func Read(folder string) (*Files, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yml"))
	if err != nil {
		return nil, fmt.Errorf("list specifications: %w", err)
	}
	if len(paths) == 0 {
		return nil, ErrAbsent
	}
	files := &Files{operations: map[string][]*operation{}}
	var wait sync.WaitGroup
	docs, errs := make([]*openapi3.T, len(paths)), make([]error, len(paths))
	for n, path := range paths {
		wait.Go(func() { docs[n], errs[n] = openapi3.NewLoader().LoadFromFile(path) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("read specifications: %w", err)
	}
	for n, path := range paths {
		if err := files.add(filepath.Base(path), docs[n]); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (f *Files) add(file string, doc *openapi3.T) error {
	if len(doc.Servers) != 1 {
		return fmt.Errorf("read %s: want one server", file)
	}
	_, version, found := strings.Cut(doc.Servers[0].URL, "/stores/{store_hash}")
	if !found {
		return fmt.Errorf("read %s: want a server under /stores/{store_hash}", file)
	}
	mender := mender{seen: map[*openapi3.Schema]bool{}}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			mender.operation(item, op)
			f.operations[method] = append(f.operations[method], &operation{
				file: file, name: method + " " + version + path, segments: strings.Split(version+path, "/"),
				route: routers.Route{Spec: doc, Server: doc.Servers[0], Path: path, PathItem: item, Method: method, Operation: op},
			})
		}
	}
	return nil
}

// find returns the operation of a path below /stores/{hash} with the values of
// the path's parameters; nil when no file has it. A literal segment goes before
// a parameter, as hooks/admin before hooks/{webhook_id}.
func (f *Files) find(method, path string) (*operation, map[string]string) {
	segments := strings.Split(path, "/")
	var best *operation
	for _, op := range f.operations[method] {
		if op.matches(segments) && (best == nil || slices.Compare(literals(best), literals(op)) < 0) {
			best = op
		}
	}
	if best == nil {
		return nil, nil
	}
	values := map[string]string{}
	for n, segment := range best.segments {
		if name, ok := parameter(segment); ok {
			values[name] = segments[n]
		}
	}
	return best, values
}

func (o *operation) matches(segments []string) bool {
	return slices.EqualFunc(o.segments, segments, func(want, got string) bool {
		_, ok := parameter(want)
		return want == got || ok && got != ""
	})
}

// literals marks each literal segment by 1.
func literals(o *operation) []int {
	var all []int
	for _, segment := range o.segments {
		literal := 1
		if _, ok := parameter(segment); ok {
			literal = 0
		}
		all = append(all, literal)
	}
	return all
}

func parameter(segment string) (name string, ok bool) {
	name, ok = strings.CutPrefix(segment, "{")
	return strings.TrimSuffix(name, "}"), ok
}

// parameters are those of the operation and of its path.
func (o *operation) parameters(in string) map[string]*openapi3.Parameter {
	all := map[string]*openapi3.Parameter{}
	for _, list := range []openapi3.Parameters{o.route.PathItem.Parameters, o.route.Operation.Parameters} {
		for _, p := range list {
			if p.Value.In == in {
				all[p.Value.Name] = p.Value
			}
		}
	}
	return all
}

// storePath is the part of a path below /stores/{hash}; ok is false for what is
// no path of the management API.
func storePath(path string) (below string, ok bool) {
	_, after, ok := strings.Cut(path, "/stores/")
	if !ok {
		return "", false
	}
	_, below, ok = strings.Cut(after, "/")
	return "/" + below, ok
}

// mender changes what is a habit of all the files, so that it needs no
// exception each time.
type mender struct{ seen map[*openapi3.Schema]bool }

func (m mender) operation(item *openapi3.PathItem, op *openapi3.Operation) {
	for _, list := range []openapi3.Parameters{item.Parameters, op.Parameters} {
		for _, p := range list {
			m.schema(p.Value.Schema)
			if p.Value.In == openapi3.ParameterInQuery {
				// Lists are comma-separated everywhere (page "Common query
				// parameters"); only some of the files say so.
				p.Value.Explode = new(bool)
			}
		}
	}
	if op.RequestBody != nil {
		m.content(op.RequestBody.Value.Content)
	}
	for _, response := range op.Responses.Map() {
		m.content(response.Value.Content)
	}
}

func (m mender) content(content openapi3.Content) {
	for _, media := range content {
		m.schema(media.Schema)
	}
}

// schema reads x-nullable as nullable, which it stands for, and oneOf as anyOf,
// since the alternatives of the files overlap.
func (m mender) schema(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || m.seen[ref.Value] {
		return
	}
	s := ref.Value
	m.seen[s] = true
	s.Nullable = s.Nullable || s.Extensions["x-nullable"] == true
	s.AnyOf, s.OneOf = append(s.AnyOf, s.OneOf...), nil
	s.Discriminator = nil
	for _, property := range s.Properties {
		m.schema(property)
	}
	m.schema(s.Items)
	m.schema(s.AdditionalProperties.Schema)
	for _, group := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf} {
		for _, inner := range group {
			m.schema(inner)
		}
	}
}

// authenticate wants the header that a security scheme names.
func authenticate(_ context.Context, r *http.Request, scheme *openapi3.SecurityScheme) error {
	if scheme.In == openapi3.ParameterInHeader && r.Header.Get(scheme.Name) == "" {
		return errors.New("missing")
	}
	return nil
}
