// Package inspect answers people's questions from the live accounts: do these
// credentials work and reach far enough, which order statuses does the store
// have, what would be sent of a record, does Ometria hold it so, which records
// are a shopper's.
//
// It only reads, stores nothing and goes through no workflow; its requests take
// from the same budget as everything else. What it answers about records holds
// personal data or hangs on it: it is for the one who asked, and neither logged
// nor kept. Testing an authentication, what an account answers badly is an
// answer (a connection.Check that is not OK); everywhere else it is an *AccountError.
//
// Start with test.go for credentials, with preview.go for records.
package inspect
