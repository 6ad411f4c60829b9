// Package presets holds the presets that come with Touchstone, and mappings to start from.
//
// In come no calls at all: the package is data. Out go the YAML files, for connectors.Load and for
// people who copy a mapping. It never has code for a product: what a preset cannot say in YAML
// belongs into its kind.
package presets

import "embed"

// FS holds NAME.yaml for each preset and NAME/*.yaml for its mappings.
//
//go:embed *.yaml */*.yaml
var FS embed.FS
