package connectors_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
)

// paper is a kind that reads and writes nothing; what it is given stays in it.
type paper struct {
	connectors.Connector
	given    connectors.Settings
	settings struct {
		Tray   string        `yaml:"tray,required"`
		Secret config.Secret `yaml:"secret"`
	}
}

var paperKind = connectors.Kind{
	Name: "paper", Doc: "letters", Format: "json",
	Open: func(s connectors.Settings, ps *config.Problems) connectors.Connector {
		p := &paper{given: s}
		s.Settings.Decode(&p.settings, ps)
		for _, one := range s.Streams {
			var keys struct {
				Desk string `yaml:"desk"`
			}
			one.Rest.Decode(&keys, ps)
		}
		return p
	},
}

const letterPreset = `
preset: letter
doc: letters of one firm
kind: paper
settings:
  firm: {doc: the firm's name, needed: always}
  stamp: {doc: the stamp's number, needed: target, secret: true}
  tray: {doc: where letters lie}
defaults:
  tray: "tray of ${settings.firm:}"
template:
  settings: {tray: "${settings.tray:}", secret: "${settings.stamp:}"}
  streams:
    orders: {key: id, desk: "desk-${settings.firm:}"}
    offers: {key: [firm, number]}
  rate: 2/s
  target:
    replies: {batch: 7}
`

// load reads a connector file named post.yaml.
func load(t *testing.T, text string) (*connectors.Configured, []string) {
	t.Helper()
	env := func(name string) (string, bool) { return "value-of-" + name, strings.HasPrefix(name, "SET_") }
	var ps config.Problems
	node := config.Parse("connectors/post.yaml", []byte(text), env, &ps)
	kind := json.JSON
	kind.Keys = []string{"from"}
	c := connectors.Load(node, "post", connectors.LoadOptions{
		Kinds: []connectors.Kind{paperKind}, Formats: []formats.Kind{kind}, Env: env,
		Presets: []fs.FS{fstest.MapFS{"letter.yaml": {Data: []byte(letterPreset)}}},
	}, &ps)
	var lines []string
	for _, p := range ps.Sorted() {
		lines = append(lines, p.String())
	}
	return c, lines
}

