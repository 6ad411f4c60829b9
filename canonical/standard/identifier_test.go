package standard

import (
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
)

// TestIdentifier_publishedExamples holds numbers that standards bodies, tax offices and the
// companies themselves publish.
func TestIdentifier_publishedExamples(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scheme, value, wantScheme, wantValue string }{
		{"GLN", "5412345000013", "gln", "5412345000013"},
		{"ILN", "40 12345 00000 9", "gln", "4012345000009"},
		{"EAN", "4006381333931", "gtin", "04006381333931"},
		{"upc", "036000291452", "gtin", "00036000291452"},
		{"sscc", "(00) 3 7610425 002123456 9", "sscc", "376104250021234569"},
		{"LEI", "7LTWFZYICNSX8D621K86", "lei", "7LTWFZYICNSX8D621K86"},
		{"lei", "213800KUD8LAJWSQ9D15", "lei", "213800KUD8LAJWSQ9D15"},
		{"IBAN", "GB82 WEST 1234 5698 7654 32", "iban", "GB82WEST12345698765432"},
		{"iban", "de89 3704 0044 0532 0130 00", "iban", "DE89370400440532013000"},
		{"uscc", "91350100M000100Y43", "uscc", "91350100M000100Y43"},
		{"统一社会信用代码", "９１３５０１００Ｍ０００１００Ｙ４３", "uscc", "91350100M000100Y43"},
		{"VAT", "ATU13585627", "vat", "ATU13585627"},
		{"VAT", "BE 0411.905.847", "vat", "BE0411905847"},
		{"VAT", "BG175074752", "vat", "BG175074752"},
		{"UID", "CHE-116.281.710 MWST", "vat", "CHE116281710"},
		{"VAT", "CY10259033P", "vat", "CY10259033P"},
		{"VAT", "CZ25123891", "vat", "CZ25123891"},
		{"USt-ID", "DE 136 695 976", "vat", "DE136695976"},
		{"VAT", "DK13585628", "vat", "DK13585628"},
		{"VAT", "EE100931558", "vat", "EE100931558"},
		{"VAT", "GR094259216", "vat", "EL094259216"},
		{"VAT", "ES J99216582", "vat", "ESJ99216582"},
		{"VAT", "ES54362315K", "vat", "ES54362315K"},
		{"VAT", "ESX2482300W", "vat", "ESX2482300W"},
		{"VAT", "FI20774740", "vat", "FI20774740"},
		{"TVA", "FR 40 303 265 045", "vat", "FR40303265045"},
		{"VAT", "GB980780684", "vat", "GB980780684"},
		{"VAT", "HR33392005961", "vat", "HR33392005961"},
		{"VAT", "HU12892312", "vat", "HU12892312"},
		{"VAT", "IE6433435F", "vat", "IE6433435F"},
		{"VAT", "IE6433435OA", "vat", "IE6433435OA"},
		{"VAT", "IT00743110157", "vat", "IT00743110157"},
		{"VAT", "LT119511515", "vat", "LT119511515"},
		{"VAT", "LU15027442", "vat", "LU15027442"},
		{"VAT", "LV40003521600", "vat", "LV40003521600"},
		{"VAT", "MT11679112", "vat", "MT11679112"},
		{"VAT", "NL004495445B01", "vat", "NL004495445B01"},
		{"VAT", "NO995525828MVA", "vat", "NO995525828MVA"},
		{"VAT", "PL8567346215", "vat", "PL8567346215"},
		{"VAT", "PT501964843", "vat", "PT501964843"},
		{"VAT", "RO18547290", "vat", "RO18547290"},
		{"VAT", "SE123456789701", "vat", "SE123456789701"},
		{"VAT", "SI50223054", "vat", "SI50223054"},
		{"VAT", "SK2022749619", "vat", "SK2022749619"},
	} {
		s := &Standardiser{}
		scheme, value, check := s.Identifier(canonical.Identifier{Scheme: c.scheme, Value: c.value})
		if scheme != c.wantScheme || value != c.wantValue || check != Valid {
			t.Errorf("%s %s: got %s %s %s; want %s %s valid", c.scheme, c.value, scheme, value, check, c.wantScheme, c.wantValue)
		}
		if _, _, check := s.Identifier(canonical.Identifier{Scheme: c.scheme, Value: slipped(value)}); check == Valid {
			t.Errorf("%s %s: valid, though one digit of %s was changed", scheme, slipped(value), value)
		}
	}
}

// slipped raises one digit in the middle by one, which every check digit scheme must notice.
func slipped(value string) string {
	b := []byte(value)
	for i := len(b) / 2; i < len(b); i++ {
		if b[i] >= '0' && b[i] <= '9' {
			b[i] = '0' + (b[i]-'0'+1)%10
			break
		}
	}
	return string(b)
}

func TestIdentifier_otherSchemes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in            canonical.Identifier
		scheme, value string
		check         Check
	}{
		{canonical.Identifier{Scheme: "Customer Number", Value: " a-100  x "}, "customer-number", "A-100 X", Unknown},
		{canonical.Identifier{Scheme: "loyalty_card", Value: "０１２３"}, "loyalty-card", "0123", Unknown},
		{canonical.Identifier{Scheme: "DUNS", Value: "15-048-3782"}, "duns", "150483782", Unknown},
		{canonical.Identifier{Scheme: "duns", Value: "1234"}, "duns", "1234", Invalid},
		{canonical.Identifier{Scheme: "vat", Value: "136695976", Issuer: "de"}, "vat", "DE136695976", Valid},
		{canonical.Identifier{Scheme: "vat", Value: "094259216", Issuer: "GR"}, "vat", "EL094259216", Valid},
		{canonical.Identifier{Scheme: "vat", Value: "116.281.710", Issuer: "CH"}, "vat", "CHE116281710", Valid},
		{canonical.Identifier{Scheme: "vat", Value: "FRK7399859412"}, "vat", "FRK7399859412", Unknown},
		{canonical.Identifier{Scheme: "vat", Value: "AU51824753556"}, "vat", "AU51824753556", Unknown},
		{canonical.Identifier{Scheme: "vat", Value: "DE12345"}, "vat", "DE12345", Invalid},
		{canonical.Identifier{Scheme: "gln", Value: "5412345000012"}, "gln", "5412345000012", Invalid},
		{canonical.Identifier{Scheme: "iban", Value: "--"}, "iban", "", Unknown},
		{canonical.Identifier{Scheme: "customer-number", Value: " - "}, "customer-number", "", Unknown},
		{canonical.Identifier{Scheme: "customer-number", Value: "./."}, "customer-number", "", Unknown},
		{canonical.Identifier{Scheme: "customer-number", Value: "000"}, "customer-number", "000", Invalid},
		{canonical.Identifier{Scheme: "customer-number", Value: "C-0"}, "customer-number", "C-0", Unknown},
		{canonical.Identifier{Scheme: "customer-number", Value: "0100"}, "customer-number", "0100", Unknown},
		{canonical.Identifier{Scheme: "gln", Value: "0000000000000"}, "gln", "0000000000000", Invalid},
		{canonical.Identifier{Scheme: "duns", Value: "000000000"}, "duns", "000000000", Invalid},
		{canonical.Identifier{Scheme: "vat", Value: "000 0000 00", Issuer: "GB"}, "vat", "GB000000000", Invalid},
	} {
		scheme, value, check := (&Standardiser{}).Identifier(c.in)
		if scheme != c.scheme || value != c.value || check != c.check {
			t.Errorf("%+v: got %s %s %s; want %s %s %s", c.in, scheme, value, check, c.scheme, c.value, c.check)
		}
	}
}
