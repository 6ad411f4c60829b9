// Package all lists the connector kinds that are compiled into Touchstone.
//
// Nothing comes in; the list goes out, for hub folders and for `touchstone connectors`. It never
// configures anything: a new kind is one folder beside this one and one line here.
package all

import (
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/edi"
	"github.com/touchstone-hub/touchstone/connectors/file"
	"github.com/touchstone-hub/touchstone/connectors/http"
	"github.com/touchstone-hub/touchstone/connectors/sql"
)

// Kinds lists the kinds.
func Kinds() []connectors.Kind {
	return []connectors.Kind{
		edi.Kind,
		file.Kind,
		http.Kind,
		sql.Kind,
	}
}
