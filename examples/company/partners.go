package company

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/touchstone-hub/touchstone/edi/ack"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// The partners' own numbers: of the ERP's customers, and in envelopes.
const (
	nordlichtGLN = "4399901000009"
	luminaDUNS   = "987654320"
)

// partners are the two firms behind the trading partners: the ERP knows them, and they tell of
// themselves.
func (w *world) partners() {
	for _, c := range []Customer{
		{
			Family: "Nordlicht Leuchten GmbH", Email: "einkauf@nordlicht.example", Phone: "+494038904410",
			vat: germanVAT(13_669_597), gln: nordlichtGLN, street: "Am Kai 12", zip: "20457", city: "Hamburg", country: "DE", language: "de",
			Records: []string{"erp/customers/K90001", "partners/master/" + nordlichtGLN},
		},
		{
			Family: "Lumina Inc", Email: "purchasing@lumina.example", Phone: "+12125550142",
			street: "350 Fifth Avenue", zip: "10118", city: "New York", country: "US", language: "en",
			Records: []string{"erp/customers/K90002", "partners/master-x12/" + luminaDUNS},
		},
	} {
		c.Number, c.Firm = len(w.customers)+1, true
		w.erp.customers = append(w.erp.customers, ERPCustomer{
			No: strings.TrimPrefix(c.Records[0], "erp/customers/"), Firm: true, Company: c.Family, VAT: c.vat, GLN: c.gln, Email: c.Email,
			Phone: c.Phone, Language: c.language, Currency: "EUR", Terms: "30 days net", Credit: "50000.00",
			Street: c.street, Zip: c.zip, City: c.city, Country: c.country, ChangedAt: w.start,
		})
		w.customers = append(w.customers, c)
	}
}

// Partners are Nordlicht (EDIFACT) and Lumina (X12). Each drops orders and what it says of itself,
// takes what is put for it, and acknowledges that.
type Partners struct {
	// Folder is where interchanges are exchanged: in/PARTNER and out/PARTNER.
	Folder string

	mu      sync.Mutex
	got     map[string]int   // sets by type
	invalid []string         // what was wrong with what came
	numbers map[string]int64 // of interchanges that were sent, by partner
	stop    chan struct{}
	done    chan struct{}
}

// PartnerOrders is how many orders the partners send.
const PartnerOrders = 6

func openPartners(folder string) (*Partners, error) {
	p := &Partners{Folder: folder, got: map[string]int{}, numbers: map[string]int64{}, stop: make(chan struct{}), done: make(chan struct{})}
	for _, s := range p.interchanges() {
		if err := p.drop(s.partner, s.content); err != nil {
			return nil, err
		}
	}
	go p.run()
	return p, nil
}

// sentInterchange is one interchange of a partner.
type sentInterchange struct {
	partner string
	content []byte
}

// interchanges are what the partners send at first: three orders each, and one about themselves.
func (p *Partners) interchanges() (list []sentInterchange) {
	for i, article := range []struct{ no, name, price string }{
		{"LX-100", "Pendant lamp", "39.90"}, {"LX-205", "Floor lamp", "129.00"}, {"LX-310", "Desk lamp", "24.50"},
	} {
		quantity := 12 * (i + 1)
		list = append(list,
			sentInterchange{"nordlicht", p.edifact("ORDERS:D:96A:UN:EAN008", []string{
				fmt.Sprintf("BGM+220+N-100%d+9", i+1), "DTM+137:20260120:102",
				"NAD+BY+" + nordlichtGLN + "::9++Nordlicht Leuchten GmbH", "NAD+SU+4012345000009::9", "CUX+2:EUR:9",
				"LIN+1++" + article.no + ":SA", "IMD+F++:::" + article.name, fmt.Sprintf("QTY+21:%d:PCE", quantity), "PRI+AAA:" + article.price, "UNS+S", "CNT+2:1",
			})},
			sentInterchange{"lumina", p.x12("PO", "850", []string{
				fmt.Sprintf("BEG*00*NE*L-200%d**20260120", i+1), "CUR*BY*EUR", "N1*BY*Lumina Inc*1*" + luminaDUNS,
				fmt.Sprintf("PO1*1*%d*EA*%s**VN*%s", quantity, article.price, article.no), "PID*F****" + article.name, "CTT*1",
			})})
	}
	return append(list,
		sentInterchange{"nordlicht", p.edifact("PARTIN:D:96A:UN:EAN005", []string{
			"BGM+10+M-1+9", "DTM+137:20260119:102", "UNS+D", "NAD+BY+" + nordlichtGLN + "::9++Nordlicht Leuchten GmbH+Am Kai 12+Hamburg++20457+DE",
			"RFF+VA:" + germanVAT(13_669_597), "CTA+IC", "COM+einkauf@nordlicht.example:EM",
		})},
		sentInterchange{"lumina", p.x12("OR", "816", []string{
			"BHT*0082*00*M-1", "N1*BY*Lumina Inc", "HL*1**35*0", "N1*BY*Lumina Inc*1*" + luminaDUNS, "N3*350 Fifth Avenue", "N4*New York*NY*10118*US", "PER*IC**EM*purchasing@lumina.example",
		})})
}

