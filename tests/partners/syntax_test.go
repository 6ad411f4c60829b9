package partners

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/edi/validate"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

// A partner that writes EDIFACT of syntax 4 in UTF-8, with delimiters of its own, is answered in what it
// can read, and its Chinese names arrive as they were written.
func TestExchange_anotherSyntax(t *testing.T) {
	folder := hubtest.Folder(t, "testdata/hub")
	change(t, filepath.Join(folder, "connectors/partners.yaml"), "      standard: edifact\n", "      standard: edifact\n      syntax: UNOW:4\n      line_breaks: true\n      delimiters: {element: \"|\", segment: \"~\"}\n")
	change(t, filepath.Join(folder, "routes/lumina.yaml"), "to: partners.lumina-responses\nmapping: edi/order-to-x12-855", "to: partners.nordlicht-responses\nmapping: edi/order-to-edifact-orders")
	change(t, filepath.Join(folder, "connectors/partners.yaml"), "set: ORDRSP", "set: ORDERS")
	h := hubtest.Start(t, folder, nil)
	p := &partner{t: t, in: filepath.Join(folder, "exchange/in/nordlicht")}
	p.drop("1.edi", []byte("UNA:|.?*~UNB|UNOW:4|4000001000005:14|4012345000009:14|20260102:0304|17~"+
		"UNH|1|ORDERS:D:96A:UN:EAN008~BGM|220|B-1|9~DTM|137:20260102:102~NAD|BY|||北京王府井灯具有限公司~LIN|1||LX?|100:SA~QTY|21:3:PCE~UNS|S~CNT|2:1~UNT|9|1~UNZ|1|17~"))
	has(t, h, "interchange", "in/nordlicht/17", "accepted")
	await(t, "the order", func() error {
		if n := h.Status().Documents["Order"]; n != 1 {
			return fmt.Errorf("%d orders", n)
		}
		return nil
	})
	var order canonical.Order
	h.Document(canonical.EntityOrder, "partners/edifact-orders/B-1", &order)
	if order.Parties[0].Name != "北京王府井灯具有限公司" || order.Lines[0].Product != "LX|100" {
		t.Errorf("the order is %+v", order)
	}
	has(t, h, "document", "", "sent")
	var kinds []string
	for _, name := range sorted(t, filepath.Join(folder, "exchange/out/nordlicht/*.edi")) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for report, err := range validate.Interchanges(bytes.NewReader(content), validate.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			if !report.Clean() {
				t.Errorf("%s: %v\n%s", name, report.All(), content)
			}
			for _, g := range report.Groups {
				for _, s := range g.Kept {
					kinds = append(kinds, s.ID)
				}
			}
		}
		if bytes.Contains(content, []byte("|ORDERS")) && (!bytes.Contains(content, []byte("北京王府井灯具有限公司")) || !bytes.Contains(content, []byte("LX?|100")) || !bytes.HasPrefix(content, []byte("UNA:|.?*~\nUNB|UNOW:4|"))) {
			t.Errorf("the order sent on is\n%s", content)
		}
	}
	if fmt.Sprint(kinds) != "[CONTRL ORDERS]" {
		t.Errorf("the partner got %v", kinds)
	}
}

func sorted(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern) // which sorts
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func change(t *testing.T, file, from, to string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s has no %q", file, from)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}
