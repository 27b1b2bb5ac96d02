package service

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ometria/ometria-bigcommerce/api"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// Tokens is the list in OBC_TOKENS.
type Tokens []api.Token

// UnmarshalText reads "role:[name:]token,…". Its errors never hold a token.
func (t *Tokens) UnmarshalText(text []byte) error {
	var list Tokens
	seen := map[connection.Secret]bool{}
	for i, item := range strings.Split(string(text), ",") {
		parts := strings.Split(strings.TrimSpace(item), ":")
		token := api.Token{Role: api.Role(parts[0]), Token: connection.Secret(parts[len(parts)-1])}
		switch {
		case len(parts) < 2 || len(parts) > 3 || token.Role != api.Admin && token.Role != api.Support:
			return fmt.Errorf("token %d is not of the form role:[name:]token", i+1)
		case token.Token == "" || strings.ContainsAny(token.Token.Reveal(), " \t\r\n"):
			return fmt.Errorf("token %d is empty or holds white space", i+1)
		case seen[token.Token]:
			return fmt.Errorf("token %d is there twice", i+1)
		}
		if len(parts) == 3 {
			token.Name = parts[1]
		}
		seen[token.Token] = true
		list = append(list, token)
	}
	*t = list
	return nil
}

// Share is a part of a whole, 0 to 1.
type Share float64

// UnmarshalText reads "20%" or "0.2". It refuses the whole: nothing would be
// left to work with.
func (s *Share) UnmarshalText(text []byte) error {
	number, percent := strings.CutSuffix(strings.TrimSpace(string(text)), "%")
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		value /= 100
	}
	if err != nil || !(value >= 0 && value < 1) {
		return fmt.Errorf("not a share under 100%%")
	}
	*s = Share(value)
	return nil
}
