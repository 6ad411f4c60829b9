package edi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/connectortest"
	"github.com/touchstone-hub/touchstone/formats/all"
)

func opened(t testing.TB, folder, settings string) *connector {
	t.Helper()
	var ps config.Problems
	n := config.Parse("partners.yaml", []byte("kind: edi\nsettings:\n"+settings+"\nstreams: {o: {sets: [XXX], format: edi.x12}}\n"), nil, &ps)
	c := connectors.Load(n, "partners", connectors.LoadOptions{Kinds: []connectors.Kind{Kind}, Formats: all.Kinds(), Folder: folder}, &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	return c.Connector.(*connector)
}

const acme = `
  us: {id: "0011223344", qualifier: "01"}
  partners:
    acme: {id: ACME, standard: x12, collect: {count: 3, after: 0s}}
`

// queueSets queues documents as Deliver does.
func queueSets(t testing.TB, l connectors.Ledger, p *partner, at time.Time, kind string, keys ...string) {
	t.Helper()
	err := l.InTx(t.Context(), func(ctx context.Context, tx connectors.LedgerTx) error {
		for i, key := range keys {
			set := "ST*" + kind + "*0001~BEG*00*NE*" + key + "**20260102~SE*3*0001~"
			if p.Standard == "edifact" {
				set = "UNH+1+" + kind + ":D:96A:UN'BGM+220+" + key + "?+1+9'UNT+3+1'"
			}
			d := document{Partner: p.name, Target: "t", Subject: "erp/orders/" + key, Type: kind, Version: p.Version.Value, Bytes: []byte(set)}
			row := connectors.Row{Kind: kindDocument, Key: key, State: queued(p), At: at.Add(time.Duration(i) * time.Microsecond)}
			if err := put(ctx, tx, row, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// errKilled is what a dead process gets of everything.
var errKilled = errors.New("killed")

// mortal is a ledger and an outbox of a process that dies at its nth step; with half the step has its
// effect.
type mortal struct {
	connectors.Ledger
	outbox
	at, steps int
	half      bool
}

func (m *mortal) step(effect func() error) error {
	m.steps++
	switch {
	case m.steps > m.at:
		return errKilled
	case m.steps < m.at:
		return effect()
	case m.half:
		_ = effect()
	}
	return errKilled
}

func (m *mortal) InTx(ctx context.Context, do func(context.Context, connectors.LedgerTx) error) error {
	return m.step(func() error { return m.Ledger.InTx(ctx, do) })
}

func (m *mortal) Put(name string, content []byte) error {
	return m.step(func() error { return m.outbox.Put(name, content) })
}

// shelf is an outbox that keeps what was put, and how often.
type shelf struct {
	content map[string][]byte
	puts    int
	differs bool // something else came under a name
}

func (s *shelf) Put(name string, content []byte) error {
	if s.content == nil {
		s.content = map[string][]byte{}
	}
	if before, there := s.content[name]; there && !bytes.Equal(before, content) {
		s.differs = true
	}
	s.puts++
	s.content[name] = bytes.Clone(content)
	return nil
}

func (s *shelf) Close() error { return nil }

var (
	interchangeNumber = regexp.MustCompile(`IEA\*\d+\*(\d+)~`)
	groupNumber       = regexp.MustCompile(`GE\*\d+\*(\d+)~`)
	setNumber         = regexp.MustCompile(`SE\*\d+\*(\d+)~`)
)

// TestSend_killedAnywhereNumbersAreGaplessAndNothingLeavesTwice kills the process at its first step,
// at its second and so on, with and without the effect of that step; another goes on.
func TestSend_killedAnywhereNumbersAreGaplessAndNothingLeavesTwice(t *testing.T) {
	for _, half := range []bool{false, true} {
		for at := 1; ; at++ {
			c := opened(t, t.TempDir(), acme)
			ledger, out := &connectortest.Ledger{}, &shelf{}
			now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			queueSets(t, ledger, c.partners[0], now, "850", "A", "B", "C", "D", "E")
			m := &mortal{Ledger: ledger, outbox: out, at: at, half: half}
			err := working(c, m, m, now).sendDue(t.Context())
			alive := err == nil
			if err != nil && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			queueSets(t, ledger, c.partners[0], now.Add(time.Second), "855", "F")
			if err := working(c, ledger, out, now.Add(time.Minute)).sendDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			var all []byte
			for _, name := range sortedKeys(out.content) {
				all = append(all, out.content[name]...)
			}
			name := fmt.Sprintf("killed at step %d, with its effect %v", at, half)
			for what, re := range map[string]*regexp.Regexp{"interchange": interchangeNumber, "group": groupNumber, "set": setNumber} {
				gapless(t, name+": "+what, re.FindAllSubmatch(all, -1))
			}
			for _, key := range []string{"A", "B", "C", "D", "E", "F"} {
				if n := bytes.Count(all, []byte("*NE*"+key+"**")); n != 1 {
					t.Errorf("%s: document %s left %d times", name, key, n)
				}
			}
			if out.differs || out.puts > len(out.content)+1 {
				t.Errorf("%s: %d files were put %d times, with the same content %v", name, len(out.content), out.puts, !out.differs)
			}
			if alive {
				break
			}
		}
	}
}

func working(c *connector, l connectors.Ledger, out outbox, now time.Time) *worker {
	return &worker{
		connector: c, out: out, log: slog.New(slog.DiscardHandler),
		env: connectors.WorkEnv{Env: connectors.Env{Ledger: l, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}, Well: func() {}, Trouble: func(error) {}},
	}
}

func sortedKeys(m map[string][]byte) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// gapless checks that numbers run from 1 without gaps.
func gapless(t *testing.T, what string, found [][][]byte) {
	t.Helper()
	for i, f := range found {
		if want := fmt.Sprint(i + 1); strings.TrimLeft(string(f[1]), "0") != want {
			t.Errorf("%s: number %s stands in place %s", what, f[1], want)
		}
	}
}

func TestSend_groupsHoldSetsOfOneKind(t *testing.T) {
	c := opened(t, t.TempDir(), strings.Replace(acme, "count: 3", "count: 10", 1))
	ledger, out := &connectortest.Ledger{}, &shelf{}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	queueSets(t, ledger, c.partners[0], now, "850", "A")
	queueSets(t, ledger, c.partners[0], now.Add(time.Millisecond), "810", "B")
	queueSets(t, ledger, c.partners[0], now.Add(2*time.Millisecond), "850", "C")
	if err := working(c, ledger, out, now.Add(time.Second)).sendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	const want = "ISA*00*          *00*          *01*0011223344     *ZZ*ACME           *260102*0304*U*00401*000000001*0*P*:~" +
		"GS*IN*0011223344*ACME*20260102*0304*1*X*004010~ST*810*0001~BEG*00*NE*B**20260102~SE*3*0001~GE*1*1~" +
		"GS*PO*0011223344*ACME*20260102*0304*2*X*004010~ST*850*0002~BEG*00*NE*A**20260102~SE*3*0002~ST*850*0003~BEG*00*NE*C**20260102~SE*3*0003~GE*2*2~" +
		"IEA*2*000000001~"
	if got := string(out.content["out/acme/000000001.edi"]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSend_edifact(t *testing.T) {
	for name, c := range map[string]struct{ settings, want string }{
		"as it is customary": {
			"",
			"UNA:+.? 'UNB+UNOC:3+4012345000009:14+4000001000005:14+260102:0304+1++++1'UNH+1+ORDRSP:D:96A:UN'BGM+220+A?+1+9'UNT+3+1'UNZ+1+1'",
		},
		"syntax 4, as a test, with line breaks, without UNA": {
			"syntax: UNOY:4, test: true, line_breaks: true, una: false, await: 0s, numbers_from: 41, ",
			"UNB+UNOY:4+4012345000009:14+4000001000005:14+20260102:0304+41++++++1'\nUNH+41+ORDRSP:D:96A:UN'\nBGM+220+A?+1+9'\nUNT+3+41'\nUNZ+1+41'\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			con := opened(t, t.TempDir(), `
  us: {id: "4012345000009", qualifier: "14"}
  partners:
    nordlicht: {`+c.settings+`id: "4000001000005", qualifier: "14", standard: edifact, collect: {after: 0s}}
`)
			ledger, out := &connectortest.Ledger{}, &shelf{}
			now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			queueSets(t, ledger, con.partners[0], now, "ORDRSP", "A")
			if err := working(con, ledger, out, now).sendDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, got := range out.content {
				if string(got) != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
			}
			if len(out.content) != 1 {
				t.Errorf("%d files", len(out.content))
			}
		})
	}
}

func TestSend_collectsByCountTimeAndSchedule(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		collect string
		queued  int
		after   time.Duration
		want    []int // sets in each interchange
	}{
		"too few, too early":    {"{count: 3, after: 1m}", 2, 59 * time.Second, nil},
		"enough":                {"{count: 3, after: 1m}", 3, 0, []int{3}},
		"more than one holds":   {"{count: 2, after: 1m}", 5, time.Second, []int{2, 2}},
		"long enough":           {"{count: 3, after: 1m}", 2, time.Minute, []int{2}},
		"before the schedule":   {`{count: 9, schedule: "30 * * * *"}`, 2, 25 * time.Minute, nil},
		"after the schedule":    {`{count: 9, schedule: "30 * * * *"}`, 2, 27 * time.Minute, []int{2}},
		"enough before it":      {`{count: 2, schedule: "30 * * * *"}`, 2, time.Minute, []int{2}},
		"all that has piled up": {`{count: 2, schedule: "30 * * * *"}`, 5, 27 * time.Minute, []int{2, 2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			con := opened(t, t.TempDir(), strings.Replace(acme, "{count: 3, after: 0s}", c.collect, 1))
			ledger, out := &connectortest.Ledger{}, &shelf{}
			var keys []string
			for i := range c.queued {
				keys = append(keys, fmt.Sprint("K", i))
			}
			queueSets(t, ledger, con.partners[0], at, "850", keys...)
			if err := working(con, ledger, out, at.Add(c.after)).sendDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, name := range sortedKeys(out.content) {
				got = append(got, bytes.Count(out.content[name], []byte("~ST*")))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("interchanges of %v sets; expected %v", got, c.want)
			}
		})
	}
}

func TestSend_numbersBeginAgainAfterTheHighest(t *testing.T) {
	c := opened(t, t.TempDir(), strings.Replace(acme, "standard: x12", "standard: x12, numbers_from: 999999999", 1))
	ledger, out := &connectortest.Ledger{}, &shelf{}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w := working(c, ledger, out, now)
	for _, key := range []string{"A", "B"} {
		queueSets(t, ledger, c.partners[0], now, "850", key)
		if err := w.sendDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := sortedKeys(out.content); !slices.Equal(got, []string{"out/acme/000000001.edi", "out/acme/999999999.edi"}) {
		t.Errorf("files %q", got)
	}
}

func TestTransport_aFolderThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	c := opened(t, dir, acme)
	if err := os.WriteFile(filepath.Join(dir, "out"), nil, 0o600); err != nil { // a file where the folder ought to be
		t.Fatal(err)
	}
	ledger := &connectortest.Ledger{}
	now := time.Now()
	queueSets(t, ledger, c.partners[0], now, "850", "A")
	env := connectors.WorkEnv{Env: connectors.Env{Ledger: ledger, Clock: time.Now, Log: slog.New(slog.DiscardHandler)}, Well: func() {}, Trouble: func(error) {}}
	if err := c.Work(t.Context(), env); err == nil || !strings.Contains(err.Error(), "hand over interchange 000000001 to acme") {
		t.Fatalf("the work ended with %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(filepath.Join(dir, "out/acme/000000001.edi")); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if err := c.Work(ctx, env); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "out/acme/000000001.edi")); err != nil {
		t.Error(err)
	}
}

func TestOverdue_isHandedOverAgainAsOftenAsThePartnerWantsThenAlarms(t *testing.T) {
	c := opened(t, t.TempDir(), strings.Replace(acme, "standard: x12", "standard: x12, await: 1h, resend: 2", 1))
	ledger, out := &connectortest.Ledger{}, &shelf{}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	queueSets(t, ledger, c.partners[0], now, "850", "A")
	state := func() string {
		rows, err := ledger.List(t.Context(), connectors.RowQuery{Kind: kindInterchange})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		return rows[0].State
	}
	for i, want := range []struct {
		puts  int
		state string
	}{{1, stateSent}, {2, stateSent}, {3, stateSent}, {3, stateOverdue}, {3, stateOverdue}} {
		w := working(c, ledger, out, now.Add(time.Duration(i)*61*time.Minute))
		if err := w.overdue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.sendDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if out.puts != want.puts || state() != want.state || out.differs {
			t.Errorf("after %d hours: put %d times, %s; expected %d times, %s", i, out.puts, state(), want.puts, want.state)
		}
	}
	if err := c.Resend(t.Context(), ledger, "out/acme/000000001"); err != nil || state() != stateReady {
		t.Errorf("resent by hand: %s, %v", state(), err)
	}
	if err := c.Resend(t.Context(), ledger, "in/acme/000000001"); err == nil {
		t.Error("what came in was sent")
	}
}
