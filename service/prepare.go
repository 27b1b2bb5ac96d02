package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/ometria/ometria-bigcommerce/workflows"
)

// retention of a namespace that is made here: how long closed workflows can be
// looked at.
const retention = 7 * 24 * time.Hour

// prepareTimeout bounds the wait for what was made to be seen.
const prepareTimeout = 30 * time.Second

// Prepared says what Prepare found or made.
type Prepared struct {
	Namespace        string
	NamespaceMade    bool
	SearchAttributes []string // those that were made now
}

// Prepare makes everything that a service needs and does not make by itself:
// the tables, the namespace if it is absent, and the search attributes. Doing
// it again changes nothing.
func Prepare(ctx context.Context, config Config, environ []string, logger *slog.Logger) (Prepared, error) {
	database, err := OpenStore(ctx, config, logger)
	if err != nil {
		return Prepared{}, err
	}
	if err := database.Close(); err != nil {
		return Prepared{}, fmt.Errorf("close database: %w", err)
	}
	return PrepareTemporal(ctx, environ, logger)
}

// PrepareTemporal does the part of Prepare that concerns Temporal.
func PrepareTemporal(ctx context.Context, environ []string, logger *slog.Logger) (done Prepared, err error) {
	options, err := temporalOptions(environ, logger, nil)
	if err != nil {
		return done, err
	}
	done.Namespace = options.Namespace
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return done, fmt.Errorf("reach temporal at %s: check TEMPORAL_ADDRESS: %w", options.HostPort, err)
	}
	defer c.Close()
	if done.NamespaceMade, err = makeNamespace(ctx, c, options.Namespace); err != nil {
		return done, err
	}
	done.SearchAttributes, err = makeSearchAttributes(ctx, c, options.Namespace)
	return done, err
}

func makeNamespace(ctx context.Context, c client.Client, name string) (made bool, err error) {
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	if err == nil {
		return false, nil
	}
	if _, absent := errors.AsType[*serviceerror.NamespaceNotFound](err); !absent {
		return false, fmt.Errorf("describe namespace %s: %w", name, err)
	}
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: name, Description: "BigCommerce stores synced to Ometria",
		WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	if _, denied := errors.AsType[*serviceerror.PermissionDenied](err); denied {
		return false, fmt.Errorf("namespace %s is absent and may not be made here: make it, then run this again: %w", name, err)
	}
	if _, there := errors.AsType[*serviceerror.NamespaceAlreadyExists](err); err != nil && !there {
		return false, fmt.Errorf("register namespace %s: %w", name, err)
	}
	return true, nil
}

// makeSearchAttributes registers what is missing, and waits until workflows can
// carry all of them: the server lists them some seconds before it takes them. A
// namespace made a moment ago is not known to all parts of the server at once,
// so its absence is waited out too.
func makeSearchAttributes(ctx context.Context, c client.Client, namespace string) (made []string, err error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		missing, err := missingSearchAttributes(ctx, c, namespace)
		if err == nil && len(missing) == 0 && searchable(ctx, c) {
			return made, nil
		}
		if err == nil && len(missing) > 0 && len(made) == 0 {
			_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
				Namespace: namespace, SearchAttributes: missing,
			})
			if err == nil {
				for _, name := range workflows.SearchAttributeNames() {
					if _, added := missing[name]; added {
						made = append(made, name)
					}
				}
			}
		}
		if err != nil && !passing(err) {
			return nil, fmt.Errorf("register search attributes in namespace %s: make %v, of type Keyword, by hand where this is not permitted: %w",
				namespace, workflows.SearchAttributeNames(), err)
		}
		select {
		case <-ctx.Done():
			return made, errors.Join(fmt.Errorf("wait for search attributes: %w", ctx.Err()), err)
		case <-tick.C:
		}
	}
}

// searchable reports whether the server takes all search attributes in a
// query, which it checks as it does a start.
func searchable(ctx context.Context, c client.Client) bool {
	var terms []string
	for _, name := range workflows.SearchAttributeNames() {
		terms = append(terms, name+` = "none"`)
	}
	_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: strings.Join(terms, " AND ")})
	return err == nil
}

func missingSearchAttributes(ctx context.Context, c client.Client, namespace string) (map[string]enumspb.IndexedValueType, error) {
	listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, err
	}
	missing := map[string]enumspb.IndexedValueType{}
	for _, name := range workflows.SearchAttributeNames() {
		if _, there := listed.GetCustomAttributes()[name]; !there {
			missing[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
		}
	}
	return missing, nil
}

// passing reports whether an error goes away by itself.
func passing(err error) bool {
	if _, ok := errors.AsType[*serviceerror.NamespaceNotFound](err); ok {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.AlreadyExists](err); ok { // somebody else made them meanwhile
		return true
	}
	_, ok := errors.AsType[*serviceerror.Unavailable](err)
	return ok
}
