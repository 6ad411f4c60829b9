package config_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
)

type retry struct {
	Attempts int           `yaml:"attempts" default:"5" min:"1" max:"100"`
	Wait     time.Duration `yaml:"wait" default:"1s" min:"1ms"`
}

type stream struct {
	Key     string        `yaml:"key"`
	Mapping string        `yaml:"mapping,required"`
	Poll    time.Duration `yaml:"poll"`
	Fields  []string      `yaml:"fields"`
}

type common struct {
	Name string `yaml:"name,required"`
}

type connector struct {
	common
	Kind     string                            `yaml:"kind,required" enum:"http,sql,file"`
	Port     uint16                            `yaml:"port"`
	Batch    int8                              `yaml:"batch"`
	Rate     float64                           `yaml:"rate" min:"0" max:"1"`
	Verify   bool                              `yaml:"verify"`
	Buffer   config.ByteSize                   `yaml:"buffer" max:"1GiB"`
	Retry    retry                             `yaml:"retry"`
	Token    config.Secret                     `yaml:"token"`
	Modes    []string                          `yaml:"modes" enum:"read,write"`
	Limits   map[string]int                    `yaml:"limits"`
	Streams  config.Ordered[stream]            `yaml:"streams"`
	When     config.Positioned[string]         `yaml:"when"`
	Raw      *config.Node                      `yaml:"raw"`
	Optional *retry                            `yaml:"optional"`
	Codes    map[string]config.Positioned[int] `yaml:"codes"`
}

func environment(name string) (string, bool) {
	value, found := map[string]string{"PORT": "8080", "TOKEN": "s3cr3t", "EMPTY": "", "YAML": "a: [1"}[name]
	return value, found
}