func TestLoad_readsWhatEveryKindHas(t *testing.T) {
	c, problems := load(t, `
kind: paper
settings: {tray: upper}
streams:
  orders: {key: [firm, number], mapping: paper-order, poll: "*/5 * * * *", from: orders, desk: a}
  offers: {mapping: paper-offer, format: {name: json, from: offers}}
target:
  replies: {concurrency: 9}
retry: {attempts: 3, backoff: 2s}
rate: 600/m
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if c.System != "post" || c.Kind != "paper" || c.Doc != "letters" {
		t.Errorf("system %q, kind %q, doc %q", c.System, c.Kind, c.Doc)
	}
	orders := c.Streams[0]
	if diff := cmp.Diff([]string{"firm", "number"}, orders.Keys); diff != "" {
		t.Error(diff)
	}
	if orders.Mapping != "paper-order" || orders.Poll != "*/5 * * * *" || orders.MappingAt.Line != 5 || orders.At.Line != 5 {
		t.Errorf("stream %+v", orders)
	}
	if diff := cmp.Diff([]string{"desk"}, orders.Rest.Keys()); diff != "" {
		t.Errorf("the kind gets other keys than its own: %s", diff)
	}
	for _, s := range c.Streams {
		if got := records(t, s.Format, `{"orders":[1,2],"offers":[3]}`); got != map[string]string{"orders": "1 2", "offers": "3"}[s.Name] {
			t.Errorf("stream %s: records %q", s.Name, got)
		}
	}
	want := connectors.TargetPolicy{Attempts: 3, Backoff: 2 * time.Second, MaxBackoff: 5 * time.Minute, Rate: 10, Concurrency: 9, Batch: 50}
	if diff := cmp.Diff(want, c.Policy("replies")); diff != "" {
		t.Error(diff)
	}
}

func records(t *testing.T, f formats.Format, text string) string {
	t.Helper()
	var got []string
	for frame, err := range f.Frames(t.Context(), strings.NewReader(text), "test") {
		if err != nil || frame.Err != nil {
			t.Fatal(err, frame.Err)
		}
		got = append(got, string(frame.Bytes))
	}
	return strings.Join(got, " ")
}

func TestLoad_laysTheFileOverItsPreset(t *testing.T) {
	c, problems := load(t, `
system: letters
preset: letter
settings: {firm: Acme, stamp: "${SET_STAMP}"}
streams:
  offers: {mapping: offer}
  orders:
target:
  replies: {batch: 8}
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if c.System != "letters" || c.Kind != "paper" || c.Preset != "letter" || c.Doc != "letters of one firm" {
		t.Errorf("system %q, kind %q, preset %q, doc %q", c.System, c.Kind, c.Preset, c.Doc)
	}
	kind := c.Connector.(*paper)
	if kind.settings.Tray != "tray of Acme" || kind.settings.Secret.Reveal() != "value-of-SET_STAMP" {
		t.Errorf("tray %q, secret %q", kind.settings.Tray, kind.settings.Secret.Reveal())
	}
	offers, orders := c.Streams[0], c.Streams[1]
	if offers.Name != "offers" || offers.Mapping != "offer" || len(offers.Keys) != 2 || orders.Name != "orders" || orders.Rest.Get("desk").Text() != "desk-Acme" {
		t.Errorf("streams %+v", c.Streams)
	}
	if orders.At.String() != "connectors/post.yaml:7:3" {
		t.Errorf("the stream stands at %s, not where the user named it", orders.At)
	}
	if p := c.Policy("replies"); p.Rate != 2 || p.Batch != 8 {
		t.Errorf("policy %+v", p)
	}
}

func TestLoad_usesOnlyWhatTheFileNames(t *testing.T) {
	c, problems := load(t, "preset: letter\nsettings: {firm: Acme}\nstreams: {orders: }\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(c.Streams) != 1 || len(c.Targets) != 0 {
		t.Errorf("streams %v, targets %v", c.Streams, c.Targets)
	}
}

func TestLoad_tellsWhereAFileIsWrong(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"neither kind nor preset":   {"streams: {a: }", `connectors/post.yaml:1:1: neither "kind" nor "preset" is given; expected kind: paper, or preset: letter`},
		"both":                      {"kind: paper\npreset: letter", `connectors/post.yaml:1:7: both kind and preset are given; expected one of them: a preset has a kind of its own`},
		"unknown kind":              {"kind: papper", `connectors/post.yaml:1:7: unknown kind "papper"; expected one of paper; did you mean "paper"?`},
		"unknown preset":            {"preset: leter", `connectors/post.yaml:1:9: unknown preset "leter"; expected one of letter; did you mean "letter"?`},
		"a preset outside":          {"preset: ../letter", `connectors/post.yaml:1:9: unknown preset "../letter"; expected one of letter; did you mean "letter"?`},
		"unknown key":               {"kind: paper\nstraems: {}", `connectors/post.yaml:2:1: unknown key "straems"; expected one of system, kind, preset, doc, settings, streams, target, retry, rate, concurrency, batch; did you mean "streams"?`},
		"system":                    {"kind: paper\nsystem: My Shop\nsettings: {tray: a}\nstreams: {a: {key: id}}", `connectors/post.yaml:2:9: "My Shop" cannot name a system; expected system: with small letters, digits and -, beginning with a letter`},
		"stream":                    {"kind: paper\nsettings: {tray: a}\nstreams: {Orders: }", `connectors/post.yaml:3:11: "Orders" cannot name a stream; expected small letters, digits, - and _, beginning with a letter`},
		"nothing to do":             {"kind: paper\nsettings: {tray: a}", `connectors/post.yaml:1:1: the connector has neither streams nor targets; expected streams: or target: with a name below it`},
		"poll":                      {"kind: paper\nsettings: {tray: a}\nstreams: {a: {poll: sometimes}}", `connectors/post.yaml:3:21: poll "sometimes" is no schedule; expected a cron expression such as "*/15 * * * *", or @every 15m`},
		"key":                       {"kind: paper\nsettings: {tray: a}\nstreams: {a: {key: {b: c}}}", `connectors/post.yaml:3:20: key is a mapping; expected a path such as id, or a list of paths`},
		"format":                    {"kind: paper\nsettings: {tray: a}\nstreams: {a: {format: jsn}}", `connectors/post.yaml:3:23: unknown format "jsn"; expected one of json; did you mean "json"?`},
		"rate":                      {"kind: paper\nrate: fast\nsettings: {tray: a}\nstreams: {a: }", `connectors/post.yaml:2:7: rate is "fast"; expected a rate such as 10/s, 600/m or 5000/h`},
		"the kind's own settings":   {"kind: paper\nstreams: {a: }\nsettings: {try: a}", `connectors/post.yaml:3:12: unknown key "try"; expected one of tray, secret; did you mean "tray"?`},
		"the kind's own keys":       {"kind: paper\nsettings: {tray: a}\nstreams: {a: {dsk: 1}}", `connectors/post.yaml:3:15: unknown key "dsk"; expected desk; did you mean "desk"?`},
		"missing setting":           {"preset: letter\nstreams: {orders: }", `connectors/post.yaml:1:9: setting "firm" is missing; expected the firm's name`},
		"missing for the target":    {"preset: letter\nsettings: {firm: A}\ntarget: {replies: }", `connectors/post.yaml:2:11: setting "stamp" is missing; expected the stamp's number`},
		"unknown setting":           {"preset: letter\nsettings: {firm: A, trya: b}\nstreams: {orders: }", `connectors/post.yaml:2:21: unknown setting "trya"; expected one of firm, tray, stamp; did you mean "tray"?`},
		"neither of a preset":       {"preset: letter\nsettings: {firm: A}", `connectors/post.yaml:1:1: the connector has neither streams nor targets; expected streams: with orders, offers, or target: with replies`},
		"a stream the preset lacks": {"preset: letter\nsettings: {firm: A}\nstreams: {bills: {dsk: 1}}", `connectors/post.yaml:3:19: unknown key "dsk"; expected desk; did you mean "desk"?`},
	} {
		t.Run(name, func(t *testing.T) {
			c, problems := load(t, test.text)
			if diff := cmp.Diff(test.want, strings.Join(problems, "\n")); diff != "" {
				t.Error(diff)
			}
			if c != nil {
				t.Error("the file was taken in spite of its errors")
			}
		})
	}
}
