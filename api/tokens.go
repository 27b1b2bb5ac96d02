package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Role says what the holder of a token may do.
type Role string

// The roles. Admin may do everything; Support may read, test, retry and sync
// records, and neither sees nor sets credentials.
const (
	Admin   Role = "admin"
	Support Role = "support"
)

// nobody marks routes that need no token.
const nobody Role = ""

// Token is one that callers may present.
type Token struct {
	Role  Role
	Name  string // who holds it, for logs; may be empty
	Token connection.Secret
}

// knownToken keeps a token's hash: the token itself is not needed again.
type knownToken struct {
	role Role
	name string
	hash [sha256.Size]byte
}

// id names a token in the database without telling it.
func (t knownToken) id() string { return hex.EncodeToString(t.hash[:16]) }

func hashTokens(tokens []Token) ([]knownToken, error) {
	if len(tokens) == 0 {
		return nil, errors.New("options: Tokens: none given")
	}
	known := make([]knownToken, len(tokens))
	for i, t := range tokens {
		if t.Role != Admin && t.Role != Support {
			return nil, fmt.Errorf("options: Tokens[%d]: role is neither admin nor support", i)
		}
		if t.Token == "" {
			return nil, fmt.Errorf("options: Tokens[%d]: token is empty", i)
		}
		known[i] = knownToken{role: t.Role, name: t.Name, hash: sha256.Sum256([]byte(t.Token.Reveal()))}
		for _, earlier := range known[:i] {
			if earlier.hash == known[i].hash {
				return nil, fmt.Errorf("options: Tokens[%d]: the same token is given twice", i)
			}
		}
	}
	return known, nil
}

const callerKey = "caller"

// authorize lets a request through when its token has the role, and keeps the
// caller for the endpoint.
func (a *api) authorize(need Role) gin.HandlerFunc {
	return func(c *gin.Context) {
		if need == nobody {
			return
		}
		caller, ok := a.callerOf(c.GetHeader("Authorization"))
		if !ok {
			c.Header("WWW-Authenticate", `Bearer realm="ometria-bigcommerce"`)
			a.fail(c, newProblem(kindUnauthorized, "send a known token as Authorization: Bearer <token>"))
			return
		}
		if need == Admin && caller.role != Admin {
			a.fail(c, newProblem(kindForbidden, "this needs a token with the role admin"))
			return
		}
		c.Set(callerKey, caller)
	}
}

// callerOf compares hashes, each to its end, so that the time taken tells
// nothing of a token.
func (a *api) callerOf(header string) (knownToken, bool) {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return knownToken{}, false
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(token)))
	var found knownToken
	ok := false
	for _, known := range a.tokens {
		if subtle.ConstantTimeCompare(hash[:], known.hash[:]) == 1 {
			found, ok = known, true
		}
	}
	return found, ok
}

func callerIn(c *gin.Context) knownToken {
	value, _ := c.Get(callerKey)
	caller, _ := value.(knownToken)
	return caller
}

// tokenView is what the holder of a token may do.
type tokenView struct {
	Role Role   `json:"role"`
	Name string `json:"name"`
}

func (a *api) showToken(_ context.Context, in request[empty]) (response, error) {
	return response{Status: http.StatusOK, Body: tokenView{in.Role, in.Caller}}, nil
}
