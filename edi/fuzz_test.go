package edi

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// seed adds the real interchanges, where they are at hand, and some made ones.
func seed(f *testing.F) {
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	names, _ := filepath.Glob(filepath.Join(root, "edi", "*", "*"))
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && len(b) < 8000 {
			f.Add(b)
		}
	}
	f.Add([]byte(po))
	f.Add([]byte(isa + "GS*PO*A*B*20240101*1200*1*X*004010~ST*841*0001~BIN*11*ab~cd*ef>gh~SE*3*0001~GE*1*1~IEA*1*000000101~"))
	f.Add([]byte("UNB+UNOC:4+A:14+B:14+240101:1200+1'UNO+1+DOC:1+1+13'ab'cd+ef:gh?1UNP+13+1'UNZ+1+1'"))
	f.Add([]byte("STX=ANA:1+5000:A+5010:B+200101:1200+R'MHD=1+ORDHDR:9'TYP=04=30'MTR=3'END=1'"))
	f.Add([]byte("STX='0+0=")) // an element ends before the place where '=' would end the tag
}

// FuzzScanner holds that no byte is lost whatever the stream and however it arrives.
func FuzzScanner(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		once := NewBytesScanner(b)
		got := rejoin(t, once)
		if once.Err() == nil && !bytes.Equal(got, b) || !bytes.HasPrefix(b, got) {
			t.Fatalf("%v: %q became %q", once.Err(), b, got)
		}
		slow := NewScanner(iotest.OneByteReader(bytes.NewReader(b)))
		if again := rejoin(t, slow); !bytes.Equal(again, got) || (slow.Err() == nil) != (once.Err() == nil) {
			t.Fatalf("a byte a read: %v: %q became %q", slow.Err(), b, again)
		}
	})
}

// FuzzWalker holds that events nest, whatever the stream.
func FuzzWalker(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) { walk(t, b) })
}

func TestSweep_findsTheSameInEveryWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Delimiters{Element: '*', Segment: '~', Component: ':', Repetition: '^', Release: '?'}
		if rapid.Bool().Draw(t, "without release") {
			d.Release = 0
		}
		if rapid.Bool().Draw(t, "without repetition") {
			d.Repetition = 0
		}
		if rapid.Bool().Draw(t, "without components") {
			d.Component = 0
		}
		if rapid.Bool().Draw(t, "beyond ASCII") {
			d.Segment = 0xa7
		}
		in := rapid.SliceOfN(rapid.SampledFrom([]byte("AB1 *~:^?\xa7\xffé\x00\xaa")), 0, 400).Draw(t, "in")
		var fast sweep
		fast.reset(d, 0)
		for at := 0; at < len(in); { // in pieces, as windows come
			at = min(len(in), at+rapid.IntRange(1, 300).Draw(t, "step"))
			fast.run(in, at)
		}
		var ends, subs []uint32
		var cuts []cut
		for i := 0; i < len(in); i++ {
			switch b := in[i]; {
			case b == d.Segment || b == d.Element:
				ends = append(ends, uint32(i))
				if b == d.Segment {
					cuts = append(cuts, cut{uint32(len(ends)), uint32(len(subs))})
				}
			case b != 0 && (b == d.Component || b == d.Repetition):
				subs = append(subs, uint32(i))
			case b != 0 && b == d.Release:
				i++
			}
		}
		if diff := cmp.Diff([]any{ends, subs, cuts}, []any{nonNil(fast.ends), nonNil(fast.subs), nonNil(fast.cuts)}, cmp.AllowUnexported(cut{})); diff != "" {
			t.Fatalf("%q with %+v (-bytewise +swept):\n%s", in, d, diff)
		}
	})
}

// nonNil makes nil of an empty list.
func nonNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}
