package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/api"
)

type trace struct {
	Kind               string
	Records, Customers []string
	Steps              []struct {
		Time, Stage, What, Cause string
		Version, Feed            int64
	}
}

func TestTrace_ofACustomerOverAllItsRecords(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	f.publish()
	anna := f.find("email", "anna@post.example")[0]
	var tr trace
	f.get("/v1/trace?id=" + anna.ID).ok(&tr)
	if tr.Kind != "customer" || !slices.Equal(tr.Records, anna.Sources) || !slices.Equal(tr.Customers, []string{anna.ID}) {
		t.Errorf("traced %+v", tr)
	}
	var stages []string
	for _, s := range tr.Steps {
		stages = append(stages, s.Stage)
		if s.Stage == "resolved" && (s.What != anna.ID || s.Version != 1 || s.Cause == "") {
			t.Errorf("resolved %+v", s)
		}
	}
	slices.Sort(stages)
	if got := strings.Join(stages, ", "); got != "received, received, resolved" {
		t.Errorf("steps %s", got)
	}
	var bySource trace
	f.get("/v1/trace?id=" + "shop/customers/A%2F1%20%C3%BC").ok(&bySource)
	if bySource.Kind != "record" || !slices.Equal(bySource.Customers, []string{anna.ID}) {
		t.Errorf("traced %+v", bySource)
	}
}

func TestTrace_thatCannotBe(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	for _, id := range []string{"erp/customers/99", "nothing", "G00000000000000000000000000"} {
		if detail, _ := f.get("/v1/trace?id=" + id).problem(404); !strings.Contains(detail, id) {
			t.Errorf("%s: %s", id, detail)
		}
	}
	f.get("/v1/trace").problem(400)
	f.get("/v1/trace?id=erp/customers/1&limit=0").problem(400)
}
