package northwind

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

// countries are the names that the database uses, with ISO code and international calling code.
var countries = map[string]struct{ code, calling string }{
	"Argentina": {"AR", "54"}, "Australia": {"AU", "61"}, "Austria": {"AT", "43"}, "Belgium": {"BE", "32"},
	"Brazil": {"BR", "55"}, "Canada": {"CA", "1"}, "Denmark": {"DK", "45"}, "Finland": {"FI", "358"},
	"France": {"FR", "33"}, "Germany": {"DE", "49"}, "Ireland": {"IE", "353"}, "Italy": {"IT", "39"},
	"Japan": {"JP", "81"}, "Mexico": {"MX", "52"}, "Netherlands": {"NL", "31"}, "Norway": {"NO", "47"},
	"Poland": {"PL", "48"}, "Portugal": {"PT", "351"}, "Singapore": {"SG", "65"}, "Spain": {"ES", "34"},
	"Sweden": {"SE", "46"}, "Switzerland": {"CH", "41"}, "UK": {"GB", "44"}, "USA": {"US", "1"}, "Venezuela": {"VE", "58"},
}

// party is a row of one of the tables of companies and people.
type party struct {
	Key                        string
	Company, Contact, Title    string
	Honorific, Given, Family   string
	Birth                      string
	Street, City, Region, Zip  string
	Country, Phone, Fax, Homes string
	Salesperson                string
}

// tables are what SQL says of each table of companies and people; empty text for NULL.
var tables = map[string]string{
	"customers": `SELECT customer_id AS key, company_name AS company, coalesce(contact_name, '') AS contact,
		coalesce(contact_title, '') AS title, coalesce(address, '') AS street, coalesce(city, '') AS city,
		coalesce(region, '') AS region, coalesce(postal_code, '') AS zip, coalesce(country, '') AS country,
		coalesce(phone, '') AS phone, coalesce(fax, '') AS fax,
		coalesce((SELECT DISTINCT ON (o.customer_id) first_name || ' ' || last_name FROM employees e, orders o
			WHERE o.employee_id = e.employee_id AND o.customer_id = customers.customer_id
			ORDER BY o.customer_id, o.order_date DESC, o.order_id DESC), '') AS salesperson
		FROM customers`,
	"suppliers": `SELECT supplier_id::text AS key, company_name AS company, coalesce(contact_name, '') AS contact,
		coalesce(contact_title, '') AS title, coalesce(address, '') AS street, coalesce(city, '') AS city,
		coalesce(region, '') AS region, coalesce(postal_code, '') AS zip, coalesce(country, '') AS country,
		coalesce(phone, '') AS phone, coalesce(fax, '') AS fax, coalesce(split_part(homepage, '#', 2), '') AS homes
		FROM suppliers`,
	"shippers": `SELECT shipper_id::text AS key, company_name AS company, coalesce(phone, '') AS phone, 'USA' AS country FROM shippers`,
	"employees": `SELECT employee_id::text AS key, title_of_courtesy AS honorific, first_name AS given, last_name AS family,
		birth_date::text AS birth, address AS street, city, coalesce(region, '') AS region, postal_code AS zip, country,
		home_phone AS phone
		FROM employees`,
}

func TestNorthwind_everyCustomerComesOutAsItWentIn(t *testing.T) {
	t.Parallel()
	h, db := started(t)
	golden := bySource(t, h)
	international, asWritten := 0, 0
	for table, query := range tables {
		for _, p := range rows[party](t, db, query) {
			key := "erp/" + table + "/" + p.Key
			c, found := golden[key]
			if !found {
				t.Errorf("%s is no golden customer", key)
				continue
			}
			delete(golden, key)
			for _, phone := range c.Phones {
				if strings.HasPrefix(phone.Value, "+") {
					international++
				} else {
					asWritten++
				}
			}
			if diff := cmp.Diff(p.expected(t, key), comparable(t, key, p, c)); diff != "" {
				t.Errorf("%s (-in the database +in the golden record):\n%s", key, diff)
			}
		}
	}
	for key := range golden {
		t.Errorf("%s is a golden customer and not in the database", key)
	}
	// So that the comparison of numbers, which knows both forms, shows something of each.
	if international < 90 || asWritten == 0 {
		t.Errorf("%d telephone numbers came out as E.164 and %d as they were written", international, asWritten)
	}
}

