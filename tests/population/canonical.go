package population

import (
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Customer is the record as a mapping would translate it, published by one of three systems as its
// stream customers.
func (r *Record) Customer() canonical.Customer {
	c := canonical.Customer{
		Kind:      canonical.Person,
		Names:     []canonical.Name{{Given: r.GivenName, Family: r.Surname}},
		BirthDate: r.BirthDate,
		Source:    source(r.ID),
	}
	if r.GivenName == "" && r.Surname == "" {
		c.Names = nil
	}
	if r.Email != "" {
		c.Emails = []canonical.Email{{Value: r.Email}}
	}
	c.Phones = phones(r.Phone, r.Mobile)
	if r.Street != "" || r.City != "" || r.Postcode != "" {
		c.Addresses = []canonical.Address{{
			Name: r.Company, Lines: lines(r.House + " " + r.Street), Locality: r.City, Postcode: r.Postcode, Country: "GB",
		}}
	}
	return c
}

// Customer is the record as a mapping would translate it.
func (r *ChineseRecord) Customer() canonical.Customer {
	c := canonical.Customer{
		Kind:      canonical.Kind(r.Kind),
		Names:     []canonical.Name{{Full: r.Name, Family: r.FamilyName, Given: r.GivenName}},
		BirthDate: r.BirthDate,
		Phones:    phones(r.Phone, ""),
		Source:    source(r.ID),
	}
	if r.Email != "" {
		c.Emails = []canonical.Email{{Value: r.Email}}
	}
	if r.Address != "" {
		c.Addresses = []canonical.Address{{Lines: lines(r.Address), Locality: r.City, Country: "CN"}}
	}
	return c
}

var systems = []string{"erp", "webshop", "callcenter"}

func source(id int) *canonical.Source {
	system := systems[id%len(systems)]
	return &canonical.Source{
		System: system, Stream: "customers", ID: strconv.Itoa(id), Status: canonical.Active,
		BusinessTime: "2026-" + two(1+id%12) + "-" + two(1+id%28) + "T08:00:00Z",
		Provenance: &canonical.Provenance{
			Origin: system + ".csv", Position: "line " + strconv.Itoa(id),
			Ingest: &canonical.IngestSequence{Topic: "raw." + system, Offset: int64(id)},
		},
	}
}

func phones(landline, mobile string) (list []canonical.Phone) {
	if landline != "" {
		list = append(list, canonical.Phone{Value: landline})
	}
	if mobile != "" {
		list = append(list, canonical.Phone{Value: mobile, Use: "mobile"})
	}
	return list
}

func lines(text string) []string {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return []string{text}
}
