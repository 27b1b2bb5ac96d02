// Package specs finds the published contracts of BigCommerce and Ometria:
// OpenAPI files, example bodies and JSON Schemas. They are test data that lies
// outside the project, so that whatever uses them has to do without.
package specs

import (
	"fmt"
	"os"
	"path/filepath"
)

// Find returns the folder that holds bigcommerce/ and ometria/: the one named,
// which OBC_SPECS is for, or else shared/specs beside the checkout that holds
// the working directory. It is empty when nothing is named and none is there; a
// folder that is named and absent is an error.
func Find(named string) (string, error) {
	if named != "" {
		dir, err := filepath.Abs(named)
		if err == nil {
			_, err = os.Stat(filepath.Join(dir, "ometria"))
		}
		if err != nil {
			return "", fmt.Errorf("find specs: %w", err)
		}
		return dir, nil
	}
	at, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find specs: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			dir := filepath.Join(filepath.Dir(at), "shared", "specs")
			if _, err := os.Stat(filepath.Join(dir, "ometria")); err == nil {
				return dir, nil
			}
		}
		up := filepath.Dir(at)
		if up == at {
			return "", nil
		}
		at = up
	}
}
