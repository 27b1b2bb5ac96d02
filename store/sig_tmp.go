package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

var errTODO = errors.New("not written yet")

type Store struct{}
type Option func(*Store)
type Keyring struct{}

func ParseKeys(s string) (*Keyring, error) { return nil, errTODO }
func NewKey() string                      { return "" }

func Open(ctx context.Context, url string, keys *Keyring, logger *slog.Logger, opts ...Option) (*Store, error) {
	return nil, errTODO
}
func (s *Store) Migrate(ctx context.Context) error { return errTODO }
func (s *Store) Ping(ctx context.Context) error    { return errTODO }
func (s *Store) Close() error                      { return errTODO }
func (s *Store) DB() *sql.DB                       { return nil }

func (s *Store) CreateAuthentication(ctx context.Context, a connection.Authentication, c connection.Credentials) error {
	return errTODO
}
func (s *Store) Authentication(ctx context.Context, id connection.AuthenticationID) (connection.Authentication, error) {
	return connection.Authentication{}, errTODO
}
func (s *Store) Authentications(ctx context.Context, cursor string, limit int) ([]connection.Authentication, string, error) {
	return nil, "", errTODO
}
func (s *Store) Credentials(ctx context.Context, id connection.AuthenticationID) (connection.Credentials, error) {
	return connection.Credentials{}, errTODO
}
func (s *Store) DeleteAuthentication(ctx context.Context, id connection.AuthenticationID) error {
	return errTODO
}

func (s *Store) CreateConnection(ctx context.Context, c connection.Connection) (connection.Connection, error) {
	return c, errTODO
}
func (s *Store) Connection(ctx context.Context, id connection.ID) (connection.Connection, error) {
	return connection.Connection{}, errTODO
}
func (s *Store) Connections(ctx context.Context, cursor string, limit int) ([]connection.Connection, string, error) {
	return nil, "", errTODO
}
func (s *Store) UpdateConnection(ctx context.Context, id connection.ID, ifVersion int64, change func(*connection.Connection) error) (connection.Connection, error) {
	return connection.Connection{}, errTODO
}
func (s *Store) SetPhase(ctx context.Context, id connection.ID, to connection.Status, from ...connection.Status) (bool, error) {
	return false, errTODO
}
func (s *Store) Fail(ctx context.Context, id connection.ID, f connection.Failure) error { return errTODO }
func (s *Store) Pause(ctx context.Context, id connection.ID) error                      { return errTODO }
func (s *Store) Unpause(ctx context.Context, id connection.ID) error                    { return errTODO }
func (s *Store) SetStoreInfo(ctx context.Context, id connection.ID, info connection.StoreInfo) error {
	return errTODO
}
func (s *Store) SetAccountHeldContacts(ctx context.Context, id connection.ID, held bool) error {
	return errTODO
}
func (s *Store) SetInstalled(ctx context.Context, id connection.ID, change func(*connection.Installed)) error {
	return errTODO
}
func (s *Store) Attend(ctx context.Context, id connection.ID, a connection.Attention) error {
	return errTODO
}
func (s *Store) Unattend(ctx context.Context, id connection.ID, codes ...string) error {
	return errTODO
}

// Park: the action shown beside it is p.Detail unless an Attention of that code exists.
func (s *Store) Park(ctx context.Context, id connection.ID, p connection.Parked) error { return errTODO }
func (s *Store) Unpark(ctx context.Context, id connection.ID) (bool, error)            { return false, errTODO }
func (s *Store) ProbeFailed(ctx context.Context, id connection.ID, next time.Duration) error {
	return errTODO
}
func (s *Store) ParkedDue(ctx context.Context, limit int) ([]connection.ID, error) {
	return nil, errTODO
}
func (s *Store) Reconciled(ctx context.Context, id connection.ID) error { return errTODO }
func (s *Store) WebhookSecret(ctx context.Context, id connection.ID) (connection.Secret, error) {
	return "", errTODO
}
func (s *Store) FingerprintKey(ctx context.Context, id connection.ID) ([]byte, error) {
	return nil, errTODO
}
func (s *Store) Erase(ctx context.Context, id connection.ID) error { return errTODO }

// Event is one webhook delivery. Without an entity it only touches
// last_webhook_at.
type Event struct {
	ConnectionID connection.ID
	SecretHash   [32]byte
	Entity       connection.Entity
	RecordID     connection.RecordID
}

// Received says what became of an event.
type Received string

const (
	Accepted Received = "accepted"
	Orphaned Received = "orphaned"
	Unknown  Received = "unknown"
)

func (s *Store) Receive(ctx context.Context, e Event) (Received, error) { return "", errTODO }
func (s *Store) MarkDirty(ctx context.Context, id connection.ID, entity connection.Entity, ids []connection.RecordID) error {
	return errTODO
}

// Wake receives when this process made records dirty.
func (s *Store) Wake() <-chan struct{} { return nil }

func (s *Store) NextSeq(ctx context.Context) (int64, error) { return 0, errTODO }

type Claim struct {
	ConnectionID connection.ID
	Entity       connection.Entity
	Fetched      int64 // f
	Items        []ClaimItem
}
type ClaimItem struct {
	RecordID    connection.RecordID
	Fingerprint []byte
}

func (s *Store) Claim(ctx context.Context, c Claim) (map[connection.RecordID]connection.RecordState, error) {
	return nil, errTODO
}
func (s *Store) Renew(ctx context.Context, id connection.ID, entity connection.Entity, fetched int64, ids []connection.RecordID) ([]connection.RecordID, error) {
	return nil, errTODO
}
func (s *Store) Release(ctx context.Context, id connection.ID, entity connection.Entity, fetched int64, ids []connection.RecordID) error {
	return errTODO
}

