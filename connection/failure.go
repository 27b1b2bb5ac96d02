package connection

// Types of failures that no retry helps. They are the application error types
// of workflows and the codes of a failed connection.
const (
	FailureInvalidCredentials = "InvalidCredentials"
	FailureMissingScope       = "MissingScope"
	FailureMultiCurrencyStore = "MultiCurrencyStore"
	FailureUnknownStore       = "UnknownStore"
	FailureRecordRejected     = "RecordRejected"
	FailureScriptLimitReached = "ScriptLimitReached"
	// FailureScriptRefused says that BigCommerce refuses the JavaScript tag for
	// another reason than the number of scripts.
	FailureScriptRefused = "ScriptRefused"
	// FailureGaveUp ends a setup whose steps did not succeed within an hour.
	FailureGaveUp = "SetupGaveUp"
)

// Steps of a setup, as a failure names the one it ended at.
const (
	StepCredentials = "credentials"
	StepScript      = "script"
	StepWebhooks    = "webhooks"
	StepSchedules   = "schedules"
	StepBulkSync    = "bulk_sync"
)

// SetupStepFailed is the attention code of a wish that a person was promised
// (renew the script, renew the webhooks, re-sync) and that failed for good. The
// connection stays at work.
const SetupStepFailed = "setup_step_failed"

// FailureCanceled ends a setup that was cancelled before it was through.
const FailureCanceled = "Canceled"