func (p *Partners) next(partner string) int64 {
	p.numbers[partner]++
	return p.numbers[partner]
}

func (p *Partners) edifact(kind string, segments []string) []byte {
	n := p.next("nordlicht")
	return fmt.Appendf(nil, "UNA:+.? 'UNB+UNOC:3+%s:14+4012345000009:14+260120:0800+%d'UNH+1+%s'%s'UNT+%d+1'UNZ+1+%d'",
		nordlichtGLN, n, kind, strings.Join(segments, "'"), len(segments)+2, n)
}

func (p *Partners) x12(group, kind string, segments []string) []byte {
	n := p.next("lumina")
	return fmt.Appendf(nil, "ISA*00*          *00*          *ZZ*LUMINA         *01*0011223344     *260120*0800*U*00401*%09d*0*P*>~GS*%s*LUMINA*ACME*20260120*0800*%d*X*004010~"+
		"ST*%s*0001~%s~SE*%d*0001~GE*1*%d~IEA*1*%09d~", n, group, n, kind, strings.Join(segments, "~"), len(segments)+2, n, n)
}

// drop puts an interchange into the hub's folder, whole.
func (p *Partners) drop(partner string, content []byte) error {
	folder := filepath.Join(p.Folder, "in", partner)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	path := filepath.Join(folder, fmt.Sprintf("%06d.edi", p.numbers[partner]*1000+int64(len(content)%1000)))
	if err := os.WriteFile(path+".tmp", content, 0o640); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

// run takes what is put for the partners until they are closed.
func (p *Partners) run() {
	defer close(p.done)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
		}
		for _, partner := range []string{"nordlicht", "lumina"} {
			names, _ := filepath.Glob(filepath.Join(p.Folder, "out", partner, "*.edi"))
			for _, name := range names {
				p.take(partner, name)
			}
		}
	}
}

// take reads one interchange, counts what is in it, and acknowledges it.
func (p *Partners) take(partner, name string) {
	content, err := os.ReadFile(name)
	if err != nil {
		return // it is looked for again
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for report, err := range validate.Interchanges(bytes.NewReader(content), validate.Options{}) {
		if err != nil {
			p.invalid = append(p.invalid, err.Error())
			break
		}
		for _, f := range report.All() {
			if !f.Warning {
				p.invalid = append(p.invalid, filepath.Base(name)+": "+f.Error())
			}
		}
		for _, g := range report.Groups {
			for _, s := range g.Kept {
				p.got[s.ID]++
			}
		}
		p.acknowledge(partner, report)
	}
	taken := filepath.Join(p.Folder, "taken", partner)
	if err := os.MkdirAll(taken, 0o750); err == nil {
		_ = os.Rename(name, filepath.Join(taken, filepath.Base(name)))
	}
}

func (p *Partners) acknowledge(partner string, report *validate.Report) {
	n := p.numbers[partner] + 1
	answer, _, err := ack.Acknowledge(report, ack.Options{Time: time.Now().UTC(), Interchange: n, Group: n, Set: 1})
	if err != nil {
		p.invalid = append(p.invalid, err.Error())
	}
	if len(answer) == 0 {
		return
	}
	p.next(partner)
	if err := p.drop(partner, answer); err != nil {
		p.invalid = append(p.invalid, err.Error())
	}
}

// Got is how many sets or messages of a type the partners got.
func (p *Partners) Got(set string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got[set]
}

// Taken is how many sets and messages of all types they got.
func (p *Partners) Taken() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, of := range p.got {
		n += of
	}
	return n
}

// Invalid is what was wrong with what they got.
func (p *Partners) Invalid() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.invalid...)
}

// Close ends their work.
func (p *Partners) Close() error {
	close(p.stop)
	<-p.done
	return nil
}
