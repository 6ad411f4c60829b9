package edi

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// walk gives the faults of a stream as "offset place: fault", and says whether events nest.
func walk(t testing.TB, b []byte) []string {
	t.Helper()
	w := NewWalker(NewScanner(bytes.NewReader(b)))
	out := []string{}
	var open []EventKind
	for w.Next() {
		e := w.Event()
		switch e.Kind {
		case InterchangeStart, GroupStart, SetStart:
			open = append(open, e.Kind)
		case InterchangeEnd, GroupEnd, SetEnd:
			start := map[EventKind]EventKind{InterchangeEnd: InterchangeStart, GroupEnd: GroupStart, SetEnd: SetStart}[e.Kind]
			if len(open) == 0 || open[len(open)-1] != start {
				t.Fatalf("%s without its start; open are %v", e.Kind, open)
			}
			open = open[:len(open)-1]
		case StreamEnd:
			if len(open) > 0 {
				t.Fatalf("the stream ends with %v open", open)
			}
		}
		for _, f := range e.Faults {
			out = append(out, fmt.Sprintf("%d %s", f.Position.Offset, f.Error()))
		}
	}
	return out
}

const (
	isa = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *200101*1200*U*00401*000000101*0*P*>~"
	po  = isa + "GS*PO*SENDER*RECEIVER*20200101*1200*1*X*004010~ST*850*0001~BEG*00*SA*1**20200101~SE*3*0001~GE*1*1~IEA*1*000000101~"
)

func TestWalker_envelopeFaults(t *testing.T) {
	unb := "UNB+UNOC:3+S:14+R:14+200101:1200+7'"
	msg := "UNH+1+ORDERS:D:96A:UN'BGM+220'UNT+3+1'"
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"a sound one has none": {po, nil},
		"wrong counts and control numbers in every trailer": {
			isa + "GS*PO*S*R*20200101*1200*1*X*004010~ST*850*0001~SE*3*0002~GE*2*3~IEA*x*000000102~",
			[]string{
				`156 SE-01: count is wrong: found "3", expected 2`,
				`158 SE-02: control number is not the header's: found "0002", expected 0001`,
				`166 GE-01: count is wrong: found "2", expected 1`,
				`168 GE-02: control number is not the header's: found "3", expected 1`,
				`174 IEA-01: count is wrong: found "x", expected 1`,
				`176 IEA-02: control number is not the header's: found "000000102", expected 000000101`,
			},
		},
		"trailers that do not come": {
			isa + "GS*PO*S*R*20200101*1200*1*X*004010~ST*850*0001~BEG*00~" + po,
			[]string{
				"160 SE: trailer is missing: expected SE for the ST at byte 141",
				"160 GE: trailer is missing: expected GE for the GS at byte 106",
				"160 IEA: trailer is missing: expected IEA for the ISA at byte 0",
			},
		},
		"headers that do not come": {
			isa + "ST*850*0001~SE*2*0001~GE*1*1~SE*2*0002~IEA*1*000000101~",
			[]string{
				`106 ST: header is missing: found "ST", expected GS`,
				`135 SE: header is missing: found "SE", expected its header before it`,
			},
		},
		"an interchange cut off within a segment": {
			po[:len(po)-40] + "\n" + po,
			[]string{
				`165 BEG: segment is not terminated: found "BEG*00*SA*1**20", expected the terminator ~`,
				`181 SE: trailer is missing: expected SE for the ST at byte 153`,
				`181 GE: trailer is missing: expected GE for the GS at byte 106`,
				`181 IEA: trailer is missing: expected IEA for the ISA at byte 0`,
			},
		},
		"junk between and behind": {
			po + "--mail footer--\r\n" + po + "bye",
			[]string{
				`220 bytes that belong to no interchange: found "--mail footer--\r\n", expected nothing between segments`,
				`457 bytes that belong to no interchange: found "bye", expected the end of the stream`,
			},
		},
		"sets numbered twice": {
			isa + "GS*PO*S*R*20200101*1200*1*X*004010~ST*850*7~SE*2*7~ST*850*7~SE*2*7~GE*2*1~IEA*1*000000101~",
			[]string{`164 ST-02: control number was used before: found "7", expected a number that no other set of the group has`},
		},
		"EDIFACT messages beside groups": {
			unb + msg + "UNG+ORDERS+S:14+R:14+200101:1200+1+UN+D:96A'" + strings.ReplaceAll(msg, "+1", "+2") + "UNE+1+1'UNZ+1+7'",
			[]string{`73 UNG: groups and sets stand side by side: found "UNG", expected messages without groups, as those before`},
		},
		"an empty EDIFACT interchange": {
			unb + "UNZ+0+7'",
			[]string{"0 UNB: envelope is empty: expected a message"},
		},
		"a sound TRADACOMS transmission": {
			"STX=ANA:1+5000000000000:SENDER+5010000000000:RECEIVER+200101:120000+REF1++ORDHDR'MHD=1+ORDHDR:9'TYP=0430'MTR=3'END=1'",
			nil,
		},
	} {
		got := walk(t, []byte(c.in))
		if diff := cmp.Diff(append([]string{}, c.want...), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWalker_nestsOnRealFiles(t *testing.T) {
	for name, b := range files(t) {
		for cut := 0; cut < len(b); cut += 1 + len(b)/50 {
			walk(t, b[:len(b)-cut])
			walk(t, b[cut:])
		}
		if strings.Contains(name, "_pass_") {
			for _, f := range walk(t, b) {
				if !strings.Contains(f, " ISA-0") {
					t.Errorf("%s: %s", name, f)
				}
			}
		}
	}
}

func TestUniques_noticesAnyRepetition(t *testing.T) {
	var u uniques
	for _, c := range []struct {
		number string
		want   bool
	}{{"1", false}, {"3", false}, {"2", false}, {"0002", false}, {"2", true}, {"0002", true}, {"002", false}, {"002", true}, {"A", false}, {"A", true}, {"3", true}, {"10", false}, {"4", false}, {"10", true}} {
		if got := u.seen(c.number); got != c.want {
			t.Errorf("seen(%s) = %v, expected %v", c.number, got, c.want)
		}
	}
	if len(u.bare) != 2 {
		t.Errorf("runs are %v, expected 1 to 4 and 10", u.bare)
	}
}
