// Package presets holds the mappings that come with Touchstone.
//
// In come no calls at all: the package is data. Out go YAML files, which hub folders use by name,
// such as `mapping: edi/x12-850-to-order`, or change with `extends:`. It never has code for a
// message or a partner: what a mapping cannot say belongs into the language.
package presets

import "embed"

// FS holds edi/NAME.yaml for each mapping.
//
//go:embed */*.yaml
var FS embed.FS
