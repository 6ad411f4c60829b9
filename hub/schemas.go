package hub

import (
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	connectorkinds "github.com/touchstone-hub/touchstone/connectors/all"
	"github.com/touchstone-hub/touchstone/connectors/presets"
	formatkinds "github.com/touchstone-hub/touchstone/formats/all"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
	"github.com/touchstone-hub/touchstone/routes"
)

// FileKinds are the kinds of files in a hub folder, each with a JSON Schema.
var FileKinds = []string{"hub", "connector", "mapping", "route", "golden"}

// FileSchema gives the JSON Schema (draft 2020-12) of one kind of file, for editors that complete
// and check YAML. What a schema cannot know, such as the names in other files, Load checks.
func FileSchema(kind string) ([]byte, error) {
	var schema map[string]any
	switch kind {
	case "hub":
		schema = config.Schema(Settings{})
	case "connector":
		schema = connectors.FileSchema(connectorkinds.Kinds(), formatkinds.Kinds(), []fs.FS{presets.FS})
	case "mapping":
		schema = mappings.Schema(formatkinds.Kinds())
	case "route":
		schema = routes.Schema()
	case "golden":
		schema = golden.RulesetSchema()
	default:
		return nil, fmt.Errorf("no file of a hub folder is a %q", kind)
	}
	schema["title"] = "Touchstone " + kind + " file"
	return json.MarshalIndent(schema, "", "  ")
}