// bySource is the golden customer of each source record.
func bySource(t *testing.T, h *hubtest.Hub) map[string]canonical.Customer {
	t.Helper()
	all := map[string]canonical.Customer{}
	for _, g := range h.Dump() {
		if len(g.Sources) != 1 {
			t.Errorf("%v are one golden customer", g.Sources)
		}
		for _, key := range g.Sources {
			all[key] = g.Typed(t)
		}
	}
	return all
}

// expected is the golden customer that a row has to become.
func (p party) expected(t *testing.T, key string) canonical.Customer {
	table := strings.Split(key, "/")[1]
	scheme := map[string]string{
		"customers": "northwind-customer", "suppliers": "northwind-supplier",
		"shippers": "northwind-shipper", "employees": "northwind-employee",
	}[table]
	use := map[string]string{"customers": "billing", "suppliers": "visiting", "employees": "home"}[table]
	c := canonical.Customer{
		Kind:        canonical.Organisation,
		Identifiers: []canonical.Identifier{{Scheme: scheme, Value: p.Key}},
		Names: []canonical.Name{{
			Full: p.Company, Use: map[string]string{"customers": "trade", "suppliers": "legal"}[table],
		}},
		Salesperson: p.Salesperson,
	}
	if table == "customers" && p.Salesperson == "" {
		c.Cleared = []string{"salesperson"} // NULL: the ERP says that there is nobody
	}
	if table == "employees" {
		c.Kind, c.BirthDate = canonical.Person, p.Birth
		c.Names = []canonical.Name{{Honorific: p.Honorific, Given: p.Given, Family: p.Family}}
	}
	if use != "" {
		c.Addresses = []canonical.Address{{
			Use: use, Lines: strings.Split(p.Street, `\n`), Locality: p.City, Region: p.Region, Postcode: p.Zip, Country: iso(t, p.Country),
		}}
	}
	if p.Contact != "" {
		c.Contacts = []canonical.Contact{{Name: canonical.Name{Full: p.Contact}, Role: p.Title}}
	}
	if p.Phone != "" {
		c.Phones = []canonical.Phone{{Value: p.Phone, Use: map[bool]string{true: "home", false: "work"}[table == "employees"]}}
	}
	if p.Fax != "" {
		c.Faxes = []canonical.Phone{{Value: p.Fax}}
	}
	if p.Homes != "" {
		c.Webs = []canonical.Web{{Value: p.Homes}}
	}
	return c
}

func iso(t *testing.T, country string) string {
	c, known := countries[country]
	if !known {
		t.Errorf("the test does not know the country %q", country)
	}
	return c.code
}

// comparable is the golden customer with what the database has in another form turned back:
// telephone numbers as they were dialled, a contact's name in one piece.
func comparable(t *testing.T, key string, p party, c canonical.Customer) canonical.Customer {
	for i := range c.Phones {
		c.Phones[i].Value = dialled(c.Phones[i].Value, p.Phone, p.Country)
	}
	for i := range c.Faxes {
		c.Faxes[i].Value = dialled(c.Faxes[i].Value, p.Fax, p.Country)
	}
	for i := range c.Contacts {
		n := &c.Contacts[i].Name
		if n.Given == "" || n.Family == "" || !strings.Contains(n.Full, n.Given) || !strings.HasSuffix(n.Full, n.Family) {
			t.Errorf("%s: the contact %q was cut into given %q and family %q", key, n.Full, n.Given, n.Family)
		}
		n.Given, n.Family = "", ""
	}
	return c
}

// dialled is a number as the database has it, if value is the same number in its country's
// international form: the calling code, and then the digits but for the zeros in front.
func dialled(value, written, country string) string {
	international, is := strings.CutPrefix(value, "+"+countries[country].calling)
	// In front stands a 0, or in North America a 1, where one calls from another city.
	national := strings.TrimLeft(digits(written), "0")
	if is && (strings.TrimLeft(international, "0") == national || "1"+international == national) {
		return written
	}
	return value
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
