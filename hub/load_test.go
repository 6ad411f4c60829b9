package hub_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/hub"
)

// problems loads the folder and gives what is wrong with it, a line each, without the warning that
// webhooks of the base are open to anybody.
func problems(t *testing.T, files map[string]string) (ok bool, text string) {
	t.Helper()
	root := t.TempDir()
	write(t, root, files)
	folder, ps := hub.Load(root, func(name string) (string, bool) { return "http://127.0.0.1:9", name == "SHOP" })
	var lines []string
	for _, p := range ps.Sorted() {
		line := strings.ReplaceAll(p.String(), root+"/", "")
		if !strings.Contains(line, "webhooks are taken from anybody") {
			lines = append(lines, line)
		}
	}
	return folder != nil, strings.Join(lines, "\n")
}

// Promise 5: what no room can see alone is told with its place, what was expected, and the nearest
// name.
func TestLoad_saysWhatIsWrongBetweenFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files map[string]string
		want  string
		ok    bool
	}{
		"nothing": {
			ok:   true,
			want: `mappings/booking.yaml:2:1: warning: mapping "booking" is used by no stream and no route`,
		},
		"a stream's mapping": {
			files: map[string]string{"connectors/shop.yaml": strings.Replace(base["connectors/shop.yaml"], "mapping: customer", "mapping: custmer", 1), "mappings/booking.yaml": ""},
			want:  `connectors/shop.yaml:6:61: mapping "custmer" is not defined; expected the name of a file's ` + "`mapping:`" + `; did you mean "customer"?`,
		},
		"a route's mapping": {
			files: map[string]string{"routes/customers.yaml": "route: r\nfrom: golden.customer\nto: shop.customers\nmapping: acount\n", "mappings/booking.yaml": ""},
			want:  `routes/customers.yaml:4:10: mapping "acount" is not defined; expected the name of a file's ` + "`mapping:`" + `; did you mean "account"?`,
		},
		"a route's target": {
			files: map[string]string{"routes/customers.yaml": "route: r\nfrom: golden.customer\nto: shop.custmers\nmapping: account\n"},
			want:  `routes/customers.yaml:3:5: target shop.custmers is not defined; expected system.stream of a connector's ` + "`target:`" + `; did you mean "shop.customers"?`,
		},
		"a mapping of another direction in a stream": {
			files: map[string]string{"connectors/shop.yaml": strings.Replace(base["connectors/shop.yaml"], "mapping: customer", "mapping: account", 1), "mappings/booking.yaml": ""},
			want:  `connectors/shop.yaml:6:61: mapping "account" writes payloads for targets; expected one with ` + "`to: Customer`" + ` or another entity`,
		},
		"a mapping of another direction in a route": {
			files: map[string]string{"routes/customers.yaml": "route: r\nfrom: golden.customer\nto: shop.customers\nmapping: customer\n"},
			want: `mappings/account.yaml:2:1: warning: mapping "account" is used by no stream and no route` + "\n" +
				`routes/customers.yaml:4:10: mapping "customer" does not fit route r; expected one with ` + "`from: Customer`",
		},
		"a mapping of another entity in a route": {
			files: map[string]string{"routes/customers.yaml": "route: r\nfrom: golden.customer\nto: shop.customers\nmapping: booking\n"},
			want: `mappings/account.yaml:2:1: warning: mapping "account" is used by no stream and no route` + "\n" +
				`routes/customers.yaml:4:10: mapping "booking" does not fit route r; expected one with ` + "`from: Customer`",
		},
		"two mappings of one name": {
			files: map[string]string{"mappings/other.yaml": base["mappings/account.yaml"]},
			want:  `mappings/other.yaml:2:1: mapping "account" is defined twice; the first stands at mappings/account.yaml:2:1`,
		},
		"two routes of one name": {
			files: map[string]string{"routes/other.yaml": base["routes/customers.yaml"]},
			want:  `routes/other.yaml:2:1: route "customers" is defined twice; the first stands at routes/customers.yaml:2:1`,
		},
		"two systems of one name": {
			files: map[string]string{"connectors/web.yaml": "system: erp\n" + strings.TrimSpace(base["connectors/erp.yaml"])},
			want:  `connectors/web.yaml:1:1: system "erp" is defined twice; the first stands in connectors/erp.yaml`,
		},
		"a stream whose mapping has nothing to read": {
			files: map[string]string{"connectors/extra.yaml": "kind: file\nstreams:\n  customers: {folder: in, mapping: customer}\n"},
			want:  `connectors/extra.yaml:3:3: stream extra/customers names no format; expected format: ndjson or another, since its mapping reads what the stream keeps`,
		},
		"a region that is none": {
			files: map[string]string{"hub.yaml": "region: Germany\n"},
			want:  `hub.yaml:1:9: region is "Germany"; expected an ISO 3166-1 alpha-2 code such as DE`,
		},
		"an open API": {
			files: map[string]string{"hub.yaml": "api: {listen: \"0.0.0.0:8080\"}\n"},
			want: `hub.yaml:1:15: the API would listen on 0.0.0.0:8080 without API keys; expected ` + "`keys:`" + `, or an address on loopback` + "\n" +
				`hub.yaml:1:15: the API would listen on 0.0.0.0:8080 without TLS; expected ` + "`cert:` and `key:`" + `, or an address on loopback`,
		},
		"an open API on all addresses": {
			files: map[string]string{"hub.yaml": "api: {listen: \":8080\", keys: [{name: a, key: \"${SHOP}\"}]}\n"},
			want:  `hub.yaml:1:15: the API would listen on :8080 without TLS; expected ` + "`cert:` and `key:`" + `, or an address on loopback`,
		},
		"webhooks in the clear": {
			files: map[string]string{"hub.yaml": "intake: {listen: \"0.0.0.0:8081\"}\n"},
			want:  `hub.yaml:1:9: webhooks would arrive on 0.0.0.0:8081 without TLS; expected ` + "`cert:` and `key:`" + `, or an address on loopback`,
		},
		"an unknown key of hub.yaml": {
			files: map[string]string{"hub.yaml": "regoin: DE\n"},
			want:  `hub.yaml:1:1: unknown key "regoin"; expected one of name, region, data, bus, store, resolve, api, intake, subscribers, telemetry, limits; did you mean "region"?`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, got := problems(t, with(test.files))
			if name != "nothing" {
				got = strings.TrimSpace(strings.ReplaceAll("\n"+got, "\nmappings/booking.yaml:2:1: warning: mapping \"booking\" is used by no stream and no route", ""))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if ok != test.ok {
				t.Errorf("loaded: %v", ok)
			}
		})
	}
}
