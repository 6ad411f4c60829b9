package config

import "log/slog"

// Secret is a password, token or key. It prints and logs as "[secret]", so that
// it cannot slip out with the struct around it; a warning tells of one that
// stands in the file itself and not in a variable.
type Secret struct {
	value string
	Node  *Node // where it was written, nil if not given
}

// NewSecret makes a secret that comes from elsewhere than a file.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal gives the secret itself, for the one place that sends or compares it.
func (s Secret) Reveal() string { return s.value }

// IsSet is true unless the secret is empty.
func (s Secret) IsSet() bool { return s.value != "" }

// Position is where the secret was written.
func (s Secret) Position() Position { return s.Node.Position() }

// String gives "[secret]", or "" if there is none.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return "[secret]"
}

// GoString keeps %#v from showing the value.
func (s Secret) GoString() string { return s.String() }

// LogValue keeps slog from showing the value.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps JSON from showing the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// DecodeConfig reads a text.
func (s *Secret) DecodeConfig(n *Node, ps *Problems) {
	if n.Kind() != Scalar {
		ps.Add(Problem{Position: n.Position(), What: "the secret is " + n.Shown(), Expected: "text such as ${NAME}"})
		return
	}
	s.value, s.Node = n.Text(), n
	if s.value != "" && !n.IsSecretRef() {
		ps.Add(Problem{Position: n.Position(), Severity: Warning, What: "a secret stands in the file", Expected: "an environment variable such as ${NAME}"})
	}
}
