package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
)

const shopPreset = `kind: http
url: https://${settings.shop}.example.com/${settings.version:2025-01}
port: ${settings.port:443}
token: ${settings.token}
scopes: ${settings.scopes}
static: ${PORT}
mixed: ${settings.shop}:${PORT} $${x}
`

type shop struct {
	Kind   string                    `yaml:"kind"`
	URL    config.Positioned[string] `yaml:"url"`
	Port   config.Positioned[int]    `yaml:"port"`
	Token  config.Secret             `yaml:"token"`
	Scopes []string                  `yaml:"scopes"`
	Static int                       `yaml:"static"`
	Mixed  string                    `yaml:"mixed"`
}

// fill reads a user's file over the preset, as the hub does.
func fill(t *testing.T, user string) (got shop, problems string) {
	t.Helper()
	var ps config.Problems
	file := config.Parse("shop.yaml", []byte(user), environment, &ps)
	preset := config.Parse("preset", []byte(shopPreset), environment, &ps)
	filled := preset.WithSettings(file.Get("settings"), environment, &ps)
	_, own := file.Split("preset", "settings")
	config.Merge(filled, own).Decode(&got, &ps)
	return got, lines(&ps)
}

func TestWithSettings_fillsAPreset(t *testing.T) {
	t.Parallel()
	got, problems := fill(t, "preset: shop\nsettings:\n  shop: acme\n  token: \"${TOKEN}\"\n  scopes: [a, b]\n")
	if problems != "" {
		t.Fatal(problems)
	}
	if got.URL.Value != "https://acme.example.com/2025-01" || got.Port.Value != 443 || got.Token.Reveal() != "s3cr3t" || got.Static != 8080 || got.Mixed != "acme:8080 ${x}" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"a", "b"}, got.Scopes); diff != "" {
		t.Error(diff)
	}
	if at := got.URL.Position().String(); at != "shop.yaml:3:9" {
		t.Errorf("what was made with a setting stands at %s, want the setting", at)
	}
	if at := got.Port.Position().String(); at != "preset:3:7" {
		t.Errorf("a default stands at %s, want the preset", at)
	}
}

func TestWithSettings_problemsPointAtTheUsersFile(t *testing.T) {
	t.Parallel()
	const rest = "  token: ${TOKEN}\n  scopes: [a]\n"
	for _, test := range []struct{ name, user, want string }{
		{"a setting is missing", "settings:\n" + rest, `shop.yaml:2:3: setting "shop" is missing; expected a value, which preset asks for`},
		{"no settings at all", "port: 1\n", "shop.yaml:1:1: setting \"shop\" is missing; expected a value, which preset asks for\n" +
			"shop.yaml:1:1: setting \"token\" is missing; expected a value, which preset asks for\nshop.yaml:1:1: setting \"scopes\" is missing; expected a value, which preset asks for"},
		{"a misspelt setting", "settings:\n  shpo: acme\n" + rest, `shop.yaml:2:3: unknown setting "shpo"; expected one of shop, version, port, token, scopes; did you mean "shop"?`},
		{"an unknown setting", "settings:\n  shop: acme\n  colour: red\n" + rest, `shop.yaml:3:3: unknown setting "colour"; expected one of shop, version, port, token, scopes`},
		{"a setting of the wrong type", "settings:\n  shop: acme\n  port: web\n" + rest, `shop.yaml:3:9: port is "web"; expected an integer`},
		{"a list inside a text", "settings:\n  shop: [a]\n" + rest, `shop.yaml:2:9: setting shop is a list; expected a value: preset puts it into a text`},
		{"settings that are no mapping", "settings: acme\n", "shop.yaml:1:11: settings is \"acme\"; expected a mapping"},
		{"a secret in the file", "settings:\n  shop: acme\n  token: abc\n  scopes: []\n", `shop.yaml:3:10: warning: a secret stands in the file; expected an environment variable such as ${NAME}`},
		{"the user's own key", "settings:\n  shop: acme\n" + rest + "prot: 1\n", `shop.yaml:5:1: unknown key "prot"; expected one of kind, url, port, token, scopes, static, mixed`},
		{"a variable of a setting is missing", "settings:\n  shop: ${NOPE}\n" + rest, `shop.yaml:2:9: environment variable NOPE is not set; expected a value or ${NOPE:default}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, got := fill(t, test.user); got != test.want {
				t.Errorf("(-want +got):\n%s", cmp.Diff(test.want, got))
			}
		})
	}
}
