// Package remote opens clients of an authentication's two accounts, with its
// credentials, and with every request paced by the budget that all processes
// share. Activities and the live answers of package inspect both get their
// clients here, so that no call to BigCommerce or Ometria escapes the budget.
//
// It decides nothing and keeps no credential: one is read, decrypted and used
// for the clients of one task.
package remote
