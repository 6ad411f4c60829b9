package config_test

import (
	"fmt"
	"os"
	"time"

	"github.com/touchstone-hub/touchstone/config"
)

// A room reads the keys that all kinds share and hands the rest to the kind.
func ExampleNode_Split() {
	file := []byte(`kind: http
listen: 127.0.0.1:8080
timeout: 15
streams:
  customers: {key: id, maping: shop-customer}
`)
	var ps config.Problems
	node := config.Parse("connectors/webshop.yaml", file, os.LookupEnv, &ps)

	var common struct {
		Kind    string `yaml:"kind,required" enum:"http,sql,file"`
		Streams config.Ordered[struct {
			Key     string                    `yaml:"key" doc:"Path of the record's key."`
			Mapping config.Positioned[string] `yaml:"mapping,required"`
		}] `yaml:"streams,required"`
	}
	shared, own := node.Split("kind", "streams")
	shared.Decode(&common, &ps)

	var http struct {
		Listen  string        `yaml:"listen,required"`
		Timeout time.Duration `yaml:"timeout" default:"30s"`
	}
	own.Decode(&http, &ps)

	for _, p := range ps.Sorted() {
		fmt.Println(p)
	}
	// Output:
	// connectors/webshop.yaml:3:10: timeout is "15"; expected a duration such as 15s, 2h or 7d
	// connectors/webshop.yaml:5:24: unknown key "maping"; expected one of key, mapping; did you mean "mapping"?
}
