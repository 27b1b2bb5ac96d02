package service

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/caarlos0/env/v11"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
)

// environment answers envconfig from a given environment instead of the
// process's.
type environment map[string]string

func (e environment) LookupEnv(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

func (e environment) Environ() []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(e)) {
		list = append(list, name+"="+e[name])
	}
	return list
}

// calmer lowers the SDK's errors to warnings: an activity that failed is tried
// again, or is what a workflow then tells people in their own words. Error in
// our log means that a person should act.
type calmer struct{ slog.Handler }

func (c calmer) Handle(ctx context.Context, r slog.Record) error {
	r.Level = min(r.Level, slog.LevelWarn)
	return c.Handler.Handle(ctx, r)
}

func (c calmer) WithAttrs(attrs []slog.Attr) slog.Handler { return calmer{c.Handler.WithAttrs(attrs)} }
func (c calmer) WithGroup(name string) slog.Handler       { return calmer{c.Handler.WithGroup(name)} }

// temporalOptions reads Temporal's own variables and profile file: address,
// namespace, API key, TLS. So Temporal Cloud needs no code.
func temporalOptions(environ []string, logger *slog.Logger, metrics client.MetricsHandler) (client.Options, error) {
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{
		EnvLookup: environment(env.ToMap(environ)),
	})
	if err != nil {
		return client.Options{}, fmt.Errorf("read TEMPORAL_ variables: %w", err)
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.Logger = sdklog.NewStructuredLogger(slog.New(calmer{logger.Handler()}))
	options.MetricsHandler = metrics
	// What goes over this connection are ids, cursors and counts: to compress
	// them costs both sides more than it saves.
	options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	return options, nil
}
