// Package partners runs whole hubs against trading partners: stand-ins that send interchanges, take
// what is put for them, and acknowledge it.
//
// In come orders of a partner; out go acknowledgements and order responses, which the partner counts.
// The tests never take a hub's word for what it sent: the partner's folder has it.
package partners

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

func TestMain(m *testing.M) { hubtest.Main(m) }

const patience = 30 * time.Second

// partner is Lumina, which speaks X12: it sends orders, takes what is put for it, and acknowledges the
// order responses. It remembers everything that it ever got.
type partner struct {
	t      *testing.T
	in     string // the hub's in-folder
	out    string // the hub's out-folder
	silent bool   // it acknowledges nothing
	reject bool   // it rejects what it acknowledges

	mu    sync.Mutex
	sent  int               // interchanges
	got   map[string][]byte // by name; the same name with other content fails the test
	times map[string]int
	stop  chan struct{}
	done  sync.WaitGroup
}

// newPartner begins to take what is put for the partner, until the test ends.
func newPartner(t *testing.T, folder string) *partner {
	p := &partner{
		t: t, in: filepath.Join(folder, "exchange/in/lumina"), out: filepath.Join(folder, "exchange/out/lumina"),
		got: map[string][]byte{}, times: map[string]int{}, stop: make(chan struct{}),
	}
	return p
}

func (p *partner) start() {
	p.done.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-tick.C:
				p.look()
			}
		}
	})
	p.t.Cleanup(p.end)
}

func (p *partner) end() {
	select {
	case <-p.stop:
	default:
		close(p.stop)
	}
	p.done.Wait()
}

// look takes every file that is there.
func (p *partner) look() {
	names, _ := filepath.Glob(filepath.Join(p.out, "*.edi"))
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		_ = os.Remove(name) // as a partner does: what comes again under the name is seen
		p.take(filepath.Base(name), content)
	}
}

var isResponse = regexp.MustCompile(`GS\*PR\*.*?~GE\*\d+\*(\d+)~`)

func (p *partner) take(name string, content []byte) {
	p.mu.Lock()
	before, again := p.got[name]
	p.got[name] = content
	p.times[name]++
	p.mu.Unlock()
	if again && !bytes.Equal(before, content) {
		p.t.Errorf("%s came twice, as\n%s\nand as\n%s", name, before, content)
	}
	if again || p.silent {
		return
	}
	for _, group := range isResponse.FindAllSubmatch(content, -1) {
		p.acknowledge(string(group[1]), group[0])
	}
}

var setHeader = regexp.MustCompile(`~ST\*(\d+)\*(\d+)~`)

// acknowledge sends a 997 for a group of ours.
func (p *partner) acknowledge(group string, content []byte) {
	sets := setHeader.FindAllSubmatch(content, -1)
	word, taken := "A", len(sets)
	if p.reject {
		word, taken = "R", 0
	}
	segments := []string{"AK1*PR*" + group}
	for _, s := range sets {
		segments = append(segments, fmt.Sprintf("AK2*%s*%s", s[1], s[2]))
		if p.reject {
			segments = append(segments, "AK3*BAK*2**8", "AK4*2*587*7*XX", "AK5*R*5")
		} else {
			segments = append(segments, "AK5*A")
		}
	}
	segments = append(segments, fmt.Sprintf("AK9*%s*%d*%d*%d", word, len(sets), len(sets), taken))
	p.send("FA", "997", strings.Join(segments, "~")+"~")
}

// send drops an interchange of one group, each set being the segments between ST and SE.
func (p *partner) send(group, kind string, sets ...string) int {
	p.mu.Lock()
	p.sent++
	n := p.sent
	p.mu.Unlock()
	p.drop(fmt.Sprintf("%06d.edi", n), interchange(n, group, kind, sets...))
	return n
}

func interchange(n int, group, kind string, sets ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "ISA*00*          *00*          *ZZ*LUMINA         *01*0011223344     *260102*0304*U*00401*%09d*0*P*>~GS*%s*LUMINA*ACME*20260102*0304*%d*X*004010~", n, group, n)
	for i, set := range sets {
		fmt.Fprintf(&b, "ST*%s*%04d~%sSE*%d*%04d~", kind, i+1, set, strings.Count(set, "~")+2, i+1)
	}
	fmt.Fprintf(&b, "GE*%d*%d~IEA*1*%09d~", len(sets), n, n)
	return b.Bytes()
}

func (p *partner) drop(name string, content []byte) {
	p.t.Helper()
	if err := os.MkdirAll(p.in, 0o750); err != nil {
		p.t.Error(err)
	}
	path := filepath.Join(p.in, name)
	if err := os.WriteFile(path+".tmp", content, 0o640); err != nil {
		p.t.Error(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		p.t.Error(err)
	}
}

// order is a purchase order that asks for a response.
func order(number string) string {
	return "BEG*00*SA*" + number + "**20260102~N1*BY*Lumina Inc*92*L1~PO1*1*3*EA*9.5**VN*LX-100~CTT*1~"
}

// all are the contents of everything that came, in the order of their numbers.
func (p *partner) all() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for name := range p.got {
		names = append(names, name)
	}
	slices.Sort(names)
	var all []byte
	for _, name := range names {
		all = append(all, p.got[name]...)
	}
	return all
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() error) {
	t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := holds()
		if err == nil {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}
