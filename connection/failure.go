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
	// FailureGaveUp ends a setup whose steps did not succeed within an hour.
	FailureGaveUp = "SetupGaveUp"
)

// FailureCanceled ends a setup that was cancelled before it was through.
const FailureCanceled = "Canceled"
