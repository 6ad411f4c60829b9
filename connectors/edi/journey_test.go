package edi_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/connectortest"
	"github.com/touchstone-hub/touchstone/formats"
)

// exchange is a connector at work in a folder, with what it handed over.
type exchange struct {
	t      *testing.T
	dir    string
	ledger connectortest.Ledger
	now    time.Time

	mu       sync.Mutex
	frames   []formats.Frame
	troubles []string
	c        connectors.Connector
	stop     func()
}

func newExchange(t *testing.T, yaml string) *exchange {
	x := &exchange{t: t, dir: t.TempDir(), now: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)}
	x.start(yaml)
	return x
}

// start runs the connector; it is stopped when the test ends, or before by stop.
func (x *exchange) start(yaml string) {
	x.t.Helper()
	x.c = load(x.t, x.dir, yaml)
	env := quiet(connectors.Env{Ledger: &x.ledger, DataFolder: x.dir, Clock: x.clock})
	ctx, cancel := context.WithCancel(x.t.Context())
	var group sync.WaitGroup
	for _, stream := range []string{"orders"} {
		s, err := x.c.Source(stream, env)
		if err != nil {
			continue // the file has no such stream
		}
		group.Go(func() { _ = s.Run(ctx, x.emit) })
	}
	group.Go(func() {
		err := x.c.(connectors.Worker).Work(ctx, connectors.WorkEnv{Env: env, Well: func() { x.tell("well") }, Trouble: func(err error) { x.tell(err.Error()) }})
		if err != nil {
			x.t.Errorf("the work ended with %v", err)
		}
	})
	x.stop = func() { cancel(); group.Wait() }
	x.t.Cleanup(x.stop)
}

func (x *exchange) clock() time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now = x.now.Add(time.Microsecond)
	return x.now
}

func (x *exchange) emit(_ context.Context, frames []formats.Frame) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.frames = append(x.frames, frames...)
	return nil
}

func (x *exchange) tell(what string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n := len(x.troubles); n == 0 || x.troubles[n-1] != what {
		x.troubles = append(x.troubles, what)
	}
}

// states are the keys of rows with their states, in order of the keys.
func (x *exchange) states(kind string) []string {
	rows, err := x.ledger.List(x.t.Context(), connectors.RowQuery{Kind: kind})
	if err != nil {
		x.t.Fatal(err)
	}
	var list []string
	for _, r := range rows {
		list = append(list, r.Key+" "+r.State)
	}
	slices.Sort(list)
	return list
}

// await waits until something holds.
func (x *exchange) await(what string, holds func() bool) {
	x.t.Helper()
	for late := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			x.t.Fatalf("%s does not come: interchanges %q, documents %q, troubles %q", what, x.states("interchange"), x.states("document"), x.troubles)
		}
	}
}

// has waits until the rows of a kind are these.
func (x *exchange) has(kind string, want ...string) {
	x.t.Helper()
	x.await(strings.Join(want, ", "), func() bool { return slices.Equal(x.states(kind), want) })
}

// sent waits for a file that was put for a partner, and gives its segments.
func (x *exchange) sent(name string) string {
	x.t.Helper()
	var content []byte
	x.await(name, func() (ok bool) {
		var err error
		content, err = os.ReadFile(filepath.Join(x.dir, "out", name))
		return err == nil
	})
	return string(bytes.TrimSpace(content))
}

// taken are the keys of the orders that were handed on.
func (x *exchange) taken() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	keys := []string{}
	for _, f := range x.frames {
		r, err := readOrder(f.Bytes)
		if err != nil {
			x.t.Error(err)
		}
		keys = append(keys, r.Key)
	}
	return keys
}

func (x *exchange) receives(name string, content []byte) {
	x.t.Helper()
	drop(x.t, filepath.Join(x.dir, "in", "acme"), name, content)
}

// between gives the part of text that stands between two others.
func between(text, from, to string) string {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	return text
}

func TestReceive_answersOnceWhatIsSoundIsDurable(t *testing.T) {
	x := newExchange(t, x12Partner)
	x.receives("1.edi", x12(7, order("A", 1), order("B", 2)))
	x.has("interchange", "in/acme/000000007 accepted", "out/acme/000000001 done")
	answer := x.sent("acme/000000001.edi")
	if got := between(answer, "~ST*", "~GE"); got != "997*0001~AK1*PO*7~AK2*850*0001~AK5*A~AK2*850*0002~AK5*A~AK9*A*2*2*2~SE*8*0001" {
		t.Errorf("the answer is %s", answer)
	}
	if !strings.HasPrefix(answer, "ISA*00*          *00*          *01*0011223344     *ZZ*ACME           *260102*") || !strings.HasSuffix(answer, "~GE*1*1~IEA*1*000000001~") {
		t.Errorf("the answer's envelope is %s", answer)
	}
	if got := x.taken(); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("taken: %q", got)
	}
}

func TestReceive_rejectsOneSetAndTakesTheOthers(t *testing.T) {
	x := newExchange(t, x12Partner)
	x.receives("1.edi", bytes.Replace(x12(7, order("A", 1), order("B", 2), order("C", 3)), []byte("SE*5*0002"), []byte("SE*6*0002"), 1))
	x.has("interchange", "in/acme/000000007 partly accepted", "out/acme/000000001 done")
	answer := x.sent("acme/000000001.edi")
	if !strings.Contains(answer, "AK2*850*0001~AK5*A~AK2*850*0002~AK5*R*") || !strings.Contains(answer, "AK2*850*0003~AK5*A~AK9*P*3*3*2~") {
		t.Errorf("the answer is %s", answer)
	}
	if got := x.taken(); !slices.Equal(got, []string{"A", "C"}) {
		t.Errorf("taken: %q", got)
	}
	if l := x.ledger.Letters; len(l) != 1 || l[0].Stream != "orders" || !strings.Contains(string(l[0].Frame.Bytes), "*B**") || !strings.Contains(l[0].Err.Error(), `SE-01`) {
		t.Errorf("dead letters %+v", l)
	}
}

