package hostile

import (
	"strconv"
	"sync"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/tests/population"
)

// people are first records of different people, with the names and birth dates of life.
func people() func(i int) population.Record {
	all := sync.OnceValue(func() (list []population.Record) {
		seen := map[int]bool{}
		for r := range population.New(140_000, 1).Records() {
			if !seen[r.Cluster] {
				seen[r.Cluster] = true
				list = append(list, r)
			}
		}
		return list
	})
	return func(i int) population.Record { return all()[i] }
}

// withPhone is everybody with name, birth date, and one telephone number for all.
func withPhone(everybody func(i int) population.Record, number string) func(i int) canonical.Customer {
	return func(i int) canonical.Customer {
		c := onlyName(everybody(i))
		c.Phones = []canonical.Phone{{Value: number}}
		return c
	}
}

func withMail(everybody func(i int) population.Record, address string) func(i int) canonical.Customer {
	return func(i int) canonical.Customer {
		c := onlyName(everybody(i))
		c.Emails = []canonical.Email{{Value: address}}
		return c
	}
}

func onlyName(r population.Record) canonical.Customer {
	return canonical.Customer{
		Kind: canonical.Person, Names: []canonical.Name{{Given: r.GivenName, Family: r.Surname}}, BirthDate: r.BirthDate,
	}
}

func nothing(int) canonical.Customer { return canonical.Customer{} }

// emptyValues has every attribute, and nothing in any.
func emptyValues(int) canonical.Customer {
	return canonical.Customer{
		Kind:        canonical.Person,
		Names:       []canonical.Name{{Full: " ", Given: "", Family: "-"}},
		Phones:      []canonical.Phone{{Value: " "}, {Value: "-"}},
		Emails:      []canonical.Email{{Value: " "}},
		Addresses:   []canonical.Address{{Lines: []string{" "}, Postcode: " ", Locality: "-"}},
		Identifiers: []canonical.Identifier{{Scheme: "vat", Value: ""}, {Scheme: "customer-number", Value: "-", Unique: true}},
	}
}

// placeholders are what people type where a form insists.
func placeholders(i int) canonical.Customer {
	return canonical.Customer{
		Kind:        canonical.Person,
		Names:       []canonical.Name{{Given: []string{"n/a", "unknown", "x", "test", "."}[i%5], Family: []string{"n/a", "unknown", "xxx", "test"}[i%4]}},
		BirthDate:   "1900-01-01",
		Phones:      []canonical.Phone{{Value: []string{"0", "00000000", "123456789"}[i%3]}},
		Emails:      []canonical.Email{{Value: []string{"none@none.example", "test@test.example"}[i%2]}},
		Addresses:   []canonical.Address{{Lines: []string{"unknown"}, Postcode: "00000", Country: "GB"}},
		Identifiers: []canonical.Identifier{{Scheme: "vat", Value: "000000000", Issuer: "GB"}},
	}
}

// chinesePlaceholders are what people in China type where a form insists.
func chinesePlaceholders(i int) canonical.Customer {
	return canonical.Customer{
		Kind:   canonical.Person,
		Names:  []canonical.Name{{Full: []string{"测试", "不详", "無", "某某", "匿名"}[i%5]}},
		Phones: []canonical.Phone{{Value: []string{"13800138000", "+86 138 0013 8000", "00000000000"}[i%3]}},
		Emails: []canonical.Email{{Value: []string{"noreply@post.example", "xxx@xxx.com"}[i%2]}},
	}
}

// familyFirm has thousands of one surname, at one address, with one switchboard; every tenth is
// known by its mailbox, the others by their own or none.
func familyFirm(i int) canonical.Customer {
	c := canonical.Customer{
		Kind:   canonical.Person,
		Names:  []canonical.Name{{Given: word(i), Family: "Harrington"}},
		Phones: []canonical.Phone{{Value: "0113 496 0000"}},
		Addresses: []canonical.Address{{
			Name: "Harrington & Sons Ltd", Lines: []string{"1 Mill Lane"}, Locality: "Leeds", Postcode: "LS1 1AA", Country: "GB",
		}},
	}
	switch i % 10 {
	case 0:
		c.Emails = []canonical.Email{{Value: "info@harrington.example"}}
	case 1, 2, 3:
		c.Emails = []canonical.Email{{Value: word(i) + "@harrington.example"}}
	}
	return c
}

// branches are shops of one firm: one name and switchboard, and a town each.
func branches(i int) canonical.Customer {
	return canonical.Customer{
		Kind:   canonical.Organisation,
		Names:  []canonical.Name{{Full: "Harrington Bakery Ltd"}},
		Phones: []canonical.Phone{{Value: "0113 496 0000"}},
		Emails: []canonical.Email{{Value: "info@harrington.example"}},
		Addresses: []canonical.Address{{
			Lines: []string{strconv.Itoa(1+i%90) + " " + word(i) + " Road"}, Locality: word(i/7) + " Town",
			Postcode: "LS" + strconv.Itoa(1+i%40) + " " + strconv.Itoa(i%10) + "AB", Country: "GB",
		}},
	}
}

func oneRecord(int) canonical.Customer {
	return canonical.Customer{
		Kind: canonical.Person, Names: []canonical.Name{{Given: "Ann", Family: "Smith"}}, BirthDate: "1980-02-29",
		Phones: []canonical.Phone{{Value: "07412 345678"}}, Emails: []canonical.Email{{Value: "ann.smith@post.example"}},
	}
}

// word is a name that differs from word of any other number, and is not like it.
func word(i int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	x := uint64(i+1) * 0x9e3779b97f4a7c15
	var name []byte
	for range 5 {
		name = append(name, consonants[x>>60%14], vowels[x>>50%5])
		x *= 0xd1342543de82ef95
	}
	name[0] -= 'a' - 'A'
	return string(name)
}
