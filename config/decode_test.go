package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
)

func TestDecode_readsEveryType(t *testing.T) {
	t.Parallel()
	text := `
name: 123
kind: sql
port: ${PORT}
batch: -128
rate: 0.25
verify: true
buffer: 1.5 KiB
retry: {wait: 1d12h}
token: "${TOKEN}"
modes: [read, write]
limits: {a: 1, b: -2}
streams:
  orders:   {key: id, mapping: o, poll: 15m}
  customers:
    mapping: c
    fields: [1, "2", x]
when: kind == "x"
raw: {any: [thing]}
optional:
codes: {de: 49, cn: 86}
`
	var ps config.Problems
	var got connector
	n := config.Parse("f.yaml", []byte(text), environment, &ps)
	if !n.Decode(&got, &ps) || ps.Len() > 0 {
		t.Fatal(lines(&ps))
	}
	if got.Name != "123" || got.Kind != "sql" || got.Port != 8080 || got.Batch != -128 || got.Rate != 0.25 || !got.Verify || got.Buffer != 1536 {
		t.Errorf("scalars: %+v", got)
	}
	if got.Retry != (retry{Attempts: 5, Wait: 36 * time.Hour}) || got.Optional != nil {
		t.Errorf("nested: %+v, %v", got.Retry, got.Optional)
	}
	if got.Token.Reveal() != "s3cr3t" || !got.Token.IsSet() || got.Token.Position().String() != "f.yaml:10:8" {
		t.Errorf("token %q at %s", got.Token.Reveal(), got.Token.Position())
	}
	if diff := cmp.Diff([]string{"read", "write"}, got.Modes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"a": 1, "b": -2}, got.Limits); diff != "" {
		t.Error(diff)
	}
	if names := got.Streams.Names(); fmt.Sprint(names) != "[orders customers]" || got.Streams[1].Position.String() != "f.yaml:15:3" {
		t.Errorf("streams %v at %v", names, got.Streams[1].Position)
	}
	customers, _ := got.Streams.Get("customers")
	if diff := cmp.Diff(stream{Mapping: "c", Fields: []string{"1", "2", "x"}}, customers); diff != "" {
		t.Error(diff)
	}
	if _, found := got.Streams.Get("none"); found {
		t.Error("found a stream that is not there")
	}
	if got.When.Value != `kind == "x"` || got.When.Position().String() != "f.yaml:18:7" || !got.When.IsSet() {
		t.Errorf("when %+v at %s", got.When.Value, got.When.Position())
	}
	if got.Raw.Get("any").Items()[0].Text() != "thing" || got.Codes["cn"].Value != 86 || got.Codes["cn"].Position().Column != 21 {
		t.Errorf("raw %v, codes %v", got.Raw, got.Codes)
	}
}

func TestDecode_fillsDefaults(t *testing.T) {
	t.Parallel()
	type inner struct {
		Wait time.Duration `yaml:"wait" default:"1s"`
	}
	var got struct {
		Modes []string               `yaml:"modes" default:"read,write"`
		Size  config.ByteSize        `yaml:"size" default:"10MB"`
		Inner inner                  `yaml:"inner"`
		Named config.Ordered[inner]  `yaml:"named"`
		Map   map[string]inner       `yaml:"map"`
		At    config.Positioned[int] `yaml:"at" default:"7"`
		None  *inner                 `yaml:"none"`
		Kept  bool                   `yaml:"kept"`
		Plain string                 // no tag: not read
	}
	got.Kept, got.Plain = true, "x"
	var ps config.Problems
	n := config.Parse("f.yaml", []byte("named: {a: , b: {wait: 2s}}\nmap: {a: }\nsize: null\n"), nil, &ps)
	if !n.Decode(&got, &ps) {
		t.Fatal(lines(&ps))
	}
	if fmt.Sprintln(got.Modes, got.Size, got.Inner, got.At.Value, got.None, got.Kept, got.Plain) != "[read write] 10MB {1s} 7 <nil> true x\n" {
		t.Errorf("got %+v", got)
	}
	if got.Named[0].Value.Wait != time.Second || got.Named[1].Value.Wait != 2*time.Second || got.Map["a"].Wait != time.Second {
		t.Errorf("inside names: %+v %+v", got.Named, got.Map)
	}
}

func TestDecode_tellsWhetherItWentWell(t *testing.T) {
	t.Parallel()
	var ps config.Problems
	ps.Errorf(config.Position{File: "other"}, "an earlier error")
	var number int
	if !parse(t, "f", "7").Decode(&number, &ps) || number != 7 {
		t.Error("an earlier error spoils a later decode")
	}
	if parse(t, "f", "x").Decode(&number, &ps) {
		t.Error("a wrong type passes")
	}
	if config.Parse("f", []byte("a: [1"), nil, &ps).Decode(&number, &ps) {
		t.Error("a file that cannot be read passes")
	}
}

func TestSecret_neverShows(t *testing.T) {
	t.Parallel()
	s := config.NewSecret("hunter2")
	asJSON, err := json.Marshal(struct{ S config.Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", s)
	var ps config.Problems
	var c connector
	config.Parse("f", []byte("name: n\nkind: sql\ntoken: ${TOKEN}\n"), environment, &ps).Decode(&c, &ps)
	for _, shown := range []string{string(asJSON), log.String(), fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), fmt.Sprintf("%+v %#v", c, c)} {
		if strings.Contains(shown, "hunter2") || strings.Contains(shown, "s3cr3t") {
			t.Errorf("the secret shows in %s", shown)
		}
		if !strings.Contains(shown, "[secret]") {
			t.Errorf("nothing tells that a secret is there: %s", shown)
		}
	}
	if (config.Secret{}).String() != "" {
		t.Error("no secret looks like one")
	}
}

func TestByteSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"512": "512B", "0": "0B", "10MB": "10MB", "10mb": "10MB", "1GiB": "1GiB", "1.5 KiB": "1536B", "1024 KiB": "1MiB", "2TB": "2TB",
		"": "", "x": "", "1XB": "", "-1": "", "9999999999TB": "", "1.2.3MB": "",
	} {
		got, err := config.ParseByteSize(text)
		switch {
		case err == nil && got.String() != want, err != nil && want != "":
			t.Errorf("%q is %v, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"15s": 15 * time.Second, "2h": 2 * time.Hour, "7d": 168 * time.Hour, "1d12h": 36 * time.Hour, "1h30m": 90 * time.Minute, "0s": 0,
		"": -1, "7": -1, "d": -1, "1d2": -1, "1dd": -1, "1.5d": -1, "999999999d": -1,
	} {
		got, err := config.ParseDuration(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %v (%v), want %v", text, got, err, want)
		}
	}
}

func TestAny_keepsNumbersAsWritten(t *testing.T) {
	t.Parallel()
	got := parse(t, "f", "n: 12345678901234567890.10\ns: \"1\"\nb: true\nq: 'true'\nz: 007\nnull: ~\nl: [1, x]\n").Any()
	want := map[string]any{
		"n": json.Number("12345678901234567890.10"), "s": "1", "b": true, "q": "true", "z": "007", "null": nil, "l": []any{json.Number("1"), "x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