// Every message a user can see stands here, as it is printed.
func TestProblems_exactMessages(t *testing.T) {
	t.Parallel()
	const head = "name: n\nkind: http\n"
	tests := []struct{ name, text, want string }{
		{"unknown key", head + "prot: 1", `f.yaml:3:1: unknown key "prot"; expected one of name, kind, port, batch, rate, verify, buffer, retry, token, modes, limits, streams, …; did you mean "port"?`},
		{"missing keys", "kind: sql", `f.yaml:1:1: "name" is missing; expected text`},
		{"everything missing in an empty file", "", "f.yaml:1:1: \"name\" is missing; expected text\nf.yaml:1:1: \"kind\" is missing; expected one of http, sql, file"},
		{"only a comment", "# nothing yet", "f.yaml:1:1: \"name\" is missing; expected text\nf.yaml:1:1: \"kind\" is missing; expected one of http, sql, file"},
		{"a misspelt required key is told of once", "nmae: n\nkind: http", `f.yaml:1:1: unknown key "nmae"; expected one of name, kind, port, batch, rate, verify, buffer, retry, token, modes, limits, streams, …; did you mean "name"?`},
		{"misspelt in the other case", head + "Port: 1", `f.yaml:3:1: unknown key "Port"; expected one of name, kind, port, batch, rate, verify, buffer, retry, token, modes, limits, streams, …; did you mean "port"?`},
		{"enum", "name: n\nkind: htp", `f.yaml:2:7: kind is "htp"; expected one of http, sql, file; did you mean "http"?`},
		{"enum far off", "name: n\nkind: smtp", `f.yaml:2:7: kind is "smtp"; expected one of http, sql, file`},
		{"enum in a list", head + "modes: [read, wirte]", `f.yaml:3:15: modes[1] is "wirte"; expected one of read, write; did you mean "write"?`},
		{"integer out of range", head + "port: 65536", `f.yaml:3:7: port is "65536"; expected an integer from 0 to 65535`},
		{"negative for unsigned", head + "port: -1", `f.yaml:3:7: port is "-1"; expected an integer from 0 to 65535`},
		{"small integer", head + "batch: 128", `f.yaml:3:8: batch is "128"; expected an integer from -128 to 127`},
		{"huge integer", head + "batch: 99999999999999999999999", `f.yaml:3:8: batch is "99999999999999999999999"; expected an integer from -128 to 127`},
		{"not an integer", head + "port: eighty", `f.yaml:3:7: port is "eighty"; expected an integer from 0 to 65535`},
		{"fraction for an integer", head + "port: 1.5", `f.yaml:3:7: port is "1.5"; expected an integer from 0 to 65535`},
		{"quoted integer", head + "port: \"80\"", `f.yaml:3:7: port is "80" in quotes; expected an integer from 0 to 65535`},
		{"leading zero", head + "port: 0123", `f.yaml:3:7: port is "0123"; expected an integer from 0 to 65535`},
		{"float out of range", head + "rate: 1.5", `f.yaml:3:7: rate is "1.5"; expected a number from 0 to 1`},
		{"not a number", head + "rate: .nan", `f.yaml:3:7: rate is ".nan"; expected a number from 0 to 1`},
		{"bool", head + "verify: yes", `f.yaml:3:9: verify is "yes"; expected true or false`},
		{"quoted bool", head + "verify: 'true'", `f.yaml:3:9: verify is "true" in quotes; expected true or false`},
		{"duration without unit", head + "retry: {wait: 15}", `f.yaml:3:15: wait is "15"; expected a duration such as 15s, 2h or 7d, at least 1ms`},
		{"duration below the least", head + "retry: {wait: 0s}", `f.yaml:3:15: wait is "0s"; expected a duration such as 15s, 2h or 7d, at least 1ms`},
		{"duration misspelt", head + "retry:\n  wait: 2 hours", `f.yaml:4:9: wait is "2 hours"; expected a duration such as 15s, 2h or 7d, at least 1ms`},
		{"negative duration", head + "retry:\n  wait: -2h", `f.yaml:4:9: wait is "-2h"; expected a duration such as 15s, 2h or 7d, at least 1ms`},
		{"size", head + "buffer: 10 megs", `f.yaml:3:9: buffer is "10 megs"; expected a size such as 10MB or 1GiB, at most 1GiB`},
		{"size too large", head + "buffer: 2GiB", `f.yaml:3:9: buffer is "2GiB"; expected a size such as 10MB or 1GiB, at most 1GiB`},
		{"attempts out of range", head + "retry:\n  attempts: 0", `f.yaml:4:13: attempts is "0"; expected an integer from 1 to 100`},
		{"mapping for text", head + "when: {a: 1}", `f.yaml:3:7: when is a mapping; expected text`},
		{"list for text", "name: [a]\nkind: http", `f.yaml:1:7: name is a list; expected text`},
		{"text for a mapping", head + "retry: often", `f.yaml:3:8: retry is "often"; expected a mapping`},
		{"text for a list", head + "modes: read", `f.yaml:3:8: modes is "read"; expected a list`},
		{"mapping for a list", head + "modes: {read: write}", `f.yaml:3:8: modes is a mapping; expected a list`},
		{"list for a mapping", head + "limits: [1]", `f.yaml:3:9: limits is a list; expected a mapping`},
		{"list for named mappings", head + "streams: [orders]", `f.yaml:3:10: streams is a list; expected a mapping of names`},
		{"wrong item", head + "streams:\n  orders:\n    mapping: m\n    fields: [a, {b: c}, d]", `f.yaml:6:17: fields[1] is a mapping; expected text`},
		{"empty item", head + "modes:\n  - read\n  -", `f.yaml:5:5: modes[1] is nothing; expected one of read, write`},
		{"missing inside a name", head + "streams:\n  orders:\n  customers: {mapping: m}", `f.yaml:4:3: "mapping" is missing; expected text`},
		{"value in a map", head + "limits: {a: 1, b: x}", `f.yaml:3:19: b is "x"; expected an integer`},
		{"positioned value in a map", head + "codes: {a: x}", `f.yaml:3:12: a is "x"; expected an integer`},
		{"pointer", head + "optional: {attempts: 1000}", `f.yaml:3:22: attempts is "1000"; expected an integer from 1 to 100`},
		{"a list as the document", "- a", `f.yaml:1:1: this is a list; expected a mapping`},
		{"a text as the document", "hello", `f.yaml:1:1: this is "hello"; expected a mapping`},
		{"plain secret", head + "token: hunter2", `f.yaml:3:8: warning: a secret stands in the file; expected an environment variable such as ${NAME}`},
		{"secret of another type", head + "token: [a]", `f.yaml:3:8: the secret is a list; expected text such as ${NAME}`},
		{"the value of a variable is never shown", head + "port: ${TOKEN}", `f.yaml:3:7: port is "${TOKEN}"; expected an integer from 0 to 65535`},
		{"nor its nearest name", "name: n\nkind: ${TOKEN}", `f.yaml:2:7: kind is "${TOKEN}"; expected one of http, sql, file`},
		{"variable missing", head + "token: ${SHOPIFY_TOKEN}", `f.yaml:3:8: environment variable SHOPIFY_TOKEN is not set; expected a value or ${SHOPIFY_TOKEN:default}`},
		{"variable missing for a number", head + "port: ${NOPE}", `f.yaml:3:7: environment variable NOPE is not set; expected a value or ${NOPE:default}`},
		{"variable missing within a text", head + "when: \"a ${PORT} b ${NOPE} c\"", `f.yaml:3:20: environment variable NOPE is not set; expected a value or ${NOPE:default}`},
		{"reference not closed", head + "when: a ${PORT", `f.yaml:3:9: ${ is not closed; expected ${NAME}, ${NAME:default}, or $${ for the two characters themselves`},
		{"reference without a name", head + "when: a ${} b", `f.yaml:3:9: ${} is no reference; expected ${NAME}, ${NAME:default}, or $${ for the two characters themselves`},
		{"reference with a bad name", head + "when: ${a-b}", `f.yaml:3:7: ${a-b} is no reference; expected ${NAME}, ${NAME:default}, or $${ for the two characters themselves`},
		{"setting outside a preset", head + "when: x ${settings.shop}", `f.yaml:3:9: ${settings.shop} is used outside a preset; expected an environment variable (only presets have settings)`},
		{"unquoted reference in flow style", head + "retry: {attempts: ${PORT}}", `f.yaml:3:20: YAML: ',' or '}' must be specified; expected quotes around ${…} inside { } or [ ], as in {token: "${TOKEN}"}`},
		{"several at once, in order", "kind: htpp\nport: x\nname: n\nverfy: true", "f.yaml:1:7: kind is \"htpp\"; expected one of http, sql, file; did you mean \"http\"?\nf.yaml:2:7: port is \"x\"; expected an integer from 0 to 65535\nf.yaml:4:1: unknown key \"verfy\"; expected one of name, kind, port, batch, rate, verify, buffer, retry, token, modes, limits, streams, …; did you mean \"verify\"?"},
		{"duplicate key", head + "name: m", `f.yaml:3:1: key "name" stands twice in one mapping (first in line 1)`},
		{"duplicate keys in flow style", head + "limits: {a: 1, b: 2, a: 3, b: 4}", "f.yaml:3:22: key \"a\" stands twice in one mapping (first in line 3)\nf.yaml:3:28: key \"b\" stands twice in one mapping (first in line 3)"},
		{"second document", head + "---\nname: m", `f.yaml:4:1: a second document begins; expected one document a file`},
		{"unclosed quote", "name: \"n\nkind: http", `f.yaml:1:7: YAML: could not find end character of double-quoted text`},
		{"unclosed list", head + "modes: [read", `f.yaml:3:8: YAML: sequence end token ']' not found`},
		{"tab", head + "retry:\n\twait: 1s", `f.yaml:4:1: YAML: found character '\t' that cannot start any token; expected spaces for indentation`},
		{"colon in plain text", head + "when: a: b", `f.yaml:3:7: YAML: mapping value is not allowed in this context; expected quotes around a text that has ": " in it`},
		{"cron schedule without quotes", head + "poll: */15 * * * *", `f.yaml:3:12: YAML: value is not allowed in this context. map key-value is pre-defined; expected quotes around a text that begins with *, as in "*/15 * * * *"`},
		{"condition without quotes", head + "when: a ? b : c", `f.yaml:3:7: YAML: mapping value is not allowed in this context; expected quotes around a text that has ": " in it`},
		{"percent without quotes", head + "when: %x", `f.yaml:3:7: YAML: unexpected directive value. document not started; expected quotes around a text that begins with this character`},
		{"bad indentation", head + "retry:\n    wait: 1s\n  attempts: 2", `f.yaml:5:3: YAML: value is not allowed in this context`},
		{"reserved character", head + "when: @x", `f.yaml:3:7: YAML: '@' is a reserved character; expected quotes around a text that begins with this character`},
		{"unknown alias", head + "retry: &slow {wait: 1m}\noptional: *slwo", `f.yaml:4:11: unknown alias *slwo; expected an anchor &slwo above it; did you mean "slow"?`},
		{"alias in itself", head + "raw: &x [*x]", `f.yaml:3:10: *x stands inside what it names`},
		{"merge of a text", head + "retry: {<<: often}", `f.yaml:3:13: << is given "often"; expected an alias of a mapping, or a list of them`},
		{"tag", head + "when: !ruby/object x", `f.yaml:3:7: tag !ruby/object has no meaning here`},
		{"key that is a list", head + "? [a]\n: b", `f.yaml:4:1: YAML: found an invalid key for this map`},
		{"not UTF-8", "name: \xff", `f.yaml:1:7: byte 0xFF is no UTF-8; expected text`},
		{"control character", "name: a\x00b", `f.yaml:1:8: control character U+0000; expected text`},
		{"CJK columns count characters", head + "limits: {客户: 1, 订单: 多}", `f.yaml:3:21: 订单 is "多"; expected an integer`},
		{"CJK unknown key", head + "客户: {}", `f.yaml:3:1: unknown key "客户"; expected one of name, kind, port, batch, rate, verify, buffer, retry, token, modes, limits, streams, …`},
		{"carriage returns", "name: n\r\nkind: http\r\nport: x\r\n", `f.yaml:3:7: port is "x"; expected an integer from 0 to 65535`},
		{"byte order mark", "\uFEFFnmae: n\r\nkind: http", `f.yaml:1:1: unknown key "nmae"; expected one of name, kind, port, batch, rate, verify, buffer, retry, token, modes, limits, streams, …; did you mean "name"?`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var ps config.Problems
			var c connector
			config.Parse("f.yaml", []byte(test.text), environment, &ps).Decode(&c, &ps)
			var lines []string
			for _, p := range ps.Sorted() {
				lines = append(lines, p.String())
			}
			if diff := cmp.Diff(test.want, strings.Join(lines, "\n")); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblems_warningsAreNoError(t *testing.T) {
	t.Parallel()
	var ps config.Problems
	at := config.Position{File: "a.yaml", Line: 2, Column: 3}
	ps.Warnf(at, "the key %q is old", "x")
	if ps.Err() != nil || ps.HasErrors() || ps.Len() != 1 {
		t.Fatalf("a warning became an error: %v", ps.Err())
	}
	ps.Errorf(config.Position{File: "a.yaml", Line: 1, Column: 9}, "broken")
	ps.Errorf(config.Position{File: "a.yaml", Line: 1, Column: 9}, "broken")

	var invalid *config.InvalidError
	if !errors.As(ps.Err(), &invalid) {
		t.Fatalf("Err() is %T", ps.Err())
	}
	want := "a.yaml:1:9: broken\na.yaml:2:3: warning: the key \"x\" is old"
	if diff := cmp.Diff(want, invalid.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"connectors", "mappings", "routes", "webhook_secret", "id", "to"}
	for name, want := range map[string]string{
		"conectors": "connectors", "mapping": "mappings", "rotues": "routes", "webhook-secret": "webhook_secret",
		"Routes": "routes", "customers": "", "x": "", "": "", "routes": "", "di": "id",
	} {
		if got := config.Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
