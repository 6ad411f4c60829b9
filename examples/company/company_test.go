package company_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/examples/company"
)

func start(t *testing.T, cfg company.Config) *company.Company {
	t.Helper()
	if cfg.Folder == "" {
		cfg.Folder = t.TempDir()
	}
	c, err := company.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func partners(t *testing.T, c *company.Company) (german, chinese string) {
	t.Helper()
	read := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join(c.SCM.Folder, "partners", name))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	de, err := charmap.Windows1252.NewDecoder().Bytes(read("partners-de-0001.csv"))
	if err != nil {
		t.Fatal(err)
	}
	cn, err := simplifiedchinese.GB18030.NewDecoder().Bytes(read("partners-cn-0001.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return string(de), string(cn)
}

func TestStart_equalSeedsMakeEqualCompanies(t *testing.T) {
	t.Parallel()
	a, b, other := start(t, company.Config{Seed: 7}), start(t, company.Config{Seed: 7}), start(t, company.Config{Seed: 8})
	same := cmpopts.IgnoreUnexported(company.Customer{})
	if diff := cmp.Diff(a.Customers, b.Customers, same); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(a.Shop.Accounts(), b.Shop.Accounts()); diff != "" {
		t.Error(diff)
	}
	deA, cnA := partners(t, a)
	deB, cnB := partners(t, b)
	if deA != deB || cnA != cnB {
		t.Error("the files of supply chain management differ")
	}
	if cmp.Equal(a.Customers, other.Customers, same) {
		t.Error("another seed makes the same company")
	}
}

func TestStart_everyRecordBelongsToOneRealCustomer(t *testing.T) {
	t.Parallel()
	c := start(t, company.Config{})
	owner := map[string]int{}
	systems := map[string]int{}
	several, han := 0, 0
	for _, customer := range c.Customers {
		here := map[string]bool{}
		for _, key := range customer.Records {
			if other, taken := owner[key]; taken {
				t.Errorf("%s belongs to customers %d and %d", key, other, customer.Number)
			}
			owner[key] = customer.Number
			systems[key[:strings.LastIndexByte(key, '/')]]++
			here[strings.SplitN(key, "/", 2)[0]] = true
		}
		if len(here) > 1 {
			several++
		}
		if customer.Han != "" {
			han++
		}
		if len(customer.Records) == 0 {
			t.Errorf("customer %d is in no system", customer.Number)
		}
	}
	rows, err := c.ERP.Count(t.Context(), "customer")
	if err != nil {
		t.Fatal(err)
	}
	german, chinese := partners(t, c)
	want := map[string]int{
		"erp/customers": rows, "webshop/customers": len(c.Shop.Accounts()),
		"scm/partners-de": strings.Count(german, "\n") - 1 - c.Bad, "scm/partners-cn": strings.Count(chinese, "\n") - 1,
		"partners/master": 1, "partners/master-x12": 1,
	}
	if diff := cmp.Diff(want, systems); diff != "" {
		t.Error(diff)
	}
	if len(c.Customers) != 300 || several < 100 || han < 30 || c.Bad != 1 {
		t.Errorf("%d customers, %d in several systems, %d with a name in Chinese characters, %d bad records", len(c.Customers), several, han, c.Bad)
	}
}

func TestStart_numbersAreRealOnes(t *testing.T) {
	t.Parallel()
	c := start(t, company.Config{})
	s := standard.Standardiser{Region: "DE"}
	for _, customer := range c.Customers {
		for _, number := range []string{customer.Mobile, customer.Phone} {
			if e164, ok := s.Phone(number); number != "" && (!ok || e164 != number) {
				t.Errorf("customer %d has number %s, which reads as %s %v", customer.Number, number, e164, ok)
			}
		}
	}
	german, _ := partners(t, c)
	for line := range strings.Lines(german) {
		fields := strings.Split(strings.TrimSpace(line), ";")
		if vat := fields[9]; strings.HasPrefix(vat, "DE") {
			if _, _, check := s.Identifier(canonical.Identifier{Scheme: "vat", Value: vat}); check != standard.Valid {
				t.Errorf("VAT number %s is %v", vat, check)
			}
		}
	}
}

func TestStart_theTravellerIsInThreeSystemsAndHasItsNumberInOne(t *testing.T) {
	t.Parallel()
	c := start(t, company.Config{})
	who := c.Customers[0]
	if diff := cmp.Diff([]string{"erp/customers/K10001", "webshop/customers/7300100001", "scm/partners-cn/C0001"}, who.Records); diff != "" {
		t.Error(diff)
	}
	account, _ := c.Shop.Account(7300100001)
	_, chinese := partners(t, c)
	written, err := c.ERP.Mobile(t.Context(), "K10001")
	if err != nil || written != "0171 39 20 042" || account.Phone != nil || strings.Contains(chinese, "3920042") || !strings.Contains(chinese, "王小明") {
		t.Errorf("ERP %q %v, shop %v, supply chain management %s", written, err, account.Phone, chinese)
	}
}

func TestERP_changesInsertsAndDeletes(t *testing.T) {
	t.Parallel()
	c := start(t, company.Config{Customers: 5})
	ctx := t.Context()
	before, err := c.ERP.Count(ctx, "customer")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ERP.Insert(ctx, company.ERPCustomer{No: "K99999", First: "Eva", Last: "Neu", Mobile: "0171 1", Street: "Weg 1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ERP.ChangeMobile(ctx, "K99999", "0171 2"); err != nil {
		t.Fatal(err)
	}
	old, _ := c.ERP.Holding(ctx, "0171 1")
	now, _ := c.ERP.Holding(ctx, "0171 2")
	after, _ := c.ERP.Count(ctx, "customer")
	if old != 0 || now != 1 || after != before+1 {
		t.Errorf("old number %d times, new number %d times, %d customers after %d", old, now, after, before)
	}
	if err := c.ERP.Delete(ctx, "K99999"); err != nil {
		t.Fatal(err)
	}
	if after, _ = c.ERP.Count(ctx, "customer"); after != before {
		t.Errorf("%d customers after the deletion, %d before", after, before)
	}
	if _, err := c.ERP.ChangeMobile(ctx, "K99999", "0171 3"); err == nil {
		t.Error("the number of a deleted customer was changed")
	}
}

func TestEnv_namesEveryVariableOfTheHubFolder(t *testing.T) {
	t.Parallel()
	c := start(t, company.Config{Customers: 5})
	env := c.Env()
	var used bytes.Buffer
	for _, pattern := range []string{"../acme/*.yaml", "../acme/connectors/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			used.Write(text)
		}
	}
	for name := range env {
		if !strings.Contains(used.String(), "${"+name+":") {
			t.Errorf("%s is used nowhere in the hub folder", name)
		}
	}
	if n := strings.Count(used.String(), "${ACME_"); n != len(env) {
		t.Errorf("the hub folder has %d variables and the company %d", n, len(env))
	}
	if env["ACME_API"] == env["ACME_INTAKE"] {
		t.Errorf("one address for two listeners: %s", fmt.Sprint(env))
	}
}