func TestReceive_duplicates(t *testing.T) {
	for policy, c := range map[string]struct {
		second  []byte
		states  []string
		answers int
		taken   []string
	}{
		"reject":         {x12(7, order("A", 1)), []string{"in/acme/000000007 accepted", "in/acme/000000007/… duplicate", "out/acme/000000001 done", "out/acme/000000002 done"}, 2, []string{"A"}},
		"ignore":         {x12(7, order("A", 1)), []string{"in/acme/000000007 accepted", "in/acme/000000007/… duplicate", "out/acme/000000001 done"}, 1, []string{"A"}},
		"answer":         {x12(7, order("A", 1)), []string{"in/acme/000000007 accepted", "in/acme/000000007/… duplicate", "out/acme/000000001 done"}, 1, []string{"A"}},
		"retransmission": {bytes.Replace(x12(7, order("A", 1)), []byte("BEG*00"), []byte("BEG*07"), 1), []string{"in/acme/000000007 accepted", "in/acme/000000007/… accepted", "out/acme/000000001 done", "out/acme/000000002 done"}, 2, []string{"A", "A"}},
	} {
		t.Run(policy, func(t *testing.T) {
			x := newExchange(t, strings.Replace(x12Partner, "      in:", "      duplicates: "+policy+"\n      in:", 1))
			x.receives("1.edi", x12(7, order("A", 1)))
			x.has("interchange", "in/acme/000000007 accepted", "out/acme/000000001 done")
			first := x.sent("acme/000000001.edi")
			if err := os.Remove(filepath.Join(x.dir, "out/acme/000000001.edi")); err != nil {
				t.Fatal(err)
			}
			x.receives("2.edi", c.second)
			x.await(strings.Join(c.states, ", "), func() bool {
				got := x.states("interchange")
				for i, s := range got {
					if strings.HasPrefix(s, "in/acme/000000007/") {
						got[i] = "in/acme/000000007/… " + s[strings.LastIndexByte(s, ' ')+1:]
					}
				}
				return slices.Equal(got, c.states)
			})
			switch policy {
			case "reject":
				if second := x.sent("acme/000000002.edi"); !strings.Contains(second, "TA1*000000007*260102*0304*R*025~IEA*0*") {
					t.Errorf("the answer to a duplicate is %s", second)
				}
			case "answer":
				if again := x.sent("acme/000000001.edi"); again != first {
					t.Errorf("answered as %s, and before as %s", again, first)
				}
			}
			if got := x.takenIgnoringMarks(); !slices.Equal(got, c.taken) {
				t.Errorf("taken: %q", got)
			}
		})
	}
}

// takenIgnoringMarks are the keys of orders, be they marked as repeated or not.
func (x *exchange) takenIgnoringMarks() []string {
	x.mu.Lock()
	for i := range x.frames {
		x.frames[i].Bytes = bytes.Replace(x.frames[i].Bytes, []byte("BEG*07"), []byte("BEG*00"), 1)
	}
	x.mu.Unlock()
	return x.taken()
}

func TestReceive_aSetThatNobodyTakesIsRejected(t *testing.T) {
	x := newExchange(t, x12Partner)
	x.receives("1.edi", bytes.ReplaceAll(x12(7, order("A", 1)), []byte("ST*850"), []byte("ST*860")))
	x.has("interchange", "in/acme/000000007 rejected", "out/acme/000000001 done")
	if l := x.ledger.Letters; len(l) != 1 || l[0].Stream != "" || !strings.Contains(l[0].Err.Error(), "no stream takes 860 of acme") {
		t.Errorf("dead letters %+v", l)
	}
}

func TestReceive_strangersAreBuriedAndNotAnswered(t *testing.T) {
	x := newExchange(t, x12Partner)
	x.receives("1.edi", bytes.ReplaceAll(x12(7, order("A", 1)), []byte("*ZZ*ACME "), []byte("*ZZ*APEX ")))
	x.await("the quarantine", func() bool {
		_, err := os.Stat(filepath.Join(x.dir, "in/acme/quarantine/1.edi.error.txt"))
		return err == nil
	})
	x.has("interchange")
	if l := x.ledger.Letters; len(l) != 1 || l[0].Cause != "partner" || l[0].Err.Error() != "interchange 000000007 is from APEX:ZZ to 0011223344:01; expected one of the partners' IDs and ours" {
		t.Errorf("dead letters %+v", l)
	}
}

func TestReceive_whatIsNoInterchangeGoesToQuarantine(t *testing.T) {
	x := newExchange(t, x12Partner)
	x.receives("1.edi", []byte("Dear Sir or Madam, please find our order attached."))
	x.await("the quarantine", func() bool {
		_, err := os.Stat(filepath.Join(x.dir, "in/acme/quarantine/1.edi.error.txt"))
		return err == nil
	})
	if l := x.ledger.Letters; len(l) != 1 || string(l[0].Frame.Bytes) != "Dear Sir or Madam, please find our order attached." {
		t.Errorf("dead letters %+v", l)
	}
}

func TestReceive_testsAreAcknowledgedAndGoNoFurther(t *testing.T) {
	x := newExchange(t, x12Partner)
	x.receives("1.edi", bytes.Replace(x12(7, order("A", 1)), []byte("*0*P*"), []byte("*0*T*"), 1))
	x.has("interchange", "in/acme/000000007 accepted", "out/acme/000000001 done")
	if got := x.taken(); len(got) != 0 {
		t.Errorf("taken: %q", got)
	}
}
