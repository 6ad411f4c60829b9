package hub_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/hub"
)

// Within a major version of the model only fields are added: what a newer program publishes passes
// through this one, and the fields that it does not know stay in the source record.
func TestVersions_unknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	r := start(t, base, map[string]string{"SHOP": "http://127.0.0.1:9"})
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Ann", "mail": "ann@x.example"}`)
	r.await("the customer", func() error {
		if _, ok := r.customer("erp/customers/1"); !ok {
			return errors.New("not yet")
		}
		return nil
	})
	err := hub.PublishCanonical(t.Context(), r.Hub, canonical.EntityCustomer, "erp/customers/2", `{"kind":"person",
		"names":[{"full":"Bob"}],"emails":[{"value":"bob@x.example"}],"shoeSize":{"eu":"44"},
		"source":{"system":"erp","stream":"customers","id":"2","version":{"integer":1},"status":"active"}}`)
	if err != nil {
		t.Fatal(err)
	}
	r.await("the customer with the unknown field", func() error {
		record, ok := r.customer("erp/customers/2")
		if !ok {
			return errors.New("not yet")
		}
		sources, err := r.Store().SourcesOf(t.Context(), record.No)
		if err != nil || len(sources) != 1 || !strings.Contains(string(sources[0].Doc), `"shoeSize":{"eu":"44"}`) {
			t.Fatalf("sources %+v, %v", sources, err)
		}
		return nil
	})
	if letters := r.letters(); len(letters) > 0 {
		t.Errorf("dead letters: %+v", letters)
	}

	// each message says by which model and by which state of the folder it was made
	all, err := hub.CanonicalHeaders(t.Context(), r.Hub, canonical.EntityCustomer)
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	if h := all[0]; h["ce_dataschema"] != canonical.SchemaID(canonical.EntityCustomer) || h["touchstone_generation"] != strconv.FormatInt(r.Generation(), 10) {
		t.Errorf("headers %v", h)
	}
}
