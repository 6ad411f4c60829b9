package edi

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

// files gives the interchanges of the shared data folder.
func files(t testing.TB) map[string][]byte {
	t.Helper()
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	out := map[string][]byte{}
	for _, folder := range []string{"x12", "edifact"} {
		names, _ := filepath.Glob(filepath.Join(root, "edi", folder, "*"))
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out[folder+"/"+filepath.Base(name)] = b
		}
	}
	if len(out) == 0 {
		if os.Getenv("TOUCHSTONE_REQUIRE_DATA") != "" {
			t.Fatalf("no interchanges under %s (TOUCHSTONE_DATA names the data folder)", root)
		}
		t.Skip("the shared data folder is not here (TOUCHSTONE_DATA)")
	}
	return out
}

// rejoin puts together what a scanner found.
func rejoin(t testing.TB, s *Scanner) []byte {
	t.Helper()
	var out []byte
	for s.Next() {
		g := s.Segment()
		out = append(out, g.Before...)
		if g.Offset != int64(len(out)) {
			t.Fatalf("segment %d (%s) says that it begins at byte %d, it does at %d", g.Index, g.Tag(), g.Offset, len(out))
		}
		var tokens []byte
		for tok := range g.Tokens {
			if at := int(tok.Offset) - len(out); at != len(tokens) && at != len(tokens)+1 {
				t.Fatalf("segment %d (%s): a token at %d begins at %d", g.Index, g.Tag(), at, len(tokens))
			}
			if len(tokens) > 0 || tok.Element > 0 || tok.Repetition > 1 || tok.Component > 1 {
				tokens = append(tokens, g.Bytes()[int(tok.Offset)-len(out)-1])
			}
			tokens = append(tokens, tok.Raw...)
		}
		if want := bytes.TrimSuffix(g.Bytes(), []byte{g.Syntax.Segment}); g.Terminated && !g.Is("UNA") && !bytes.Equal(tokens, want) {
			t.Fatalf("segment %d: tokens make %q, expected %q", g.Index, tokens, want)
		}
		out = append(out, g.Bytes()...)
	}
	return append(out, s.Trailing()...)
}

func TestScanner_losesNothing(t *testing.T) {
	for name, b := range files(t) {
		for how, s := range map[string]*Scanner{
			"slice":       NewBytesScanner(b),
			"reader":      NewScanner(bytes.NewReader(b)),
			"byte a read": NewScanner(iotest.OneByteReader(bytes.NewReader(b))),
		} {
			got := rejoin(t, s)
			if s.Err() != nil {
				t.Errorf("%s (%s): %v", name, how, s.Err())
			}
			if !bytes.Equal(got, b) {
				t.Errorf("%s (%s): %d bytes came out, expected %d", name, how, len(got), len(b))
			}
		}
	}
}

// What looks like an interchange and is none is passed over, however little of it is at hand at once.
func TestScanner_looksBehindWhatOnlyLooksLikeAnInterchange(t *testing.T) {
	odd := "ISA*00*a*00*b*ZZ*c*d*ZZ*e*x*030910*1059*U*00401*1*0*T*>~\n"
	stream := []byte(odd + po)
	for how, s := range map[string]*Scanner{"slice": NewBytesScanner(stream), "byte a read": NewScanner(iotest.OneByteReader(bytes.NewReader(stream)))} {
		if !s.Next() || !s.Segment().Is("ISA") || string(s.Segment().Before) != odd {
			t.Errorf("%s: %v, %q before %q; expected the interchange behind it", how, s.Err(), s.Segment().Before, s.Segment().Bytes())
		}
	}
}
