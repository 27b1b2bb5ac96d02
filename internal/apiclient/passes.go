package apiclient

import "time"

// PassCounts are what a pass over a store found of one entity.
type PassCounts struct {
	Looked   int64 `json:"looked"`
	Differed int64 `json:"differed"`
	Gone     int64 `json:"gone"`
}

// LastReconcile is what the last look at webhooks, script and changes found.
type LastReconcile struct {
	At           *time.Time            `json:"at"`
	HooksMended  int64                 `json:"hooks_mended"`
	ScriptMended bool                  `json:"script_mended"`
	Entities     map[string]PassCounts `json:"entities"`
}

// LastSweep is what the last look at everything in the store found.
type LastSweep struct {
	At       *time.Time            `json:"at"`
	Entities map[string]PassCounts `json:"entities"`
}
