package mistakes

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/tests/systems"
)

// Whoever enters one thing and then another must not lose the second to the hub's write of the
// first: what a system has reported itself goes to all others, and is not written back there.
func TestAChangeEnteredInATarget_isNotWrittenBackThere(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]func(field, value string) string{"as written": nil, "in a form of its own": systems.Upper} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &systems.Clock{}
			shop, mail := systems.New(t, "shop", systems.Options{Clock: clock, Form: form}), systems.New(t, "mail", systems.Options{Clock: clock})
			c := found(t, nil, shop, mail)
			c.report(anna)
			c.rest()
			before := len(mail.Writes())
			for n := range 5 {
				mail.Change("mail1", "street", fmt.Sprintf("Ring %d", n))
				mail.Change("mail1", "phone", fmt.Sprintf("+4930901%03d", n))
				c.rest()
			}
			if more := mail.Writes()[before:]; form == nil && len(more) > 0 {
				t.Errorf("written back into the mail system: %v", more)
			}
			c.holds(mail, "mail1 street=Ring 4 phone=+4930901004", "street", "phone")
			c.holds(shop, "shop1 street="+c.in(shop, "street", "Ring 4")+" phone=+4930901004", "street", "phone")
			c.quiet()
		})
	}
}

// What a report does not show is written all the same: a field that the mapping has from elsewhere,
// the version, a mapping that was changed.
func TestWhatAReportDoesNotShow_isWritten(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct{ mapping, then string }{
		"a version":         {outbound + "  v: string(version)\n", ""},
		"a changed mapping": {outbound, outbound + "  tier: '\"gold\"'\n"},
		"another customer":  {outbound + "  boss: golden(\"erp/customers/2\").names[0].full ?? nil\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mail := systems.New(t, "mail", systems.Options{})
			c := found(t, map[string]string{"mappings/account.yaml": one.mapping}, mail)
			c.report(anna)
			c.rest()
			before := len(mail.Writes())
			if one.then != "" {
				c.Stop()
				c.Write("mappings/account.yaml", one.then)
				c.start()
			}
			mail.Change("mail1", "street", "Ring 1")
			c.rest()
			more := mail.Writes()[before:]
			if !slices.Contains(more, "PUT mail1") {
				t.Errorf("writes %v, the mail system holds %s", more, mail.Show("v", "tier", "street"))
			}
			if street := mail.Show("street"); !strings.HasSuffix(street, "street=Ring 1") {
				t.Error(street)
			}
		})
	}
}
