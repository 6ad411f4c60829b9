package partners

import (
	"fmt"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

// has waits until the hub's interchange or document is in a state, and gives it.
func has(t *testing.T, h *hubtest.Hub, kind, key, state string) (found api.Exchange) {
	t.Helper()
	await(t, key+" "+state, func() error {
		var list api.List[api.Exchange]
		h.Get("/v1/exchanges?system=partners&limit=500&kind="+kind, &list)
		var seen []string
		for _, e := range list.Items {
			if strings.HasPrefix(e.Key, key) && e.State == state {
				found = e
				return nil
			}
			seen = append(seen, e.Key+" "+e.State)
		}
		return fmt.Errorf("there are %q", seen)
	})
	return found
}

func TestExchange_aRejectedDocumentIsADeadLetterWithItsBytes(t *testing.T) {
	folder := hubtest.Folder(t, "testdata/hub")
	p := newPartner(t, folder)
	p.reject = true
	p.start()
	h := hubtest.Start(t, folder, nil)
	p.send("PO", "850", order("PO-1"))
	e := has(t, h, "interchange", "out/lumina/", "rejected")
	if !strings.Contains(fmt.Sprint(e.Detail["documents"]), "partners/x12-orders/PO-1") {
		t.Errorf("the interchange is %+v", e)
	}
	await(t, "the dead letter", func() error {
		var list api.List[api.DeadLetter]
		h.Get("/v1/deadletters", &list)
		if len(list.Items) != 1 {
			return fmt.Errorf("dead letters %+v", list.Items)
		}
		var l api.DeadLetter
		h.Get(fmt.Sprintf("/v1/deadletters/%d", list.Items[0].ID), &l)
		if l.Stage != "deliver" || l.Cause != "rejected" || l.Key != "partners/x12-orders/PO-1" ||
			!strings.Contains(l.Text, "BAK*") || !strings.Contains(l.Error, `element 2: 7 (Invalid code value), found "XX"`) {
			t.Errorf("dead letter %+v", l)
		}
		return nil
	})
}

func TestExchange_whatIsOverdueAlarmsUntilItIsAcknowledged(t *testing.T) {
	folder := hubtest.Folder(t, "testdata/hub")
	p := newPartner(t, folder)
	p.silent = true
	p.start()
	h := hubtest.Start(t, folder, map[string]string{"AWAIT": "1s"})
	p.send("PO", "850", order("PO-1"))
	e := has(t, h, "interchange", "out/lumina/", "overdue")
	await(t, "the alarm", func() error {
		if f, failing := h.Status().Failing["partners"]; !failing || !strings.Contains(f.Error, "lumina has not acknowledged interchange "+strings.TrimPrefix(e.Key, "out/lumina/")) {
			return fmt.Errorf("failing are %+v", h.Status().Failing)
		}
		return nil
	})
	h.Act("/v1/exchanges/resend", map[string]any{"system": "partners", "key": e.Key}, &map[string]any{})
	await(t, "the same once more", func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if n := p.times[strings.TrimPrefix(e.Key, "out/lumina/")+".edi"]; n != 2 {
			return fmt.Errorf("it came %d times", n)
		}
		return nil
	})
	has(t, h, "interchange", e.Key, "overdue")
	h.Stop()
	h = hubtest.Start(t, folder, map[string]string{"AWAIT": "1s"}) // it remembers
	await(t, "the alarm after a restart", func() error {
		if _, failing := h.Status().Failing["partners"]; !failing {
			return fmt.Errorf("failing are %+v", h.Status().Failing)
		}
		return nil
	})
	p.mu.Lock()
	content := p.got[strings.TrimPrefix(e.Key, "out/lumina/")+".edi"]
	p.mu.Unlock()
	group := isResponse.FindSubmatch(content)
	p.acknowledge(string(group[1]), group[0])
	has(t, h, "interchange", e.Key, "acknowledged")
	await(t, "the end of the alarm", func() error {
		if f, failing := h.Status().Failing["partners"]; failing {
			return fmt.Errorf("failing still: %s", f.Error)
		}
		return nil
	})
}

func TestExchange_aDuplicateIsRejectedAfterARestartToo(t *testing.T) {
	folder := hubtest.Folder(t, "testdata/hub")
	p := newPartner(t, folder)
	p.start()
	h := hubtest.Start(t, folder, nil)
	p.drop("1.edi", interchange(7, "PO", "850", order("PO-1")))
	has(t, h, "interchange", "in/lumina/000000007", "accepted")
	has(t, h, "document", "", "acknowledged")
	h.Stop()
	h = hubtest.Start(t, folder, nil)
	p.drop("2.edi", interchange(7, "PO", "850", order("PO-2")))
	has(t, h, "interchange", "in/lumina/000000007/", "duplicate")
	await(t, "the answer", func() error {
		if !strings.Contains(string(p.all()), "TA1*000000007*260102*0304*R*025~") {
			return fmt.Errorf("the partner got %s", p.all())
		}
		return nil
	})
	if n := h.Status().Documents["Order"]; n != 1 {
		t.Errorf("%d orders", n)
	}
}
