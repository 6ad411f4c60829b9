package http

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // senders choose; an HMAC does not rest on collisions
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/config"
)

// verifyKeys are `verify:`: none, or a mapping of exactly one way.
type verifyKeys struct {
	given bool
	ways
}

type ways struct {
	HMAC   *signed   `yaml:"hmac" doc:"a signature over the raw body"`
	Bearer secrets   `yaml:"bearer" doc:"a token in Authorization, or several while it changes"`
	Basic  *userName `yaml:"basic" doc:"user and password"`
}

type userName struct {
	User     string  `yaml:"user,required"`
	Password secrets `yaml:"password,required"`
}

// signed is a signature in a header. Signed says what it covers: {body}, {timestamp}, {id}.
type signed struct {
	Secret    secrets                   `yaml:"secret,required" doc:"the shared secret, or several while it changes"`
	KeyForm   string                    `yaml:"secret_encoding" enum:"text,hex,base64" default:"text" doc:"how the secret is written; whsec_ before base64 is left out"`
	Header    string                    `yaml:"header,required" doc:"where the signature stands"`
	Algorithm string                    `yaml:"algorithm" enum:"sha256,sha1,sha512" default:"sha256"`
	Encoding  string                    `yaml:"encoding" enum:"hex,base64" default:"hex"`
	Prefix    string                    `yaml:"prefix" doc:"what stands before the signature, such as sha256="`
	Timestamp string                    `yaml:"timestamp" doc:"header with the time of sending"`
	Tolerance time.Duration             `yaml:"tolerance" default:"5m" doc:"how old or early the timestamp may be"`
	ID        string                    `yaml:"id" doc:"header that {id} stands for"`
	Signed    config.Positioned[string] `yaml:"signed" default:"{body}" doc:"what the signature covers"`

	covers template
	keys   [][]byte
}

// ConfigSchema describes what DecodeConfig reads.
func (*verifyKeys) ConfigSchema() map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"const": "none"}, config.Schema(ways{})}}
}

// DecodeConfig reads `none` or a mapping.
func (v *verifyKeys) DecodeConfig(n *config.Node, ps *config.Problems) {
	v.given = true
	if n.Kind() == config.Scalar && n.Text() == "none" {
		ps.Add(config.Problem{Position: n.Position(), Severity: config.Warning, What: "webhooks are taken from anybody", Expected: "hmac, bearer or basic"})
		return
	}
	if n.Kind() != config.Mapping {
		ps.Add(config.Problem{Position: n.Position(), What: "verify is " + n.Shown(), Expected: "hmac:, bearer: or basic:, or the word none"})
		return
	}
	if !n.Decode(&v.ways, ps) {
		return
	}
	given := []bool{v.HMAC != nil, len(v.Bearer) > 0, v.Basic != nil}
	switch entries := n.Entries(); {
	case len(entries) == 1 && entries[0].Value.Unreadable():
		return // a variable that is not set, which was told of
	case len(entries) != 1 || !slices.Contains(given, true):
		ps.Add(config.Problem{Position: n.Position(), What: "verify does not name one way", Expected: "one of hmac, bearer, basic"})
		return
	}
	if h := v.HMAC; h != nil {
		h.readKeys(ps)
		h.covers = parseTemplate(h.Signed.Node, []string{"body", "timestamp", "id"}, ps)
		for _, p := range h.covers {
			if p.name == "timestamp" && h.Timestamp == "" || p.name == "id" && h.ID == "" {
				ps.Add(config.Problem{Position: h.Signed.Position(), What: "signed has " + p.written + " without a header", Expected: p.name + ": with the header's name"})
			}
		}
	}
}

// headers are those that show something secret.
func (v *verifyKeys) headers() []string {
	if v.HMAC == nil {
		return nil
	}
	return []string{v.HMAC.Header}
}

// scheme is what a sender is told to use (RFC 9110, 11.6.1).
func (v *verifyKeys) scheme() string {
	switch {
	case len(v.Bearer) > 0:
		return "Bearer"
	case v.Basic != nil:
		return `Basic realm="touchstone"`
	}
	return ""
}

