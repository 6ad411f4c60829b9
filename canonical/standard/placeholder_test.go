package standard

import (
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
)

func TestPlaceholders_sayNothing(t *testing.T) {
	t.Parallel()
	s, p := &Standardiser{Region: "DE"}, ShippedPlaceholders()
	for _, name := range []canonical.Name{
		{Full: "Unknown"},
		{Full: "N/A"},
		{Given: "n/a", Family: "unknown"},
		{Given: "test", Family: "Test"},
		{Full: "XXX"},
		{Given: "x", Family: "xxx"},
		{Full: "John Doe"},
		{Given: "Max", Family: "Mustermann"},
		{Full: "测试"},
		{Full: "測試"},
		{Full: "不详"},
		{Full: "无"},
		{Full: "未知"},
		{Full: "テスト"},
		{Full: "неизвестно"},
		{Full: "Keine Angabe"},
		{Given: "Guest", Family: "Customer"},
		{Full: "no name"},
	} {
		c := canonical.Customer{Kind: canonical.Person, Names: []canonical.Name{name}}
		forms := s.Customer(&c)
		if got := p.Without(&forms); len(got.Names) > 0 {
			t.Errorf("%+v is left as %+v", name, got.Names)
		}
	}
	for _, mail := range []string{"test@test.com", "none@none.example", "x@x.com", "no-reply@firm.example", "unknown@mail.example", "anna@nomail.com"} {
		c := canonical.Customer{Emails: []canonical.Email{{Value: mail}}}
		if forms := s.Customer(&c); len(forms.Emails) != 1 || len(p.Without(&forms).Emails) > 0 {
			t.Errorf("%s is left", mail)
		}
	}
	for _, phone := range []string{"+49 30 0000000", "+44123456789", "123456789", "+86 138 0013 8000", "+1 800 000 0000", "000-0000"} {
		c := canonical.Customer{Phones: []canonical.Phone{{Value: phone}}}
		if forms := s.Customer(&c); len(p.Without(&forms).Phones) > 0 {
			t.Errorf("%s is left as %+v", phone, forms.Phones)
		}
	}
	c := canonical.Customer{
		Addresses:   []canonical.Address{{Lines: []string{"unknown"}, Postcode: "00000", Locality: "Unbekannt", Country: "DE"}},
		Identifiers: []canonical.Identifier{{Scheme: "customer-number", Value: "N/A"}, {Scheme: "customer-number", Value: "C-7"}},
	}
	forms := s.Customer(&c)
	got := p.Without(&forms)
	if a := got.Addresses[0]; a.Postcode+a.Street+a.Locality != "" || len(a.Lines) > 0 || len(got.Identifiers) != 1 || got.Identifiers[0].Of != 1 {
		t.Errorf("%+v", got)
	}
	if a := forms.Addresses[0]; a.Postcode != "00000" {
		t.Errorf("the forms themselves are changed: %+v", a)
	}
}

// People of unusual names, and numbers that are dialled, are left as they are.
func TestPlaceholders_leaveWhatSaysSomething(t *testing.T) {
	t.Parallel()
	s, p := &Standardiser{Region: "DE"}, ShippedPlaceholders()
	for _, c := range []canonical.Customer{
		{Names: []canonical.Name{{Given: "Anna", Family: "Test"}}},
		{Names: []canonical.Name{{Given: "Yoon-ah", Family: "Na"}}},
		{Names: []canonical.Name{{Given: "Ed", Family: "Guest"}}},
		{Names: []canonical.Name{{Full: "无忌"}}},
		{Names: []canonical.Name{{Given: "Max", Family: "Meier"}}},
		{Names: []canonical.Name{{Full: "Test GmbH & Söhne"}}},
		{Names: []canonical.Name{{Given: "X", Family: "Ng"}}},
		{Emails: []canonical.Email{{Value: "anna@test.example"}}},
		{Emails: []canonical.Email{{Value: "test@post.example"}}},
		{Emails: []canonical.Email{{Value: "info@info.example"}}},
		{Phones: []canonical.Phone{{Value: "+8613888888888"}}},
		{Phones: []canonical.Phone{{Value: "+442079460000"}}},
		{Phones: []canonical.Phone{{Value: "+4930901820"}}},
		{Addresses: []canonical.Address{{Lines: []string{"Ringstr. 12"}, Postcode: "01067", Country: "DE"}}},
	} {
		forms := s.Customer(&c)
		if got := p.Without(&forms); got != &forms {
			t.Errorf("%+v becomes %+v", forms, got)
		}
	}
}

// A name of which one part says nothing keeps the other.
func TestPlaceholders_leaveTheOtherPartOfAName(t *testing.T) {
	t.Parallel()
	s, p := &Standardiser{}, ShippedPlaceholders()
	for _, name := range []canonical.Name{{Given: "n/a", Family: "Schmidt"}, {Given: "Unknown", Family: "Schmidt"}, {Full: "Schmidt, XXX"}} {
		c := canonical.Customer{Kind: canonical.Person, Names: []canonical.Name{name}}
		forms := s.Customer(&c)
		got := p.Without(&forms)
		if len(got.Names) != 1 || got.Names[0].Full != "schmidt" || len(got.Names[0].Readings) != 1 || got.Names[0].Readings[0] != (Reading{Family: "schmidt"}) {
			t.Errorf("%+v is left as %+v", name, got.Names)
		}
	}
}

func TestPlaceholders_areExtended(t *testing.T) {
	t.Parallel()
	s, p := &Standardiser{Region: "DE"}, NoPlaceholders()
	before := p.String()
	if !p.AddName("Laufkundschaft") || !p.AddEmail(s, "Kasse@Laden.example") || !p.AddEmail(s, "@ohne.example") || !p.AddPhone(s, "030 901820") {
		t.Fatal("not added")
	}
	if p.AddName(" . ") || p.AddEmail(s, "kasse") || p.AddPhone(s, "12") || before == p.String() {
		t.Error("added what is nothing")
	}
	c := canonical.Customer{
		Names:  []canonical.Name{{Full: "LAUFKUNDSCHAFT"}, {Full: "unknown"}},
		Emails: []canonical.Email{{Value: "kasse@laden.example"}, {Value: "a@ohne.example"}, {Value: "test@test.com"}}, Phones: []canonical.Phone{{Value: "+4930901820"}},
	}
	forms := s.Customer(&c)
	if got := p.Without(&forms); len(got.Names) != 1 || len(got.Emails) != 1 || len(got.Phones) != 0 {
		t.Errorf("left %+v", got)
	}
}

func BenchmarkPlaceholders(b *testing.B) {
	s, p := &Standardiser{Region: "DE"}, ShippedPlaceholders()
	c := canonical.Customer{
		Kind: canonical.Person, Names: []canonical.Name{{Given: "Anna", Family: "Schmidt"}}, Emails: []canonical.Email{{Value: "anna@post.example"}},
		Phones: []canonical.Phone{{Value: "+4930901820"}}, Addresses: []canonical.Address{{Lines: []string{"Ringstr. 12"}, Postcode: "10115", Locality: "Berlin", Country: "DE"}},
		Identifiers: []canonical.Identifier{{Scheme: "customer-number", Value: "C-7"}},
	}
	forms := s.Customer(&c)
	b.Run("standardise", func(b *testing.B) {
		for b.Loop() {
			s.Customer(&c)
		}
	})
	b.Run("placeholders", func(b *testing.B) {
		for b.Loop() {
			p.Without(&forms)
		}
	})
}
