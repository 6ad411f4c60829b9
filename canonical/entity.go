package canonical

// Entity names one of the canonical entities, as mappings write it in `to:`.
type Entity string

// The canonical entities.
const (
	EntityCustomer    Entity = "Customer"
	EntityOrder       Entity = "Order"
	EntityInteraction Entity = "Interaction"
	EntityProduct     Entity = "Product"
)

// Entities lists the canonical entities in a fixed order.
var Entities = []Entity{EntityCustomer, EntityOrder, EntityInteraction, EntityProduct}

// SchemaVersion is the version of the model, major.minor. Within a major only additions are made.
const SchemaVersion = "1.0"