// credentials checks what stands in the head of a request.
func (v *verifyKeys) credentials(r *http.Request) error {
	switch {
	case v.HMAC != nil && r.Header.Get(v.HMAC.Header) == "":
		return errUnsigned
	case len(v.Bearer) > 0:
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "bearer") || !v.Bearer.match(strings.TrimSpace(token)) {
			return errors.New("the bearer token is missing or wrong")
		}
	case v.Basic != nil:
		user, password, given := r.BasicAuth()
		if right := same(user, v.Basic.User); !v.Basic.Password.match(password) || !right || !given {
			return errors.New("the user or password is missing or wrong")
		}
	}
	return nil
}

// signature checks the HMAC, where that is the way.
func (v *verifyKeys) signature(h http.Header, body []byte, now time.Time) error {
	if v.HMAC == nil {
		return nil
	}
	return v.HMAC.check(h, body, now)
}

var (
	errUnsigned = errors.New("the signature is missing")
	errSigned   = errors.New("the signature is wrong")
	errTime     = errors.New("the timestamp is missing or too far from now")
)

// check tries every secret on every signature in the header (some senders give several, apart by
// spaces, while a secret changes).
func (s *signed) check(h http.Header, body []byte, now time.Time) error {
	text := h.Get(s.Header)
	if s.Timestamp != "" && !near(h.Get(s.Timestamp), now, s.Tolerance) {
		return errTime
	}
	for _, key := range s.keys {
		want := s.sum(key, h, body)
		for given := range strings.FieldsSeq(text) {
			given, found := strings.CutPrefix(given, s.Prefix)
			if got, err := s.decode(given); found && err == nil && hmac.Equal(got, want) {
				return nil
			}
		}
	}
	return errSigned
}

func (s *signed) sum(key []byte, h http.Header, body []byte) []byte {
	mac := hmac.New(map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}[s.Algorithm], key)
	for _, p := range s.covers {
		switch p.name {
		case "":
			mac.Write([]byte(p.literal))
		case "timestamp":
			mac.Write([]byte(h.Get(s.Timestamp)))
		case "id":
			mac.Write([]byte(h.Get(s.ID)))
		case "body":
			mac.Write(body)
		}
	}
	return mac.Sum(nil)
}

// readKeys turns the secrets into what the HMAC is made with.
func (s *signed) readKeys(ps *config.Problems) {
	for _, secret := range s.Secret {
		key, err := []byte(secret.Reveal()), error(nil)
		switch s.KeyForm {
		case "base64":
			key, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(secret.Reveal(), "whsec_"))
		case "hex":
			key, err = hex.DecodeString(secret.Reveal())
		}
		if err != nil {
			ps.Add(config.Problem{Position: secret.Position(), What: "the secret is not " + s.KeyForm, Expected: "another secret_encoding, or a secret so written"})
		}
		s.keys = append(s.keys, key)
	}
}

func (s *signed) decode(text string) ([]byte, error) {
	if s.Encoding == "base64" {
		return base64.StdEncoding.DecodeString(text)
	}
	return hex.DecodeString(text)
}

// near reads seconds since 1970 or RFC 3339.
func near(text string, now time.Time, tolerance time.Duration) bool {
	at, err := time.Parse(time.RFC3339, text)
	if seconds, bad := strconv.ParseInt(text, 10, 64); bad == nil {
		at, err = time.Unix(seconds, 0), nil
	}
	return err == nil && now.Sub(at).Abs() <= tolerance
}

// secrets are one secret, or several while one takes the place of the other.
type secrets []config.Secret

// ConfigSchema describes what DecodeConfig reads.
func (*secrets) ConfigSchema() map[string]any { return config.OneOrMore(config.Plain()) }

// DecodeConfig reads a text or a list of texts.
func (s *secrets) DecodeConfig(n *config.Node, ps *config.Problems) {
	items := []*config.Node{n}
	if n.Kind() == config.Sequence {
		items = n.Items()
	}
	for _, item := range items {
		var one config.Secret
		one.DecodeConfig(item, ps)
		if item.Kind() == config.Scalar && !one.IsSet() {
			ps.Add(config.Problem{Position: item.Position(), What: "the secret is empty", Expected: "text such as ${NAME}"})
		}
		*s = append(*s, one)
	}
	if len(items) == 0 {
		ps.Add(config.Problem{Position: n.Position(), What: "there is no secret in the list", Expected: "at least one"})
	}
}

// match compares with every secret, in a time that does not tell how near it was.
func (s secrets) match(given string) bool {
	matched := false
	for _, secret := range s {
		matched = same(given, secret.Reveal()) || matched
	}
	return matched
}

func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