type Finish struct {
	ConnectionID connection.ID
	Entity       connection.Entity
	Fetched      int64 // f
	Read         int64 // g
	Results      []Result
}
type Result struct {
	RecordID         connection.RecordID
	Outcome          connection.Outcome
	Reason           *connection.Reason
	RequestIDs       []string
	Fingerprint      []byte
	State            connection.RecordState
	SourceModifiedAt time.Time
}

func (s *Store) Finish(ctx context.Context, f Finish) (int, error) { return 0, errTODO }
func (s *Store) Attempted(ctx context.Context, key connection.RecordKey, reason connection.Reason, backoffUntil time.Time) error {
	return errTODO
}
func (s *Store) GiveUp(ctx context.Context, key connection.RecordKey, upTo int64, reason connection.Reason) error {
	return errTODO
}
func (s *Store) ExpireClaims(ctx context.Context) (int, error) { return 0, errTODO }

type Limits struct {
	AtWork int
	Batch  int
	Again  time.Duration
}
type Handover struct {
	connection.RecordKey
	StoreHash connection.StoreHash
	DirtySeq  int64
}

func (s *Store) Dispatch(ctx context.Context, l Limits) ([]Handover, error) { return nil, errTODO }
func (s *Store) Undispatch(ctx context.Context, keys []connection.RecordKey) error {
	return errTODO
}

type Backlog struct {
	Oldest    time.Duration
	Dirty     int64
	InBackoff map[connection.ID]int64
}

func (s *Store) Backlog(ctx context.Context) (Backlog, error) { return Backlog{}, errTODO }

type RecordRow struct {
	Key              connection.RecordKey
	Outcome          connection.Outcome // effective
	Reason           *connection.Reason
	LastError        *connection.Reason
	Attempts         int
	PushedAt         time.Time
	RequestIDs       []string
	FirstSeenAt      time.Time
	FirstFailedAt    time.Time
	LastEventAt      time.Time
	LastFetchedAt    time.Time
	BackoffUntil     time.Time
	State            connection.RecordState
	SourceModifiedAt time.Time
	DirtySeq         int64 // 0: not dirty
	PushedSeq        int64
	Inflight         bool
}
type Filter struct {
	Entity  connection.Entity
	Outcome connection.Outcome
}

func (s *Store) Record(ctx context.Context, key connection.RecordKey) (RecordRow, error) {
	return RecordRow{}, errTODO
}
func (s *Store) Records(ctx context.Context, id connection.ID, f Filter, cursor string, limit int) ([]RecordRow, string, error) {
	return nil, "", errTODO
}

type FailureGroup struct {
	Reason  connection.Reason
	Entity  connection.Entity
	Count   int64
	FirstAt time.Time
	LastAt  time.Time
}

func (s *Store) Failures(ctx context.Context, id connection.ID) ([]FailureGroup, error) {
	return nil, errTODO
}

type RetryFilter struct {
	Reason   string // a reason code
	Entity   connection.Entity
	RecordID connection.RecordID
}

func (s *Store) RetryFailures(ctx context.Context, id connection.ID, f RetryFilter) (int, error) {
	return 0, errTODO
}
func (s *Store) RejectLater(ctx context.Context, identificationCode string, entity connection.Entity, recordID connection.RecordID, requestID, idPrefix string, reason connection.Reason) (bool, error) {
	return false, errTODO
}

type RequestRecord struct {
	Key      connection.RecordKey
	Children []int64
}

func (s *Store) RecordsByRequest(ctx context.Context, id connection.ID, requestID string) ([]RequestRecord, error) {
	return nil, errTODO
}
func (s *Store) ClearFingerprintsSince(ctx context.Context, account string, since time.Time) (int, error) {
	return 0, errTODO
}

type ErrorPoll struct {
	Account     string
	Seen        []string
	Since       time.Time
	Connections []connection.ID // live ones of the account
}

func (s *Store) PushHappened(ctx context.Context, account string) error { return errTODO }
func (s *Store) LeaseErrorPoll(ctx context.Context, ttl time.Duration) (*ErrorPoll, error) {
	return nil, errTODO
}
func (s *Store) SaveErrorPoll(ctx context.Context, p ErrorPoll) error { return errTODO }

type EntitySync struct {
	SyncID    string
	Entity    connection.Entity
	Cursor    string
	Done      bool
	Pages     int64
	Read      int64
	Expected  int64
	StartedAt time.Time
	DoneAt    time.Time
}

func (s *Store) BeginEntitySync(ctx context.Context, id connection.ID, syncID string, entity connection.Entity, expected int64) error {
	return errTODO
}
func (s *Store) EntitySync(ctx context.Context, id connection.ID, syncID string, entity connection.Entity) (EntitySync, error) {
	return EntitySync{}, errTODO
}
func (s *Store) CommitPage(ctx context.Context, id connection.ID, syncID string, entity connection.Entity, cursor string, done bool, read int) error {
	return errTODO
}
func (s *Store) Progress(ctx context.Context, id connection.ID) (connection.Progress, error) {
	return nil, errTODO
}

type SavedResponse struct {
	Status  int
	Headers map[string][]string
	Body    []byte
}

func (s *Store) BeginRequest(ctx context.Context, token, key, fingerprint string) (*SavedResponse, error) {
	return nil, errTODO
}
func (s *Store) SaveRequest(ctx context.Context, token, key string, r SavedResponse) error {
	return errTODO
}

// DropRequest forgets a request that failed, so that the key can be used again.
func (s *Store) DropRequest(ctx context.Context, token, key string) error { return errTODO }
